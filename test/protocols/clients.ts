/** Clients of the four formats, as small as they can be: they ask, read an answer whole or streamed, and hand results of tools back. */
import { type JsonObject, objectOf, objectsOf, stringOf } from '../../src/core/json.ts';
import { SseSplitter } from '../../src/wire/sse.ts';
import { CITY_SCHEMA } from '../support/samples.ts';

/** A call of a tool. */
export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** An answer as a client reads it. */
export interface Answer {
  readonly text: string;
  readonly calls: readonly Call[];
  readonly outputTokens: number;
  /** What goes back as the assistant's part of the conversation. */
  readonly turn: readonly JsonObject[];
}

/** One format's way to ask and to read. */
export interface Client {
  readonly title: string;
  readonly endpoint: string;
  path(model: string, isStream: boolean): string;
  user(text: string): JsonObject;
  results(calls: readonly Call[], texts: readonly string[]): readonly JsonObject[];
  body(model: string, conversation: readonly JsonObject[], isStream: boolean): JsonObject;
  whole(body: JsonObject): Answer;
  streamed(events: readonly JsonObject[]): Answer;
}

const parsed = (text: string): unknown => JSON.parse(text === '' ? '{}' : text);
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const tool = { name: 'get_weather', description: 'The weather in a city' };

/** The payloads of a stream's events. */
export function payloadsOf(text: string): JsonObject[] {
  const events: JsonObject[] = [];
  const splitter = new SseSplitter((data) => {
    if (data !== '[DONE]') events.push(JSON.parse(data) as JsonObject);
  });
  splitter.push(Buffer.from(text));
  splitter.end();
  return events;
}

function chatAnswer(message: JsonObject, usage: unknown): Answer {
  return {
    text: stringOf(message.content) ?? '',
    calls: objectsOf(message.tool_calls).map((call) => {
      const called = objectOf(call.function);
      return { id: String(call.id), name: String(called?.name), input: parsed(stringOf(called?.arguments) ?? '') };
    }),
    outputTokens: number((usage as JsonObject | undefined)?.completion_tokens),
    turn: [message],
  };
}

const chat: Client = {
  title: 'chat',
  endpoint: '/v1/chat/completions',
  path: () => '/v1/chat/completions',
  user: (content) => ({ role: 'user', content }),
  results: (calls, texts) =>
    calls.map(({ id }, index) => ({ role: 'tool', tool_call_id: id, content: texts[index] ?? '' })),
  body: (model, messages, isStream) => ({
    model,
    messages: [...messages],
    tools: [{ type: 'function', function: { ...tool, parameters: CITY_SCHEMA } }],
    ...(isStream && { stream: true, stream_options: { include_usage: true } }),
  }),
  whole: (body) => chatAnswer(objectOf(objectsOf(body.choices)[0]?.message) ?? {}, body.usage),
  streamed(events) {
    let content = '';
    const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
    for (const event of events) {
      const delta = objectOf(objectsOf(event.choices)[0]?.delta) ?? {};
      content += stringOf(delta.content) ?? '';
      for (const call of objectsOf(delta.tool_calls)) {
        const called = objectOf(call.function) ?? {};
        const known = calls[number(call.index)];
        const more = stringOf(called.arguments) ?? '';
        if (known !== undefined) known.function.arguments += more;
        else {
          const name = String(called.name);
          calls[number(call.index)] = { id: String(call.id), type: 'function', function: { name, arguments: more } };
        }
      }
    }
    const usage = events.findLast((event) => objectOf(event.usage) !== undefined)?.usage;
    return chatAnswer({ role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) }, usage);
  },
};

function messagesAnswer(content: JsonObject[], usage: unknown): Answer {
  return {
    text: content.map((block) => (block.type === 'text' ? String(block.text) : '')).join(''),
    calls: content.flatMap(({ type, id, name, input }) =>
      type === 'tool_use' ? [{ id: String(id), name: String(name), input }] : [],
    ),
    outputTokens: number((usage as JsonObject | undefined)?.output_tokens),
    turn: [{ role: 'assistant', content }],
  };
}

const messages: Client = {
  title: 'messages',
  endpoint: '/v1/messages',
  path: () => '/v1/messages',
  user: (content) => ({ role: 'user', content }),
  results: (calls, texts) => [
    {
      role: 'user',
      content: calls.map(({ id }, index) => ({ type: 'tool_result', tool_use_id: id, content: texts[index] ?? '' })),
    },
  ],
  body: (model, conversation, stream) => ({
    model,
    max_tokens: 4000,
    messages: [...conversation],
    tools: [{ ...tool, input_schema: CITY_SCHEMA }],
    ...(stream && { stream }),
  }),
  whole: (body) => messagesAnswer([...objectsOf(body.content)], body.usage),
  streamed(events) {
    const blocks: JsonObject[] = [];
    const json: string[] = [];
    for (const { type, index, content_block: block, delta: changed } of events) {
      const at = number(index);
      const delta = objectOf(changed) ?? {};
      if (type === 'content_block_start') blocks[at] = { ...objectOf(block) };
      const open = blocks[at];
      if (open === undefined || type !== 'content_block_delta') continue;
      for (const name of ['text', 'thinking', 'signature']) {
        if (typeof delta[name] === 'string') open[name] = (stringOf(open[name]) ?? '') + delta[name];
      }
      if (delta.type === 'input_json_delta') json[at] = (json[at] ?? '') + String(delta.partial_json);
    }
    for (const [at, text] of json.entries()) {
      const block = blocks[at];
      if (block !== undefined && text !== undefined) block.input = parsed(text) as JsonObject;
    }
    return messagesAnswer(blocks, events.findLast(({ type }) => type === 'message_delta')?.usage);
  },
};

const responses: Client = {
  title: 'responses',
  endpoint: '/v1/responses',
  path: () => '/v1/responses',
  user: (content) => ({ role: 'user', content }),
  results: (calls, texts) =>
    calls.map(({ id }, index) => ({ type: 'function_call_output', call_id: id, output: texts[index] ?? '' })),
  body: (model, input, stream) => ({
    model,
    input: [...input],
    store: false,
    tools: [{ type: 'function', ...tool, parameters: CITY_SCHEMA, strict: false }],
    ...(stream && { stream }),
  }),
  whole(body) {
    const output = [...objectsOf(body.output)];
    const texts = output.flatMap((item) => (item.type === 'message' ? objectsOf(item.content) : []));
    return {
      text: texts.map((part) => String(part.text)).join(''),
      calls: output.flatMap((item) =>
        item.type === 'function_call'
          ? [{ id: String(item.call_id), name: String(item.name), input: parsed(String(item.arguments)) }]
          : [],
      ),
      outputTokens: number(objectOf(body.usage)?.output_tokens),
      turn: output,
    };
  },
  streamed: (events) => responses.whole(objectOf(events.at(-1)?.response) ?? {}),
};

function geminiAnswer(parts: JsonObject[], usage: unknown): Answer {
  return {
    text: parts.map((part) => (part.thought === true ? '' : (stringOf(part.text) ?? ''))).join(''),
    calls: parts.flatMap((part) => {
      const call = objectOf(part.functionCall);
      return call === undefined ? [] : [{ id: stringOf(call.id) ?? '', name: String(call.name), input: call.args }];
    }),
    outputTokens: number((usage as JsonObject | undefined)?.candidatesTokenCount),
    turn: [{ role: 'model', parts }],
  };
}

const partsOf = (body: JsonObject): readonly JsonObject[] =>
  objectsOf(objectOf(objectsOf(body.candidates)[0]?.content)?.parts);

const gemini: Client = {
  title: 'gemini',
  endpoint: '/v1beta/models/…:generateContent',
  path: (model, isStream) =>
    `/v1beta/models/${model}:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  user: (text) => ({ role: 'user', parts: [{ text }] }),
  results: (calls, texts) => [
    {
      role: 'user',
      parts: calls.map(({ id, name }, index) => ({
        functionResponse: { ...(id !== '' && { id }), name, response: { output: texts[index] ?? '' } },
      })),
    },
  ],
  body: (_model, contents) => ({
    contents: [...contents],
    tools: [{ functionDeclarations: [{ ...tool, parametersJsonSchema: CITY_SCHEMA }] }],
  }),
  whole: (body) => geminiAnswer([...partsOf(body)], body.usageMetadata),
  streamed: (events) => geminiAnswer(events.flatMap(partsOf), events.at(-1)?.usageMetadata),
};

/** The clients. */
export const CLIENTS = { chat, messages, responses, gemini } as const;
/** The name of a client's format. */
export type ClientId = keyof typeof CLIENTS;
