import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findProvider, providers } from './index.ts';
import type { OperationId, Target } from './provider.ts';

const KEY = { authorization: 'Bearer test-key' };

/** Provider, `api_base` (or its default), model, operation, the URL called, and the credential. */
const CALLS: readonly (readonly [
  string,
  string | undefined,
  string,
  OperationId,
  string,
  Readonly<Record<string, string>>,
])[] = [
  ['openai', undefined, 'gpt-4o', 'chat', 'https://api.openai.com/v1/chat/completions', KEY],
  ['openai', 'https://api.openai.com', 'gpt-4o', 'chat', 'https://api.openai.com/v1/chat/completions', KEY],
  ['openai', 'http://localhost:9/v1', 'gpt-4o', 'chat', 'http://localhost:9/v1/chat/completions', KEY],
  ['openai', 'http://localhost:9', 'gpt-4o', 'chat', 'http://localhost:9/chat/completions', KEY],
  ['openai', 'https://h/v1/chat/completions', 'gpt-4o', 'chat', 'https://h/v1/chat/completions', KEY],
  ['openai', 'https://h/v1/chat/completions', 'm', 'embedding', 'https://h/v1/embeddings', KEY],
  ['openai', 'https://h/a/b/v1/?tenant=x', 'm', 'completion', 'https://h/a/b/v1/completions?tenant=x', KEY],
  [
    'text-completion-openai',
    undefined,
    'gpt-3.5-turbo-instruct',
    'completion',
    'https://api.openai.com/v1/completions',
    KEY,
  ],
  ['deepseek', undefined, 'deepseek-chat', 'chat', 'https://api.deepseek.com/chat/completions', KEY],
  [
    'deepseek',
    'https://api.deepseek.com/v1',
    'deepseek-chat',
    'chat',
    'https://api.deepseek.com/v1/chat/completions',
    KEY,
  ],
  ['zai', undefined, 'glm-5', 'chat', 'https://api.z.ai/api/paas/v4/chat/completions', KEY],
  ['zai', 'https://api.z.ai', 'glm-5', 'chat', 'https://api.z.ai/api/paas/v4/chat/completions', KEY],
  [
    'zai',
    'https://api.z.ai/api/coding/paas/v4',
    'glm-5',
    'chat',
    'https://api.z.ai/api/coding/paas/v4/chat/completions',
    KEY,
  ],
  ['glm', undefined, 'glm-5', 'chat', 'https://api.z.ai/api/paas/v4/chat/completions', KEY],
  ['zhipuai', undefined, 'glm-5', 'chat', 'https://open.bigmodel.cn/api/paas/v4/chat/completions', KEY],
  ['anthropic', undefined, 'c', 'chat', 'https://api.anthropic.com/v1/messages', { 'x-api-key': 'test-key' }],
  ['anthropic', 'https://h/v1/', 'c', 'chat', 'https://h/v1/messages', { 'x-api-key': 'test-key' }],
  ['anthropic', 'https://h/anthropic', 'c', 'chat', 'https://h/anthropic/v1/messages', { 'x-api-key': 'test-key' }],
  [
    'anthropic',
    'https://h/v1/messages',
    'c',
    'count-tokens',
    'https://h/v1/messages/count_tokens',
    { 'x-api-key': 'test-key' },
  ],
  [
    'gemini',
    undefined,
    'gemini-2.5-pro',
    'chat',
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent',
    { 'x-goog-api-key': 'test-key' },
  ],
  [
    'gemini',
    'https://h/v1',
    'models/g',
    'count-tokens',
    'https://h/v1/models/g:countTokens',
    { 'x-goog-api-key': 'test-key' },
  ],
  [
    'gemini',
    'https://h/v1beta/models/other:generateContent',
    'tunedModels/my model',
    'embedding',
    'https://h/v1beta/tunedModels/my%20model:batchEmbedContents',
    { 'x-goog-api-key': 'test-key' },
  ],
  [
    'gemini',
    'https://h',
    '../x?key=1',
    'chat',
    'https://h/v1beta/models/..%2Fx%3Fkey%3D1:generateContent',
    { 'x-goog-api-key': 'test-key' },
  ],
  [
    'azure',
    'https://r.openai.azure.com',
    'my gpt/4',
    'chat',
    'https://r.openai.azure.com/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2025-04-01-preview',
    { 'api-key': 'test-key' },
  ],
  [
    'azure',
    'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
    'ignored',
    'chat',
    'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
    { 'api-key': 'test-key' },
  ],
  [
    'azure',
    'https://r.openai.azure.com/openai/v1',
    'd',
    'embedding',
    'https://r.openai.azure.com/openai/v1/embeddings',
    { 'api-key': 'test-key' },
  ],
  ['mistral', undefined, 'm', 'chat', 'https://api.mistral.ai/v1/chat/completions', KEY],
  ['groq', undefined, 'm', 'chat', 'https://api.groq.com/openai/v1/chat/completions', KEY],
  ['xai', 'https://api.x.ai', 'grok-4', 'chat', 'https://api.x.ai/v1/chat/completions', KEY],
  ['together_ai', undefined, 'm', 'embedding', 'https://api.together.xyz/v1/embeddings', KEY],
  ['fireworks_ai', undefined, 'm', 'chat', 'https://api.fireworks.ai/inference/v1/chat/completions', KEY],
  ['openrouter', undefined, 'm', 'chat', 'https://openrouter.ai/api/v1/chat/completions', KEY],
  ['perplexity', undefined, 'sonar', 'chat', 'https://api.perplexity.ai/chat/completions', KEY],
  ['moonshot', undefined, 'm', 'chat', 'https://api.moonshot.ai/v1/chat/completions', KEY],
  ['dashscope', undefined, 'm', 'chat', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions', KEY],
  ['minimax', undefined, 'm', 'chat', 'https://api.minimax.io/v1/chat/completions', KEY],
  ['cerebras', undefined, 'm', 'chat', 'https://api.cerebras.ai/v1/chat/completions', KEY],
  ['nvidia_nim', undefined, 'm', 'chat', 'https://integrate.api.nvidia.com/v1/chat/completions', KEY],
  ['sambanova', undefined, 'm', 'chat', 'https://api.sambanova.ai/v1/chat/completions', KEY],
  ['deepinfra', undefined, 'm', 'chat', 'https://api.deepinfra.com/v1/openai/chat/completions', KEY],
  ['ollama_chat', undefined, 'm', 'chat', 'http://localhost:11434/v1/chat/completions', KEY],
  ['ollama', 'http://gpu:11434/v1', 'm', 'embedding', 'http://gpu:11434/v1/embeddings', KEY],
  ['vllm', 'http://gpu:8000', 'm', 'chat', 'http://gpu:8000/v1/chat/completions', KEY],
  ['lm_studio', undefined, 'm', 'chat', 'http://localhost:1234/v1/chat/completions', KEY],
  ['custom_openai', 'https://h/some/base', 'm', 'chat', 'https://h/some/base/chat/completions', KEY],
];

function callOf(
  name: string,
  baseUrl: string | undefined,
  model: string,
  operation: OperationId,
  more: Partial<Target> = {},
  stream = false,
) {
  const provider = findProvider(name);
  assert.ok(provider, name);
  const base = baseUrl ?? provider.defaultBaseUrl;
  assert.ok(base, `${name} needs an api_base`);
  const call = provider.operations[operation]?.call({ model, baseUrl: base, apiKey: 'test-key', ...more }, { stream });
  assert.ok(call, `${name} has no ${operation}`);
  return call;
}

describe('calls', () => {
  for (const [name, baseUrl, model, operation, url, credential] of CALLS) {
    test(`${name} ${baseUrl ?? '(default)'} ${operation} goes to ${url}`, () => {
      const call = callOf(name, baseUrl, model, operation);
      assert.equal(call.origin + call.path, url);
      for (const header of ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']) {
        assert.equal(call.headers[header], credential[header], header);
      }
      assert.equal(call.headers['content-type'], 'application/json');
      assert.equal(call.headers.accept, 'application/json');
      for (const header of Object.keys(call.headers)) assert.equal(header, header.toLowerCase());
    });
  }

  test('a stream of Gemini is asked for as server-sent events', () => {
    const call = callOf('gemini', undefined, 'g', 'chat', {}, true);
    assert.equal(call.path, '/v1beta/models/g:streamGenerateContent?alt=sse');
    assert.equal(call.headers.accept, 'text/event-stream');
  });

  test('an OAuth token of Anthropic goes as a bearer', () => {
    const { headers } = callOf('anthropic', undefined, 'c', 'chat', { apiKey: 'sk-ant-oat01-x\n' });
    assert.equal(headers.authorization, 'Bearer sk-ant-oat01-x');
    assert.equal(headers['x-api-key'], undefined);
    assert.equal(headers['anthropic-beta'], 'oauth-2025-04-20');
    assert.equal(headers['anthropic-version'], '2023-06-01');
  });

  test('a token of Entra ID goes as a bearer, an api version into the query', () => {
    const call = callOf('azure', 'https://r/openai/v1', 'd', 'chat', { apiKey: 'eyJa.eyJb.c', apiVersion: 'preview' });
    assert.equal(call.headers.authorization, 'Bearer eyJa.eyJb.c');
    assert.equal(call.headers['api-key'], undefined);
    assert.equal(call.path, '/openai/v1/chat/completions?api-version=preview');
  });

  test('an organization is sent to OpenAI', () => {
    const { headers } = callOf('openai', undefined, 'm', 'chat', { organization: 'org-1' });
    assert.equal(headers['openai-organization'], 'org-1');
  });

  test('a local server without a key gets no credential', () => {
    const target = { model: 'm', baseUrl: 'http://localhost:11434' };
    const call = findProvider('ollama')?.operations.chat?.call(target, { stream: false });
    assert.deepEqual(call?.headers, { 'content-type': 'application/json', accept: 'application/json' });
  });

  test('an address that is no web address is refused', () => {
    assert.throws(() => callOf('openai', 'ftp://h/v1', 'm', 'chat'), TypeError);
    assert.throws(() => callOf('openai', 'not a url', 'm', 'chat'), TypeError);
  });
});

describe('the list of providers', () => {
  test('names and aliases are unique, and unknown ones give null', () => {
    const names = providers.flatMap((provider) => [provider.name, ...(provider.aliases ?? [])]);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.ok(findProvider(name));
    assert.equal(findProvider('nobody'), null);
    assert.equal(findProvider('toString'), null);
  });

  for (const provider of providers) {
    test(`${provider.name} says where its facts come from and how it does chat`, () => {
      assert.match(provider.source, /^https:\/\/\S+ \(\d{4}-\d{2}-\d{2}\)$/);
      assert.ok(provider.keyVariables.every((name) => /^[A-Z][A-Z0-9_]+$/.test(name)));
      assert.ok(provider.operations.chat);
      assert.ok(provider.defaultBaseUrl === undefined || URL.canParse(provider.defaultBaseUrl));
      assert.ok(provider.operations.chat.streamUsage, 'says how usage comes at the end of a stream');
    });
  }
});
