import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, failedAnswer, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { openai } from './index.ts';

const INVALID = 'invalid_request_error';

testFailures(openai, [
  [
    'upstream_auth',
    401,
    openAiError(
      'Incorrect API key provided: sk-abc***xyz. You can find your API key at https://platform.openai.com/account/api-keys.',
      INVALID,
      'invalid_api_key',
    ),
  ],
  [
    'upstream_permission',
    403,
    openAiError(
      'Country, region, or territory not supported',
      'request_forbidden',
      'unsupported_country_region_territory',
    ),
  ],
  [
    'upstream_not_found',
    404,
    openAiError('The model `gpt-9` does not exist or you do not have access to it.', INVALID, 'model_not_found'),
  ],
  [
    'upstream_not_found',
    403,
    openAiError('Project `proj_1` does not have access to model `gpt-5`', INVALID, 'model_not_found'),
  ],
  [
    'upstream_rate_limit',
    429,
    openAiError(
      'Rate limit reached for gpt-4o in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
      'requests',
      'rate_limit_exceeded',
    ),
  ],
  [
    'upstream_too_large',
    429,
    openAiError(
      'Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 52000.',
      'tokens',
      'rate_limit_exceeded',
    ),
  ],
  [
    'upstream_payment',
    429,
    openAiError(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  ],
  [
    'upstream_context_window',
    400,
    openAiError(
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      INVALID,
      'context_length_exceeded',
      'messages',
    ),
  ],
  [
    'upstream_context_window',
    400,
    openAiError(
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      INVALID,
    ),
  ],
  [
    'upstream_bad_request',
    400,
    openAiError(
      'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.',
      INVALID,
      'invalid_value',
      'max_tokens',
    ),
  ],
  [
    'upstream_content_policy',
    400,
    openAiError(
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
      INVALID,
      'invalid_prompt',
    ),
  ],
  [
    'upstream_content_policy',
    400,
    openAiError(
      'Your request was rejected as a result of our safety system.',
      'image_generation_user_error',
      'moderation_blocked',
    ),
  ],
  [
    'upstream_bad_request',
    400,
    openAiError(
      "Unsupported parameter: 'max_tokens' is not supported with this model.",
      INVALID,
      'unsupported_parameter',
      'max_tokens',
    ),
  ],
  [
    'upstream_server_error',
    500,
    openAiError('The server had an error while processing your request. Sorry about that!', 'server_error'),
  ],
  ['upstream_server_error', 409, openAiError('The resource was updated by another process.', 'conflict')],
  [
    'upstream_overloaded',
    503,
    openAiError('The engine is currently overloaded, please try again later', 'overloaded_error'),
  ],
  ['upstream_rate_limit', 503, openAiError('Slow down', 'server_error')],
  ['upstream_server_error', 200, openAiError('The server had an error processing your request.', 'server_error')],
  ['upstream_rate_limit', 200, openAiError('Rate limit reached.', 'tokens', 'rate_limit_exceeded')],
  ['upstream_bad_gateway', 502, '<html><h1>502 Bad Gateway</h1></html>'],
  ['upstream_bad_gateway', 200, '<html>welcome to the hotel</html>'],
  ['upstream_timeout', 504, {}],
  ['upstream_timeout', 524, {}],
]);

test('OpenAI: a used-up quota goes elsewhere, and the client gets the 429 it knows', () => {
  const body = openAiError('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota');
  const failure = openai.classify(failedAnswer(openai, 429, body));
  assert.equal(failure.code, 'upstream_payment');
  assert.equal(failure.status, 429);
  assert.equal(failure.providerCode, 'insufficient_quota');
});

test('OpenAI: a message names the class and the provider, holds no key and is never long', () => {
  const body = openAiError('Incorrect API key provided: sk-abc***xyz.', INVALID, 'invalid_api_key', 'api_key');
  const failure = openai.classify(failedAnswer(openai, 401, body));
  assert.match(failure.message, /^AuthenticationError: OpenAIException - Incorrect API key provided: \[redacted\]/);
  assert.equal(failure.param, 'api_key');
  const long = openai.classify(failedAnswer(openai, 400, openAiError('é'.repeat(1_000_000))));
  assert.equal(long.message.length, 2000);
});

test('OpenAI: a rate limit carries the wait, a refusal does not', () => {
  const headers = { 'retry-after': '7' };
  const limited = failedAnswer(
    openai,
    429,
    openAiError('Rate limit reached', 'requests', 'rate_limit_exceeded'),
    headers,
  );
  assert.equal(openai.classify(limited).retryAfterMs, 7000);
  const refused = failedAnswer(openai, 401, openAiError('No', INVALID, 'invalid_api_key'), headers);
  assert.equal(openai.classify(refused).retryAfterMs, undefined);
});

test('OpenAI: reasoning models take the new limit and only the default of what is fixed', () => {
  const models = [
    'o1',
    'o3-mini',
    'o4-mini-2025-04-16',
    'gpt-5',
    'gpt-5-mini',
    'gpt-5-2025-08-07',
    'gpt-5.2-pro',
    'gpt-5.6-luna',
    'gpt-6-sol',
  ];
  for (const model of models) {
    const rules = chatRules(openai, model);
    assert.equal(rules.rename?.max_tokens, 'max_completion_tokens', model);
    assert.equal(memberAfter(rules, 'temperature', 0.2), 'UNSUPPORTED', model);
    assert.equal(memberAfter(rules, 'temperature', 1), undefined, model);
    assert.equal(memberAfter(rules, 'logprobs', false), undefined, model);
    assert.equal(memberAfter(rules, 'logit_bias', { 50256: -100 }), 'UNSUPPORTED', model);
    assert.equal(memberAfter(rules, 'logit_bias', {}), undefined, model);
  }
  assert.equal(memberAfter(chatRules(openai, 'o1'), 'stop', 'END'), 'END');
  assert.equal(memberAfter(chatRules(openai, 'o3'), 'stop', 'END'), 'UNSUPPORTED');
});

test('OpenAI: models that can run without reasoning get the sampling as it is', () => {
  for (const model of ['gpt-5.1', 'gpt-5.2-2025-12-11']) {
    const rules = chatRules(openai, model);
    assert.equal(rules.rename?.max_tokens, 'max_completion_tokens');
    assert.equal(memberAfter(rules, 'temperature', 0.2), 0.2);
  }
});

test('OpenAI: its models without reasoning take all that the API has, which is no top_k', () => {
  for (const model of ['gpt-4o', 'gpt-4.1-mini', 'gpt-3.5-turbo', 'gpt-5-chat-latest']) {
    assert.deepEqual(chatRules(openai, model), { unsupported: ['top_k'] }, model);
  }
  assert.ok(chatRules(openai, 'o3').unsupported?.includes('top_k'));
});

test('OpenAI: other servers behind its name are left alone', () => {
  for (const model of ['gpt-oss-120b', 'my-model', 'llama-3']) assert.deepEqual(chatRules(openai, model), {}, model);
});
