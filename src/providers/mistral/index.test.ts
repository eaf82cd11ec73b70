import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import { chatRules, memberAfter, testFailures } from '../test/failed-answer.ts';
import { mistral } from './index.ts';

const error = (message: JsonValue, type: string, code: string | null): JsonValue => ({
  object: 'error',
  message,
  type,
  param: null,
  code,
});
const FORBIDDEN = {
  detail: [{ type: 'extra_forbidden', loc: ['body', 'user'], msg: 'Extra inputs are not permitted' }],
};

testFailures(mistral, [
  ['upstream_auth', 401, { message: 'Unauthorized', request_id: '1' }],
  ['upstream_auth', 401, { detail: 'Unauthorized' }],
  ['upstream_unprocessable', 422, error(FORBIDDEN, 'invalid_request_error', null)],
  [
    'upstream_context_window',
    400,
    error(
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      'invalid_request_prompt',
      '3051',
    ),
  ],
  ['upstream_not_found', 400, error('Invalid model: mistral-huge', 'invalid_model', '1500')],
  ['upstream_rate_limit', 429, error('Rate limit exceeded', 'rate_limited', '1300')],
  [
    'upstream_rate_limit',
    429,
    error('Service tier capacity exceeded for this model.', 'service_tier_capacity_exceeded', '3505'),
  ],
  ['upstream_server_error', 500, error('Service unavailable.', 'internal_server_error', '1000')],
]);

test('Mistral: a validation error names the place', () => {
  const body = error(FORBIDDEN, 'invalid_request_error', null);
  const { message } = mistral.classify({ status: 422, headers: {}, body, error: undefined });
  assert.equal(message, 'UnprocessableEntityError: MistralException - body.user: Extra inputs are not permitted');
});

test('Mistral: parameters get its names, and what it forbids is refused', () => {
  const rules = chatRules(mistral, 'mistral-large-latest');
  assert.equal(rules.rename?.seed, 'random_seed');
  assert.equal(rules.rename?.max_completion_tokens, 'max_tokens');
  assert.equal(memberAfter(rules, 'tool_choice', 'required'), 'any');
  assert.equal(memberAfter(rules, 'tool_choice', 'auto'), 'auto');
  assert.equal(memberAfter(rules, 'logit_bias', {}), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'stream_options', { include_usage: true }), undefined);
  assert.equal(mistral.operations.chat?.streamUsage, 'always');
});

test('Mistral: messages lose what other providers’ answers put into them, tool results keep their name', () => {
  const messages = [
    { role: 'developer', content: 'x' },
    { role: 'assistant', content: 'y', reasoning_content: 'hm', annotations: [] },
    { role: 'tool', content: 'z', tool_call_id: '1', name: 'f' },
    { role: 'user', content: 'u', name: 'Ada' },
  ];
  assert.deepEqual(memberAfter(chatRules(mistral, 'm'), 'messages', messages), [
    { role: 'system', content: 'x' },
    { role: 'assistant', content: 'y' },
    { role: 'tool', content: 'z', tool_call_id: '1', name: 'f' },
    { role: 'user', content: 'u' },
  ]);
});

test('Mistral: an answer that reasons is translated, as its content would be a list', () => {
  const { chat } = mistral.operations;
  const plain = Buffer.from('{"messages":[]}');
  assert.equal(chat?.mustTranslate?.('mistral-large-latest', plain), undefined);
  assert.equal(chat?.mustTranslate?.('magistral-medium-latest', plain), 'reasoning-in-content');
  const asked = Buffer.from('{"reasoning_effort":"high","messages":[]}');
  assert.equal(chat?.mustTranslate?.('mistral-small-latest', asked), 'reasoning-in-content');
  assert.equal(mistral.operations.embedding?.mustTranslate, undefined);
});
