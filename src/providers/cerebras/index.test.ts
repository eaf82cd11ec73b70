import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import { chatRules, memberAfter, testFailures } from '../test/failed-answer.ts';
import { cerebras } from './index.ts';

const error = (message: string, type: string, param: string, code: string): JsonValue => ({
  message,
  type,
  param,
  code,
});

testFailures(cerebras, [
  ['upstream_auth', 401, error('Wrong API Key', 'invalid_request_error', 'api_key', 'wrong_api_key')],
  [
    'upstream_context_window',
    400,
    error(
      'Please reduce the length of the messages or completion. Current length is 8193 while limit is 8192',
      'invalid_request_error',
      'messages',
      'context_length_exceeded',
    ),
  ],
  [
    'upstream_not_found',
    404,
    error('Model x does not exist or you do not have access to it.', 'not_found_error', 'model', 'model_not_found'),
  ],
  [
    'upstream_overloaded',
    429,
    error("We're experiencing high traffic right now!", 'too_many_requests_error', 'queue', 'queue_exceeded'),
  ],
  [
    'upstream_rate_limit',
    429,
    error('Requests per minute limit exceeded', 'too_many_requests_error', 'quota', 'request_quota_exceeded'),
  ],
]);

test('Cerebras: penalties are refused unless they are zero', () => {
  const rules = chatRules(cerebras, 'gpt-oss-120b');
  assert.equal(memberAfter(rules, 'frequency_penalty', 0.1), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'frequency_penalty', 0), undefined);
  assert.equal(memberAfter(rules, 'logit_bias', {}), 'UNSUPPORTED');
  assert.equal(rules.rename?.max_completion_tokens, undefined);
});
