import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { moonshot } from './index.ts';

testFailures(moonshot, [
  ['upstream_auth', 401, openAiError('Invalid Authentication', 'invalid_authentication_error')],
  [
    'upstream_payment',
    429,
    openAiError(
      'You exceeded your current token quota, please check your account balance',
      'exceeded_current_quota_error',
    ),
  ],
  [
    'upstream_overloaded',
    429,
    openAiError('The engine is currently overloaded, please try again later', 'engine_overloaded_error'),
  ],
  [
    'upstream_rate_limit',
    429,
    openAiError(
      'Your account reached max request: 3 RPM, please try again after 1 seconds',
      'rate_limit_reached_error',
    ),
  ],
  [
    'upstream_context_window',
    400,
    openAiError(
      'Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)',
      'invalid_request_error',
    ),
  ],
  [
    'upstream_content_policy',
    400,
    openAiError('The request was rejected because it was considered high risk', 'content_filter'),
  ],
  [
    'upstream_not_found',
    404,
    openAiError('Not found the model kimi-9 or Permission denied', 'resource_not_found_error'),
  ],
  [
    'upstream_bad_request',
    400,
    openAiError('invalid temperature: only 1 is allowed for this model', 'invalid_request_error'),
  ],
]);

test('Moonshot: newer Kimi models have fixed sampling', () => {
  const rules = chatRules(moonshot, 'kimi-k2.6');
  assert.equal(memberAfter(rules, 'temperature', 0.2), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'temperature', 1), undefined);
  assert.equal(memberAfter(rules, 'temperature', 0.6), 0.6);
  assert.equal(memberAfter(rules, 'tool_choice', 'required'), 'UNSUPPORTED');
  assert.equal(memberAfter(chatRules(moonshot, 'kimi-k3'), 'n', 2), 'UNSUPPORTED');
  assert.equal(memberAfter(chatRules(moonshot, 'moonshot-v1-8k'), 'temperature', 0.2), 0.2);
});
