/** Names that every object of JavaScript has by inheritance: sent by a client, they are names like any other. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isJsonObject } from '../../src/core/json.ts';
import { startMoneyGateway } from '../money/tenants.ts';
import type { TestGateway } from '../support/gateway.ts';

/** `constructor`, `toString`, `__proto__`, `__defineGetter__`, … */
const INHERITED = [...new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'length', 'then'])];

const KINDS = [
  'openai',
  'azure',
  'anthropic',
  'gemini',
  'groq',
  'mistral',
  'deepseek',
  'moonshot',
  'xai',
  'hosted_vllm',
  'openrouter',
  'cerebras',
  'perplexity',
];
const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const CLIENTS = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'hi' }], max_tokens: 9 },
  '/v1/messages': { messages: [{ role: 'user', content: 'hi' }], max_tokens: 9 },
  '/v1/embeddings': { input: 'hi' },
  '/v1/completions': { prompt: 'hi' },
} as const;

/** The JSON of an object with this member: `__proto__` is a member too. */
const withMember = (object: object, name: string, value: unknown): string =>
  JSON.stringify(object).replace(/\}$/, `,${JSON.stringify(name)}:${JSON.stringify(value)}}`);

describe('names that objects inherit', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      user_api_key_list: [{ api_key: 'limited', rpm_limit: 1_000_000, model_rpm_limit: { 'openai-model': 1_000_000 } }],
      model_list: [
        ...KINDS.map((kind) => ({
          model_name: `${kind}-model`,
          litellm_params: { model: `${kind}/sim-model`, ...DEPLOYMENT },
        })),
        { model_name: 'any/*', litellm_params: { model: 'openai/*', ...DEPLOYMENT } },
      ],
    });
  });
  after(() => gateway.close());

  /** Sends it and gives what the provider got: the one request that the simulator saw. */
  async function sent(path: string, body: string, headers: Readonly<Record<string, string>> = {}) {
    const seenBefore = gateway.simulator.requests.length;
    const response = await gateway.post(path, body, { authorization: 'Bearer limited', ...headers });
    const text = await response.text();
    assert.ok(response.status < 500, `${response.status} for ${path} ${body}: ${text}`);
    return { status: response.status, body: gateway.simulator.requests[seenBefore]?.body };
  }

  for (const kind of KINDS) {
    test(`${kind}: as a member of the body it reaches the provider as it was sent, or not at all`, async () => {
      for (const [path, members] of Object.entries(CLIENTS)) {
        for (const name of INHERITED) {
          for (const value of ['mine', { toString: 'x' }]) {
            const body = withMember({ model: `${kind}-model`, ...members }, name, value);
            const got = (await sent(path, body)).body;
            if (isJsonObject(got) && Object.hasOwn(got, name)) assert.deepEqual(got[name], value, `${path} ${body}`);
            else assert.ok(!JSON.stringify(got ?? null).includes('[object'), `${path} ${body}`);
          }
        }
      }
    });
  }

  test('inside messages, tools, schemas, metadata and options it stays as it was sent', async () => {
    for (const kind of ['openai', 'anthropic', 'gemini', 'hosted_vllm', 'mistral']) {
      for (const name of INHERITED) {
        const schema = { type: 'object', properties: {} };
        const parameters = JSON.parse(
          JSON.stringify(schema).replace('{}', withMember({ a: { type: 'string' } }, name, { type: 'string' })),
        );
        const bodies = [withMember({}, name, 'x').replace('{,', '{')].flatMap((inner) => [
          `{"model":"${kind}-model","messages":[{"role":"user","content":"hi","metadata":${inner}}]}`,
          `{"model":"${kind}-model","messages":[${inner.replace('{', '{"role":"user","content":"hi",')}]}`,
          `{"model":"${kind}-model","messages":[{"role":"user","content":[${inner.replace('{', '{"type":"text","text":"hi",')}]}]}`,
          `{"model":"${kind}-model","messages":[{"role":"user","content":"hi"}],"metadata":${inner},"stream_options":${inner},"reasoning":${inner},"response_format":${inner}}`,
          `{"model":"${kind}-model","messages":[{"role":"user","content":"hi"}],"metadata":{"tags":["${name}"],"user_id":"${name}"},"tags":["${name}"],"user":"${name}"}`,
          `{"model":"${kind}-model","messages":[{"role":"${name}","content":"hi"}]}`,
          `{"model":"${kind}-model","messages":[{"role":"user","content":[{"type":"${name}"}]}],"service_tier":"${name}","reasoning_effort":"${name}","stop":"${name}"}`,
          `{"model":"${kind}-model","fallbacks":["${name}"],"retry_policy":${inner},"num_retries":"${name}","messages":[{"role":"user","content":"hi"}]}`,
        ]);
        for (const body of bodies) await sent('/v1/chat/completions', body);
        const tools = [{ type: 'function', function: { name, description: 'd', parameters } }];
        const tooled = JSON.stringify({
          model: `${kind}-model`,
          messages: [
            { role: 'user', content: 'hi' },
            {
              role: 'assistant',
              tool_calls: [
                { id: name, type: 'function', function: { name, arguments: withMember({ a: 1 }, name, 2) } },
              ],
            },
            { role: 'tool', tool_call_id: name, content: 'done' },
          ],
          tools,
          tool_choice: { type: 'function', function: { name } },
        });
        const got = (await sent('/v1/chat/completions', tooled)).body;
        if (isJsonObject(got)) assert.ok(!JSON.stringify(got).includes('[object'), tooled);
        await sent(
          '/v1/messages',
          JSON.stringify({
            model: `${kind}-model`,
            max_tokens: 9,
            messages: [{ role: 'user', content: 'hi' }],
            tools: [{ name, input_schema: parameters }],
            tool_choice: { type: name },
          }),
        );
      }
    }
  });

  test('as a model, a header and a query it is refused as unknown, or ignored', async () => {
    for (const name of INHERITED) {
      const messages = [{ role: 'user', content: 'hi' }];
      for (const path of Object.keys(CLIENTS)) {
        const refused = await sent(
          path,
          JSON.stringify({ model: name, messages, max_tokens: 9, prompt: 'hi', input: 'hi' }),
        );
        assert.ok(refused.status === 400 || refused.status === 404, `${path} ${name}: ${refused.status}`);
      }
      assert.ok((await sent('/v1/chat/completions', JSON.stringify({ model: `any/${name}`, messages }))).status < 500);
      const header = { [name]: name, 'x-litellm-tags': name, 'x-litellm-end-user-id': name, 'content-encoding': name };
      await sent('/v1/chat/completions', JSON.stringify({ model: 'openai-model', messages }), header);
      await sent('/v1/chat/completions', JSON.stringify({ model: 'openai-model', messages }), {
        ...header,
        'content-encoding': 'identity',
      });
      for (const path of [
        '/v1/models',
        '/model/info',
        '/health',
        '/spend/logs',
        '/key/info',
        '/v1/model/info',
        '/metrics',
      ]) {
        for (const target of [
          `${path}?${name}=${name}`,
          `${path}/${name}`,
          `${path}?api_key=${name}&key=${name}&litellm_model_id=${name}&model=${name}`,
        ]) {
          const shown = await gateway.get(target);
          assert.ok(shown.status < 500, `${target}: ${shown.status} ${await shown.text()}`);
        }
      }
    }
  });

  test('as a field of the management API, its value or a name in it, it never fails the gateway', async () => {
    const routes = [
      '/key/generate',
      '/key/update',
      '/team/new',
      '/user/new',
      '/customer/new',
      '/tag/new',
      '/budget/new',
      '/organization/new',
      '/model/new',
    ];
    for (const name of INHERITED) {
      for (const path of routes) {
        const bodies = [
          withMember({ team_alias: 't' }, name, 'x'),
          withMember({ metadata: 'x', aliases: 'y', model_max_budget: 'z' }, name, 1).replaceAll(
            /"[xyz]"/g,
            withMember({ a: '1' }, name, '1'),
          ),
          JSON.stringify({
            key_type: name,
            budget_duration: name,
            user_role: name,
            model_rpm_limit: JSON.parse(withMember({ m: 1 }, name, 1)),
          }),
          `{"model_name":"${name}","litellm_params":{"model":"openai/${name}","${name}":"x"},"model_info":{"${name}":"x"}}`,
          `{"model_name":"m","litellm_params":{"model":"${name}/x"}}`,
        ];
        for (const body of bodies) {
          const response = await gateway.post(path, body);
          assert.ok(response.status < 500, `${path} ${body}: ${response.status} ${await response.text()}`);
        }
      }
    }
  });

  test('nothing of it stays: objects are as they were', () => {
    assert.equal(Object.hasOwn(Object.prototype, 'mine'), false);
    assert.equal(({} as Record<string, unknown>).a, undefined);
  });
});
