import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import { chatRules, failedAnswer, memberAfter, testFailures } from '../test/failed-answer.ts';
import { zai, zhipuai } from './index.ts';

const error = (code: string, message: string): JsonValue => ({ error: { code, message } });

testFailures(zai, [
  ['upstream_auth', 401, error('1000', 'Authentication Failed')],
  ['upstream_auth', 401, error('1002', 'Invalid Authentication Token')],
  ['upstream_payment', 429, error('1113', 'Insufficient balance or no resource package. Please recharge.')],
  [
    'upstream_payment',
    429,
    error('1308', 'Usage limit reached for 5 hour. Your limit will reset at 2026-11-23 18:00:00'),
  ],
  ['upstream_bad_request', 400, error('1210', 'Invalid API parameter, please check the documentation.')],
  ['upstream_bad_request', 400, error('1214', 'The messages parameter is illegal. Please check the documentation.')],
  ['upstream_not_found', 400, error('1211', 'Unknown Model, please check the model code.')],
  ['upstream_permission', 403, error('1220', 'You do not have permission to access glm-5')],
  ['upstream_context_window', 400, error('1261', 'Prompt exceeds max length')],
  [
    'upstream_content_policy',
    400,
    error('1301', 'System detected potentially unsafe or sensitive content in input or generation.'),
  ],
  ['upstream_rate_limit', 429, error('1302', 'High concurrency usage of this API, please reduce concurrency')],
  ['upstream_rate_limit', 429, error('1305', 'Rate limit triggered')],
  ['upstream_overloaded', 429, error('1312', 'The model is currently experiencing high traffic.')],
  ['upstream_server_error', 500, error('1234', 'Network error, error id: 1')],
  ['upstream_permission', 434, {}],
  ['upstream_bad_request', 400, { code: '1210', message: 'Invalid API parameter, please check the documentation.' }],
]);
testFailures(zhipuai, [['upstream_payment', 429, error('1113', '您的账户已欠费，请充值后重试')]]);

test('GLM: an empty account goes elsewhere, and the client gets the 429 it was answered with', () => {
  const failure = zai.classify(failedAnswer(zai, 429, error('1113', 'Insufficient balance')));
  assert.equal(failure.status, 429);
  assert.equal(failure.providerCode, '1113');
});

test('GLM: a schema cannot be taken', () => {
  const rules = chatRules(zai, 'glm-5');
  assert.equal(memberAfter(rules, 'response_format', { type: 'json_schema', json_schema: {} }), 'UNSUPPORTED');
  assert.deepEqual(memberAfter(rules, 'response_format', { type: 'text' }), { type: 'text' });
});
