import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { groq } from './index.ts';

const INVALID = 'invalid_request_error';

testFailures(groq, [
  ['upstream_auth', 401, openAiError('Invalid API Key', INVALID, 'invalid_api_key')],
  [
    'upstream_not_found',
    404,
    openAiError('The model `x` does not exist or you do not have access to it.', INVALID, 'model_not_found'),
  ],
  [
    'upstream_not_found',
    400,
    openAiError('The model `x` has been decommissioned and is no longer supported.', INVALID, 'model_decommissioned'),
  ],
  [
    'upstream_too_large',
    413,
    openAiError(
      'Request too large for model `x` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 9000',
      'tokens',
      'rate_limit_exceeded',
    ),
  ],
  [
    'upstream_rate_limit',
    429,
    openAiError(
      'Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000, Used 5900. Please try again in 7.66s.',
      'tokens',
      'rate_limit_exceeded',
    ),
  ],
  [
    'upstream_context_window',
    400,
    openAiError('Please reduce the length of the messages or completion.', INVALID, 'context_length_exceeded'),
  ],
  [
    'upstream_server_error',
    400,
    openAiError('Failed to call a function. Please adjust your prompt.', INVALID, 'tool_use_failed'),
  ],
  [
    'upstream_overloaded',
    498,
    openAiError('Flex tier capacity exceeded', 'flex_tier_capacity_exceeded', 'capacity_exceeded'),
  ],
  ['upstream_bad_request', 400, openAiError("'messages.1' : property 'refusal' is unsupported", INVALID)],
]);

test('Groq: the wait in the sentence is taken where no header tells it', () => {
  const body = openAiError('Rate limit reached. Please try again in 7.66s.', 'tokens', 'rate_limit_exceeded');
  assert.equal(groq.classify({ status: 429, headers: {}, body, error: undefined }).retryAfterMs, 7660);
});

test('Groq: one choice, no log-probabilities, no names in messages; the new limit is known', () => {
  const rules = chatRules(groq, 'openai/gpt-oss-120b');
  assert.equal(memberAfter(rules, 'n', 2), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'n', 1), undefined);
  assert.equal(memberAfter(rules, 'logprobs', true), 'UNSUPPORTED');
  const named = [{ role: 'user', content: 'u', name: 'Ada' }];
  assert.deepEqual(memberAfter(rules, 'messages', named), [{ role: 'user', content: 'u' }]);
  assert.equal(rules.rename?.max_completion_tokens, undefined);
});
