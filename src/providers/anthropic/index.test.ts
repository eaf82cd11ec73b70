import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import { chatRules, failedAnswer, testFailures } from '../test/failed-answer.ts';
import { anthropic } from './index.ts';

const error = (type: string, message: string): JsonValue => ({ type: 'error', error: { type, message } });

testFailures(anthropic, [
  ['upstream_auth', 401, error('authentication_error', 'invalid x-api-key')],
  [
    'upstream_permission',
    403,
    error('permission_error', 'Your API key does not have permission to use the specified resource.'),
  ],
  [
    'upstream_payment',
    400,
    error(
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.',
    ),
  ],
  ['upstream_payment', 402, error('billing_error', 'There is an issue with your billing or payment information.')],
  ['upstream_not_found', 404, error('not_found_error', 'model: claude-9')],
  [
    'upstream_context_window',
    400,
    error('invalid_request_error', 'prompt is too long: 215000 tokens > 200000 maximum'),
  ],
  [
    'upstream_context_window',
    400,
    error('invalid_request_error', 'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000'),
  ],
  [
    'upstream_bad_request',
    400,
    error('invalid_request_error', 'max_tokens: 300000 > 64000, which is the maximum allowed number of output tokens'),
  ],
  ['upstream_bad_request', 400, error('invalid_request_error', 'messages: first message must use the "user" role')],
  ['upstream_content_policy', 400, error('invalid_request_error', 'Output blocked by content filtering policy')],
  ['upstream_too_large', 413, error('request_too_large', 'Request exceeds the maximum size')],
  [
    'upstream_rate_limit',
    429,
    error(
      'rate_limit_error',
      'This request would exceed your organization’s rate limit of 40,000 input tokens per minute.',
    ),
  ],
  ['upstream_server_error', 500, error('api_error', 'Internal server error')],
  ['upstream_timeout', 504, error('timeout_error', 'Request timed out')],
  ['upstream_overloaded', 529, error('overloaded_error', 'Overloaded')],
  ['upstream_overloaded', 200, error('overloaded_error', 'Overloaded')],
  ['upstream_server_error', 200, error('api_error', 'Internal server error')],
]);

test('Anthropic: 529 stays 529 for the client', () => {
  const failure = anthropic.classify(failedAnswer(anthropic, 529, error('overloaded_error', 'Overloaded')));
  assert.equal(failure.status, 529);
  assert.equal(failure.message, 'ServiceUnavailableError: AnthropicException - Overloaded');
});

test('Anthropic: the format knows what is taken, nothing is edited afterwards', () => {
  assert.deepEqual(chatRules(anthropic, 'claude-sonnet-4-5'), {});
});
