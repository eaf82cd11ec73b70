import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { deepseek } from './index.ts';

const INVALID = 'invalid_request_error';

testFailures(deepseek, [
  [
    'upstream_auth',
    401,
    openAiError('Authentication Fails, Your api key: ****7890 is invalid', 'authentication_error', INVALID),
  ],
  ['upstream_payment', 402, openAiError('Insufficient Balance', 'unknown_error', INVALID)],
  [
    'upstream_context_window',
    400,
    openAiError(
      "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens (139000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
      INVALID,
      INVALID,
    ),
  ],
  ['upstream_content_policy', 400, openAiError('Content Exists Risk', INVALID, INVALID)],
  ['upstream_not_found', 400, openAiError('Model Not Exist', INVALID, INVALID)],
  ['upstream_bad_request', 400, openAiError('This response_format type is unavailable now', INVALID, INVALID)],
  [
    'upstream_unprocessable',
    422,
    openAiError('Failed to deserialize the JSON body into the target type: missing field `messages`', INVALID, INVALID),
  ],
  ['upstream_rate_limit', 429, openAiError('Rate limit reached', 'rate_limit_error', 'rate_limit_error')],
  [
    'upstream_overloaded',
    503,
    openAiError(
      'Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.',
      'service_unavailable_error',
      INVALID,
    ),
  ],
]);

test('DeepSeek: a schema cannot be taken, plain JSON can', () => {
  const rules = chatRules(deepseek, 'deepseek-chat');
  assert.equal(memberAfter(rules, 'response_format', { type: 'json_schema', json_schema: {} }), 'UNSUPPORTED');
  assert.deepEqual(memberAfter(rules, 'response_format', { type: 'json_object' }), { type: 'json_object' });
  assert.equal(rules.rename?.max_completion_tokens, 'max_tokens');
});

test('DeepSeek: the role developer becomes system, and other messages are not even parsed', () => {
  const rules = chatRules(deepseek, 'deepseek-chat');
  const messages = [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: 'developer' },
  ];
  assert.deepEqual(memberAfter(rules, 'messages', messages), [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'developer' },
  ]);
  const plain = Buffer.from('[{"role":"user","content":"a developer"}]');
  assert.equal(rules.mayNeedRewrite?.messages?.(plain), false);
});

test('DeepSeek: the reasoner answers log-probabilities with an error', () => {
  const rules = chatRules(deepseek, 'deepseek-reasoner');
  assert.equal(memberAfter(rules, 'logprobs', true), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'logprobs', false), undefined);
  assert.equal(memberAfter(chatRules(deepseek, 'deepseek-chat'), 'logprobs', true), true);
});

test('DeepSeek: tool calls without the reasoning they came from get a stand-in, and others are not even parsed', () => {
  const rules = chatRules(deepseek, 'deepseek-reasoner');
  const calls = [{ id: 'call_1', type: 'function', function: { name: 'now', arguments: '{}' } }];
  const bare = { role: 'assistant', content: null, tool_calls: calls };
  const reasoned = { ...bare, reasoning_content: 'I need the time.' };
  const words = { role: 'assistant', content: 'Noon.' };
  assert.deepEqual(memberAfter(rules, 'messages', [bare, reasoned, words]), [
    { ...bare, reasoning_content: ' ' },
    reasoned,
    words,
  ]);
  const mayNeed = (messages: object[]) => rules.mayNeedRewrite?.messages?.(Buffer.from(JSON.stringify(messages)));
  assert.equal(mayNeed([reasoned, words]), false);
  assert.equal(mayNeed([reasoned, bare]), true);
});
