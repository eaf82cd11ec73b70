/**
 * Every path that asks a model, whatever the format and wherever the text stands: a key whose budget, or whose tokens a minute, do not pay
 * for the prompt is refused before anything is sent. A new endpoint or format is asked too, and fails until it has a row here.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { Endpoint } from '../../src/exchange/endpoint.ts';
import { FACT_ROUTES, MODEL_ROUTES, VERB_ROUTES } from '../../src/server/routes.ts';
import type { TestGateway } from '../support/gateway.ts';
import { PRICES, startMoneyGateway } from './tenants.ts';

/** About 25,000 tokens; the keys pay for a fifth of that. */
const LONG = 'The river runs through the wide valley to the sea, past mills and towns. '.repeat(1_500);
const TOKENS = Array.from({ length: 25_000 }, (_, index) => index % 50_000);
const SHORT = 'Tell me of rivers.';

type Places = Readonly<Record<string, (text: string) => JsonObject>>;

const schemaOf = (description: string): JsonObject => ({
  type: 'object',
  properties: { a: { type: 'string', description } },
});
const user = (content: JsonValue): JsonObject => ({ messages: [{ role: 'user', content }] });
const file = (text: string): string => `data:text/plain;base64,${Buffer.from(text).toString('base64')}`;

const CHAT: Places = {
  'a message': user,
  'a part': (text) => user([{ type: 'text', text }]),
  'a file': (text) => user([{ type: 'file', file: { file_data: file(text), filename: 'a.txt' } }]),
  'a system message': (text) => ({
    messages: [
      { role: 'system', content: text },
      { role: 'user', content: SHORT },
    ],
  }),
  'a tool': (text) => ({
    ...user(SHORT),
    tools: [{ type: 'function', function: { name: 'f', description: text, parameters: schemaOf('a') } }],
  }),
  'the schema of a tool': (text) => ({
    ...user(SHORT),
    tools: [{ type: 'function', function: { name: 'f', parameters: schemaOf(text) } }],
  }),
  'a call and its result': (text) => ({
    messages: [
      { role: 'user', content: SHORT },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: JSON.stringify({ text }) } }],
      },
      { role: 'tool', tool_call_id: 'c', content: SHORT },
    ],
  }),
  'the schema of the answer': (text) => ({
    ...user(SHORT),
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: schemaOf(text) } },
  }),
};

const MESSAGES: Places = {
  'a message': user,
  'a block': (text) => user([{ type: 'text', text }]),
  'a document': (text) => user([{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: text } }]),
  'the system prompt': (text) => ({ ...user(SHORT), system: text }),
  'a block of the system prompt': (text) => ({ ...user(SHORT), system: [{ type: 'text', text }] }),
  'a tool': (text) => ({ ...user(SHORT), tools: [{ name: 'f', description: text, input_schema: schemaOf('a') }] }),
  'a call and its result': (text) => ({
    messages: [
      { role: 'user', content: SHORT },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: { text: 'a' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text }] }] },
    ],
  }),
};

const RESPONSES: Places = {
  'the input': (text) => ({ input: text }),
  'an item': (text) => ({ input: [{ role: 'user', content: text }] }),
  'a part': (text) => ({
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }],
  }),
  'a file': (text) => ({
    input: [{ role: 'user', content: [{ type: 'input_file', filename: 'a.txt', file_data: file(text) }] }],
  }),
  'the instructions': (text) => ({ input: SHORT, instructions: text }),
  'a tool': (text) => ({
    input: SHORT,
    tools: [{ type: 'function', name: 'f', description: text, parameters: schemaOf('a'), strict: false }],
  }),
  'the result of a call': (text) => ({
    input: [
      { role: 'user', content: SHORT },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: text },
    ],
  }),
  'the schema of the answer': (text) => ({
    input: SHORT,
    text: { format: { type: 'json_schema', name: 'a', schema: schemaOf(text), strict: false } },
  }),
};

const contents = (text: string): JsonValue => [{ role: 'user', parts: [{ text }] }];
const GEMINI: Places = {
  'a part': (text) => ({ contents: contents(text) }),
  'a file': (text) => ({
    contents: [
      {
        role: 'user',
        parts: [{ inlineData: { mimeType: 'text/plain', data: Buffer.from(text).toString('base64') } }],
      },
    ],
  }),
  'the system instruction': (text) => ({ contents: contents(SHORT), systemInstruction: { parts: [{ text }] } }),
  'the system instruction in the other spelling': (text) => ({
    contents: contents(SHORT),
    system_instruction: { parts: [{ text }] },
  }),
  'a tool': (text) => ({
    contents: contents(SHORT),
    tools: [{ functionDeclarations: [{ name: 'f', description: text }] }],
  }),
  'the result of a call': (text) => ({
    contents: [
      { role: 'user', parts: [{ text: SHORT }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { text } } }] },
    ],
  }),
  'the schema of the answer': (text) => ({
    contents: contents(SHORT),
    generationConfig: { responseMimeType: 'application/json', responseSchema: schemaOf(text) },
  }),
};

const COMPLETIONS: Places = {
  'the prompt': (text) => ({ prompt: text }),
  'one of several prompts': (text) => ({ prompt: [text] }),
  tokens: (text) => ({ prompt: text === LONG ? TOKENS : [1, 2] }),
  'a list of tokens': (text) => ({ prompt: [text === LONG ? TOKENS : [1, 2]] }),
};

const EMBEDDINGS: Places = {
  'the input': (text) => ({ input: text }),
  'one of several inputs': (text) => ({ input: [SHORT, text] }),
  'many short inputs': (text) => ({ input: Array.from({ length: text === LONG ? 2_000 : 2 }, () => SHORT.repeat(3)) }),
  tokens: (text) => ({ input: text === LONG ? TOKENS : [1, 2] }),
  'a list of tokens': (text) => ({ input: [text === LONG ? TOKENS : [1, 2]] }),
};

/** By the endpoint's format and operation. Every format and operation that costs something has a row. */
const PLACES: Readonly<Record<string, { readonly model: string; readonly places: Places }>> = {
  'openai-chat chat': { model: 'm', places: CHAT },
  'anthropic-messages chat': { model: 'm', places: MESSAGES },
  'openai-responses response': { model: 'm', places: RESPONSES },
  // Takes no tools and no schema: what is compacted is the input and the instructions.
  'openai-responses compact': {
    model: 'm',
    places: Object.fromEntries(
      Object.entries(RESPONSES).filter(([place]) => !['a tool', 'the schema of the answer'].includes(place)),
    ),
  },
  'gemini-generate chat': { model: 'm', places: GEMINI },
  'openai-completions completion': { model: 'instruct', places: COMPLETIONS },
  'openai-embeddings embedding': { model: 'vectors', places: EMBEDDINGS },
  'gemini-generate embedding': {
    model: 'vectors',
    places: {
      'the content': (text) => ({ content: { parts: [{ text }] } }),
    },
  },
  'gemini-generate embedding batch': {
    model: 'vectors',
    places: {
      'one of several': (text) => ({
        requests: [SHORT, text].map((each) => ({ model: 'models/vectors', content: { parts: [{ text: each }] } })),
      }),
      'many short ones': (text) => ({
        requests: Array.from({ length: text === LONG ? 2_000 : 2 }, () => ({
          model: 'models/vectors',
          content: { parts: [{ text: SHORT.repeat(3) }] },
        })),
      }),
    },
  },
};

interface Case {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly key: string;
}

function keyOf({ format, operation, name }: Endpoint): string {
  return `${format} ${operation.id}${name.includes('batch') ? ' batch' : ''}`;
}

const CASES: readonly Case[] = [
  ...MODEL_ROUTES.map(({ endpoint, paths }) => ({ endpoint, paths, verb: '' })),
  ...VERB_ROUTES.map(({ endpoint, paths, verb }) => ({ endpoint, paths, verb: `:${verb}` })),
].flatMap(({ endpoint, paths, verb }) =>
  endpoint.operation.isFree
    ? []
    : paths.map((path) => {
        const key = keyOf(endpoint);
        const model = PLACES[key]?.model ?? 'm';
        return { path: path.replace(':model', model).replace('*', model + verb), endpoint, key };
      }),
);

describe('every path that asks a model', { timeout: 300_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    const deployment = (name: string, model: string, mode: string): JsonObject => ({
      model_name: name,
      litellm_params: {
        model,
        api_base: 'os.environ/SIMULATOR_URL',
        api_key: 'os.environ/PROVIDER_KEY',
        ...PRICES,
      },
      model_info: { mode, max_output_tokens: 100 },
    });
    gateway = await startMoneyGateway({
      model_list: [
        deployment('m', 'openai/sim-tokens-5', 'chat'),
        deployment('instruct', 'openai/gpt-3.5-turbo-instruct', 'completion'),
        deployment('vectors', 'openai/text-embedding-3-small', 'embedding'),
      ],
      budget_settings: { mode: 'strict' },
      user_api_key_list: [
        { api_key: 'rich' },
        // The prompt alone costs 0.06 USD or more.
        { api_key: 'poor', max_budget: 0.015 },
        { api_key: 'slow', tpm_limit: 5_000 },
        { api_key: 'nothing', max_budget: 0 },
      ],
    });
  });
  after(() => gateway.close());

  const send = (path: string, key: string, body: JsonObject, method = 'POST'): Promise<Response> =>
    fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });

  test('there is a row for each format and operation', () => {
    const missing = [...new Set(CASES.map(({ key }) => key))].filter((key) => !Object.hasOwn(PLACES, key));
    assert.deepEqual(missing, []);
    assert.ok(CASES.length >= 20);
  });

  test('both keys pay for a short prompt', async () => {
    for (const key of ['poor', 'slow']) {
      const answer = await send('/v1/chat/completions', key, { model: 'm', max_tokens: 5, ...user(SHORT) });
      assert.equal(answer.status, 200, await answer.text());
    }
  });

  for (const { path, key } of CASES) {
    const { model = '', places = {} } = PLACES[key] ?? {};
    test(`${path} (${key}) counts what stands in ${Object.keys(places).join(', ')}`, async () => {
      for (const [place, bodyWith] of Object.entries(places)) {
        // Anthropic's format needs a limit.
        const limit = key.startsWith('anthropic') ? { max_tokens: 5 } : {};
        const asked = (text: string): JsonObject => ({ model, ...limit, ...bodyWith(text) });
        const short = await send(path, 'rich', asked(SHORT));
        assert.equal(short.status, 200, `${place}: ${await short.text()}`);
        const sent = gateway.simulator.requests.length;
        for (const [who, status] of [
          ['poor', 422],
          ['slow', 429],
        ] as const) {
          const refused = await send(path, who, asked(LONG));
          const text = await refused.text();
          assert.equal(refused.status, status, `${place}, ${who}: ${text}`);
          assert.match(text, status === 422 ? /[Bb]udget/ : /larger than the limit|Limit type: tokens/, place);
        }
        assert.equal(gateway.simulator.requests.length, sent, `${place}: no provider was asked`);
      }
    });
  }

  test('no path for facts asks a provider for a key without money', async () => {
    const sent = gateway.simulator.requests.length;
    for (const { paths, method } of FACT_ROUTES) {
      for (const path of paths) {
        const address = path.replace(/:\w+/g, 'x_1').replace('*', 'm');
        const answer = await send(address, 'nothing', { model: 'm', input: LONG }, method);
        await answer.arrayBuffer();
      }
    }
    await wait(200);
    assert.equal(gateway.simulator.requests.length, sent);
  });
});
