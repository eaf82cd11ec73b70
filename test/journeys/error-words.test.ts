/** Errors carry the codes, words and ids on which programs act, whatever provider failed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import { type ScriptedGateway, startScripted, whole } from '../support/scripted-upstream.ts';

let scripted: ScriptedGateway;
before(async () => {
  scripted = await startScripted({
    gpt: 'openai/gpt-4o',
    claude: 'anthropic/claude-sonnet-4-5',
    gemini: 'gemini/gemini-2.5-pro',
    deepseek: 'deepseek/deepseek-chat',
    local: 'hosted_vllm/llama',
  });
});
after(() => scripted.close());

const openaiError = (message: string, code: string | null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
});
const anthropicError = (type: string, message: string, details?: JsonObject) => ({
  type: 'error',
  error: { type, message, ...(details !== undefined && { details }) },
});
const googleError = (code: number, status: string, message: string) => ({ error: { code, status, message } });

/** What each provider answers, and the code and status that a program over OpenAI's format acts on. */
const FAILURES: readonly (readonly [group: string, status: number, body: JsonObject, code: string, told: number])[] = [
  [
    'gpt',
    400,
    openaiError('maximum context length is 128000 tokens', 'context_length_exceeded'),
    'context_length_exceeded',
    400,
  ],
  [
    'claude',
    400,
    anthropicError('invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'),
    'context_length_exceeded',
    400,
  ],
  [
    'gemini',
    400,
    googleError(
      400,
      'INVALID_ARGUMENT',
      'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
    ),
    'context_length_exceeded',
    400,
  ],
  ...[
    'The decoder prompt (length 40000) is longer than the maximum model length of 32768. Make sure that `max_model_len` is no smaller.',
    'The prompt (total length 40000) is too long to fit into the model (context length 32768).',
    'Input validation error: `inputs` must have less than 4096 tokens. Given: 5000',
  ].map(
    (message) => ['local', 400, openaiError(message, null, 'BadRequestError'), 'context_length_exceeded', 400] as const,
  ),
  [
    'local',
    400,
    {
      object: 'error',
      message: "This model's maximum context length is 4096 tokens.",
      type: 'BadRequestError',
      code: 400,
    },
    'context_length_exceeded',
    400,
  ],
  ['gpt', 400, openaiError('filtered', 'content_filter'), 'content_filter', 400],
  ['gpt', 400, openaiError('filtered', 'content_policy_violation'), 'content_policy_violation', 400],
  [
    'claude',
    400,
    anthropicError('invalid_request_error', 'Output blocked by content filtering policy'),
    'content_filter',
    400,
  ],
  [
    'gemini',
    400,
    googleError(400, 'INVALID_ARGUMENT', 'The prompt was blocked due to prohibited content'),
    'content_filter',
    400,
  ],
  ['deepseek', 400, openaiError('Content Exists Risk', 'invalid_request_error'), 'content_filter', 400],
  [
    'gpt',
    429,
    openaiError('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
    'insufficient_quota',
    429,
  ],
  [
    'claude',
    400,
    anthropicError('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    'insufficient_quota',
    429,
  ],
  [
    'gemini',
    429,
    googleError(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
    'insufficient_quota',
    429,
  ],
  ['deepseek', 402, openaiError('Insufficient Balance', 'unknown_error'), 'insufficient_quota', 429],
  ['gpt', 401, openaiError('Incorrect API key provided', 'invalid_api_key'), 'invalid_api_key', 401],
  ['claude', 401, anthropicError('authentication_error', 'invalid x-api-key'), 'invalid_api_key', 401],
  [
    'gemini',
    400,
    googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
    'invalid_api_key',
    401,
  ],
  ['gpt', 404, openaiError('The model does not exist', 'model_not_found'), 'model_not_found', 404],
  ['claude', 404, anthropicError('not_found_error', 'model: claude-x'), 'model_not_found', 404],
  ['gemini', 404, googleError(404, 'NOT_FOUND', 'models/x is not found'), 'model_not_found', 404],
  ['gpt', 429, openaiError('Rate limit reached', 'rate_limit_exceeded', 'tokens'), 'rate_limit_exceeded', 429],
  ['claude', 429, anthropicError('rate_limit_error', 'Slow down'), 'rate_limit_exceeded', 429],
  ['gemini', 429, googleError(429, 'RESOURCE_EXHAUSTED', 'Too many requests per minute'), 'rate_limit_exceeded', 429],
];
const prompt = { messages: [{ role: 'user', content: 'Hello' }] };

describe('the code of an error for an OpenAI client', { timeout: 60_000 }, () => {
  for (const [group, status, body, code, told] of FAILURES) {
    it(`is ${code} over ${group} that answers ${status} ${JSON.stringify(body).slice(0, 60)}`, async () => {
      scripted.script(whole(body, status));
      const answer = await scripted.gateway.post('/v1/chat/completions', { model: group, ...prompt });
      const text = await answer.text();
      assert.equal(answer.status, told, text);
      assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, code);
      // The LiteLLM SDK looks for both words in the text of an error to tell a content filter.
      if (code.startsWith('content')) assert.match(text, /content_policy_violation/);
      if (code === 'insufficient_quota') assert.equal(answer.headers.get('x-should-retry'), 'false');
    });
  }
});

describe('a prompt that is too long, told to an Anthropic client', { timeout: 60_000 }, () => {
  const sizes: readonly (readonly [string, JsonObject, RegExp])[] = [
    [
      'gpt',
      openaiError(
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,123 tokens.",
        'context_length_exceeded',
      ),
      /^prompt is too long: 130123 tokens > 128000 maximum /,
    ],
    [
      'gemini',
      googleError(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
      ),
      /^prompt is too long: 1048577 tokens > 1048576 maximum /,
    ],
    [
      'local',
      { object: 'error', message: 'Input is too long', type: 'BadRequestError', code: 400 },
      /^prompt is too long\b/,
    ],
    [
      'deepseek',
      openaiError(
        "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (62000 in the messages, 8000 in the completion).",
        'invalid_request_error',
      ),
      /^prompt is too long: 70000 tokens > 65536 maximum /,
    ],
    [
      'gpt',
      openaiError('Your input exceeds the context window of this model.', 'context_length_exceeded'),
      /^prompt is too long: \d+ tokens > \d+ maximum /,
    ],
    [
      'claude',
      anthropicError('invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'),
      /^prompt is too long: 208310 tokens > 200000 maximum$/,
    ],
    [
      'claude',
      anthropicError(
        'invalid_request_error',
        'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000',
      ),
      /^input length and `max_tokens` exceed context limit: 188240 \+ 21333 > 200000$/,
    ],
  ];
  for (const [group, body, expected] of sizes) {
    it(`comes in Claude's words over ${group}: ${expected.source.slice(0, 60)}`, async () => {
      scripted.script(whole(body, 400));
      const answer = await scripted.gateway.post('/v1/messages', { model: group, max_tokens: 5, ...prompt });
      assert.equal(answer.status, 400);
      const { error } = (await answer.json()) as { error: { type: string; message: string } };
      assert.match(error.message, expected);
      assert.equal(error.type, 'invalid_request_error');
    });
  }
});

describe('other words of providers', { timeout: 60_000 }, () => {
  it("Anthropic's details reach its SDK, so that it can recover", async () => {
    const details = { error_code: 'thread_not_found', unsupported: ['thread'] };
    scripted.script(whole(anthropicError('invalid_request_error', 'No such thread', details), 400));
    const answer = await scripted.gateway.post('/v1/messages', { model: 'claude', max_tokens: 5, ...prompt });
    const { error } = (await answer.json()) as { error: { details: JsonObject } };
    assert.deepEqual(error.details, details);
  });

  it('an empty account is 402 billing_error for an Anthropic client', async () => {
    scripted.script(whole(openaiError('You exceeded your current quota', 'insufficient_quota'), 429));
    const answer = await scripted.gateway.post('/v1/messages', { model: 'gpt', max_tokens: 5, ...prompt });
    assert.equal(answer.status, 402);
    assert.equal(((await answer.json()) as { error: { type: string } }).error.type, 'billing_error');
  });

  it('the client gets the words of an error in plain text, and the title of a page of HTML', async () => {
    for (const [type, body, said] of [
      ['text/plain', 'upstream connect error or disconnect/reset before headers', /disconnect\/reset before headers/],
      ['application/json', 'model is loading, try again', /model is loading/],
      ['text/html', '<html><head><title>503 Backend down</title></head><body>x</body></html>', /503 Backend down/],
    ] as const) {
      scripted.script({ status: 503, headers: { 'content-type': type }, body });
      const answer = await scripted.gateway.post('/v1/chat/completions', { model: 'gpt', ...prompt });
      assert.equal(answer.status, 503);
      assert.match(((await answer.json()) as { error: { message: string } }).error.message, said);
    }
  });
});

describe('what SDKs read of every answer', { timeout: 60_000 }, () => {
  it('the request id, of answers and errors, on paths that exist and that do not', async () => {
    const { url, masterKey: apiKey } = scripted.gateway;
    const openai = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
    const anthropic = new Anthropic({ apiKey, baseURL: url, maxRetries: 0 });
    scripted.script(
      whole({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'x',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      }),
    );
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const chat = await openai.chat.completions.create({ model: 'gpt', messages });
    assert.equal(chat._request_id?.length, 36);
    const message = await anthropic.messages.create({ model: 'gpt', max_tokens: 5, messages });
    assert.equal(message._request_id?.length, 36);
    scripted.script(whole(openaiError('no', 'x'), 400));
    const refused = { requestID: /^[0-9a-f-]{36}$/ };
    await assert.rejects(openai.chat.completions.create({ model: 'gpt', messages }), refused);
    await assert.rejects(anthropic.messages.create({ model: 'gpt', max_tokens: 5, messages }), refused);
    await assert.rejects(openai.responses.create({ model: 'gpt', input: 'x' }), refused);
    await assert.rejects(anthropic.messages.batches.list(), refused);
  });

  it("an Anthropic client gets Anthropic's envelope on every path", async () => {
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': scripted.gateway.masterKey };
    for (const [method, path] of [
      ['POST', '/v1/messages/batches'],
      ['GET', '/v1/files'],
      ['GET', '/v1/messages'],
      ['POST', '/v1/models'],
      ['GET', '/nothing'],
    ]) {
      const answer = await fetch(scripted.gateway.url + path, { method: method ?? '', headers });
      const body = (await answer.json()) as JsonObject;
      assert.equal(body.type, 'error', `${method} ${path}`);
      assert.equal(typeof (body.error as JsonObject).type, 'string');
      assert.equal(body.request_id, answer.headers.get('request-id'));
      assert.equal(answer.headers.get('x-should-retry'), 'false');
    }
    const denied = await fetch(`${scripted.gateway.url}/v1/models`, { headers: { ...headers, 'x-api-key': 'sk-no' } });
    assert.equal(((await denied.json()) as JsonObject).type, 'error');
  });

  it('what is served of an API, on paths of it that are not served', async () => {
    const headers = { authorization: `Bearer ${scripted.gateway.masterKey}` };
    for (const [method, path, said] of [
      [
        'POST',
        '/v1/responses/resp_1/retry',
        /^Of the Responses API, \/v1\/responses, .*ID\/cancel and .* are served\./,
      ],
      ['GET', '/openai/deployments/gpt/responses/resp_1', /^Of the Responses API/],
      ['POST', '/v1beta/models/gpt:predictLongRunning', /:generateContent, .*:batchEmbedContents; its other verbs are/],
      ['POST', '/v1beta/models/openai/gpt:batchGenerateContent', /^Of Gemini's API/],
      ['POST', '/v1alpha/models/gpt:generateContent', /^Of Gemini's API, \/v1beta\/models\/MODEL is served/],
      ['POST', '/v1beta/cachedContents', /^This part of Gemini's API is not served\./],
    ] as const) {
      const answer = await fetch(scripted.gateway.url + path, { method, headers });
      const { error } = (await answer.json()) as { error: { message: string } };
      assert.equal(answer.status, 404, path);
      assert.match(error.message, said);
      assert.doesNotMatch(error.message, /^(?:Gemini's|The Responses) API is not served/);
    }
  });

  it('HEAD / is answered', async () => {
    assert.equal((await fetch(scripted.gateway.url, { method: 'HEAD' })).status, 200);
  });
});
