/**
 * What a provider keeps of a prompt stays of use: each turn of a conversation begins, byte for byte, with the turn before, whatever
 * client sends it to whatever provider, and nothing that differs from one request to the next (an id, a time) stands in it.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../support/samples.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

/** The programs' ways of keeping a conversation: what they send first, how an answer and a further turn are appended. */
interface Client {
  readonly name: string;
  path(model: string): string;
  begin(model: string): JsonObject;
  /** What the answer leaves in the conversation, and the results of the tools that it calls. */
  append(body: JsonObject, answer: JsonObject): JsonObject;
  say(body: JsonObject, text: string): JsonObject;
  instruct?(body: JsonObject, text: string): JsonObject;
}

const SYSTEM = 'You help travellers. Answer in one sentence.';
const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value : []) as JsonObject[];
const joined = (body: JsonObject, member: string, ...more: JsonObject[]): JsonObject => ({
  ...body,
  [member]: [...list(body[member]), ...more],
});

const CLIENTS: readonly Client[] = [
  {
    name: 'chat completions',
    path: () => '/v1/chat/completions',
    begin: (model) => ({
      model,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: CITY_SCHEMA } }],
      messages: [{ role: 'system', content: SYSTEM }],
    }),
    append(body, answer) {
      const message = list(answer.choices)[0]?.message as JsonObject;
      const results = list(message.tool_calls).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'sunny' }));
      return joined(body, 'messages', message, ...(results as JsonObject[]));
    },
    say: (body, content) => joined(body, 'messages', { role: 'user', content }),
    instruct: (body, content) => joined(body, 'messages', { role: 'system', content }),
  },
  {
    name: 'messages',
    path: () => '/v1/messages',
    begin: (model) => ({
      model,
      max_tokens: 4_000,
      tools: [{ name: 'get_weather', input_schema: CITY_SCHEMA }],
      system: [{ type: 'text', text: SYSTEM }],
      messages: [],
    }),
    append(body, answer) {
      const content = list(answer.content);
      const results = content
        .filter(({ type }) => type === 'tool_use')
        .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'sunny' }));
      const user = results.length === 0 ? [] : [{ role: 'user', content: results }];
      return joined(body, 'messages', { role: 'assistant', content }, ...(user as JsonObject[]));
    },
    say: (body, content) => joined(body, 'messages', { role: 'user', content }),
  },
  {
    name: 'responses',
    path: () => '/v1/responses',
    begin: (model) => ({
      model,
      store: false,
      instructions: SYSTEM,
      include: ['reasoning.encrypted_content'],
      tools: [{ type: 'function', name: 'get_weather', parameters: CITY_SCHEMA, strict: false }],
      input: [],
    }),
    append(body, answer) {
      const items = list(answer.output);
      const results = items
        .filter(({ type }) => type === 'function_call')
        .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'sunny' }));
      return joined(body, 'input', ...items, ...(results as JsonObject[]));
    },
    say: (body, content) => joined(body, 'input', { role: 'user', content }),
    instruct: (body, content) => joined(body, 'input', { role: 'developer', content }),
  },
  {
    name: 'Gemini’s format',
    path: (model) => `/v1beta/models/${model}:generateContent`,
    begin: () => ({
      systemInstruction: { parts: [{ text: SYSTEM }] },
      tools: [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: CITY_SCHEMA }] }],
      contents: [],
    }),
    append(body, answer) {
      const content = list(answer.candidates)[0]?.content as JsonObject;
      const results = list(content.parts)
        .filter(({ functionCall }) => functionCall !== undefined)
        .map(({ functionCall }) => {
          const { id, name } = functionCall as JsonObject;
          return { functionResponse: { ...(id !== undefined && { id }), name, response: { output: 'sunny' } } };
        });
      const user = results.length === 0 ? [] : [{ role: 'user', parts: results }];
      return joined(body, 'contents', content, ...(user as JsonObject[]));
    },
    say: (body, text) => joined(body, 'contents', { role: 'user', parts: [{ text }] }),
  },
];

async function send(
  client: Client,
  model: string,
  body: JsonObject,
): Promise<{ answer: JsonObject; prompt: string[] }> {
  const response = await gateway.post(client.path(model), body);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return { answer: JSON.parse(text), prompt: promptOf(gateway.simulator.requests.at(-1)?.body as JsonObject) };
}

/** What a provider hashes, in its order: tools, instructions, messages. Marks of a cache are no part of what they mark. */
function promptOf(body: JsonObject): string[] {
  const { tools, system, instructions, systemInstruction, messages, contents, input } = body;
  const head = [tools, system ?? instructions ?? systemInstruction];
  return [...head, ...list(messages ?? contents ?? input)].map((part) =>
    JSON.stringify(part ?? null, (key, value) => (key === 'cache_control' ? undefined : value)),
  );
}

describe('prompts of a conversation', { timeout: 60_000 }, () => {
  for (const client of CLIENTS) {
    for (const model of [...CHAT_GROUPS, 'gpt-5', 'gemini-3-pro', 'deepseek-reasoner', 'azure-gpt'] as const) {
      it(`of a client of ${client.name} over ${model} begin with the turn before, and are the same when sent again`, async () => {
        const prompts: string[][] = [];
        let body = client.say(client.begin(model), TWO_CITIES_QUESTION);
        const turn = async () => {
          const { answer, prompt } = await send(client, model, body);
          const again = await send(client, model, body);
          assert.deepEqual(again.prompt, prompt, 'the same request is the same prompt');
          prompts.push(prompt);
          body = client.append(body, answer);
        };
        await turn();
        await turn();
        body = client.say(body, 'Say: so it is');
        await turn();
        body = client.instruct?.(body, 'Mind the time of day.') ?? body;
        body = client.say(body, 'Tell me of rivers.');
        await turn();
        body = client.say(body, 'And of lakes.');
        await turn();
        for (const [index, prompt] of prompts.slice(1).entries()) {
          const before = prompts[index] ?? [];
          assert.ok(before.length < prompt.length, 'a turn adds to the prompt');
          assert.deepEqual(prompt.slice(0, before.length), before, `turn ${index + 2}`);
        }
      });
    }
  }
});
