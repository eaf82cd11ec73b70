/** Requests with long lists of calls, results and tools: none of them may be looked for among all the others. */
import { Buffer } from 'node:buffer';
import type { JsonObject } from '../../../src/core/json.ts';
import { FormatError } from '../../../src/formats/format.ts';
import { conversationOf, formatParts } from '../../../src/formats/index.ts';
import { lostMeaning } from '../../../src/formats/lost-meaning.ts';
import { fitTools, type TextLimit, type ToolLimits } from '../../../src/formats/neutral/tool-limits.ts';
import { parsedJson, unlessRefused } from '../target.ts';
import { CONVERSATIONS, type ConversationId } from '../targets/golden-inputs.ts';
import type { Growing } from './growth.ts';

/** How a format writes what a client can make many of. */
interface Crowded {
  readonly calls: (ids: readonly string[], results: readonly string[]) => JsonObject;
  /** Calls of this tool and their results, none of which says which of them it is. */
  readonly nameless: (count: number) => JsonObject;
  readonly tools: (names: readonly string[]) => JsonObject;
  readonly instructions: (texts: readonly string[]) => JsonObject;
  readonly schema: (names: readonly string[]) => JsonObject;
  /** Of these tools the model may use those that are named. */
  readonly allowed: (names: readonly string[]) => JsonObject;
  /** That many searches of the web, one of which the model must make if the format can say so. */
  readonly searches: (count: number) => JsonObject;
}

const SCHEMA = { type: 'object', properties: {} };
const HI = { role: 'user', content: 'hi' };
const ASK = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
/** A model takes none of the names and ids, so that each is written in another way, unlike those before it. */
const NARROW: TextLimit = { taken: /^[xyz]{9}$/, refused: /[^xyz]/g, maxLength: 9, isUnique: true, words: 'few' };
const LIMITS: ToolLimits = { names: NARROW, ids: NARROW };
/** About what a call and its result take, or a tool. */
const BYTES_PER_ITEM = 160;

const chatTool = (name: string): JsonObject => ({ type: 'function', function: { name, parameters: SCHEMA } });
const chatCall = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const many = (count: number, tool: JsonObject): JsonObject[] => Array.from({ length: count }, () => tool);
const claudeTool = (name: string): JsonObject => ({ name, input_schema: SCHEMA });
const responsesTool = (name: string): JsonObject => ({ type: 'function', name, parameters: SCHEMA });
/** One schema of as many as there are names. */
const united = (names: readonly string[]): JsonObject => ({
  allOf: names.map((name) => ({ properties: { [name]: {} }, required: [name], anyOf: [{ required: [name] }] })),
});
const geminiTool = (name: string): JsonObject => ({ name, parameters: SCHEMA });
const geminiTurns = (calls: readonly JsonObject[], results: readonly JsonObject[]): JsonObject => ({
  contents: [
    ...ASK.contents,
    { role: 'model', parts: calls.map((call) => ({ functionCall: { name: 'f', args: {}, ...call } })) },
    { role: 'user', parts: results.map((result) => ({ functionResponse: { name: 'f', response: {}, ...result } })) },
  ],
});

const CROWDED: Readonly<Partial<Record<ConversationId, Crowded>>> = {
  'openai-chat': {
    calls: (ids, results) => ({
      messages: [
        HI,
        { role: 'assistant', tool_calls: ids.map(chatCall) },
        ...results.map((id) => ({ role: 'tool', tool_call_id: id, content: 'x' })),
      ],
    }),
    nameless: (count) => ({
      messages: Array.from({ length: 2 * count }, (_, at) =>
        at % 2 === 0
          ? { role: 'assistant', function_call: { name: 'f', arguments: '{}' } }
          : { role: 'function', name: 'f', content: 'x' },
      ),
    }),
    tools: (names) => ({ messages: [HI], tools: names.map(chatTool) }),
    instructions: (texts) => ({ messages: [HI, ...texts.map((content) => ({ role: 'system', content }))] }),
    schema: (names) => ({
      messages: [HI],
      tools: [{ ...chatTool('f'), function: { name: 'f', parameters: united(names) } }],
    }),
    allowed: (names) => ({
      messages: [HI],
      tools: names.map(chatTool),
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: names.map(chatTool).reverse() } },
    }),
    searches: (count) => ({ messages: [HI], tools: many(count, { type: 'web_search' }), tool_choice: 'required' }),
  },
  'anthropic-messages': {
    calls: (ids, results) => ({
      max_tokens: 1,
      messages: [
        HI,
        { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'f', input: {} })) },
        { role: 'user', content: results.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })) },
      ],
    }),
    nameless: (count) => ({
      max_tokens: 1,
      messages: [
        HI,
        { role: 'assistant', content: Array.from({ length: count }, () => ({ type: 'text', text: 'x' })) },
      ],
    }),
    tools: (names) => ({ max_tokens: 1, messages: [HI], tools: names.map(claudeTool) }),
    instructions: (texts) => ({
      max_tokens: 1,
      messages: [HI, ...texts.map((content) => ({ role: 'system', content }))],
    }),
    schema: (names) => ({ max_tokens: 1, messages: [HI], tools: [{ name: 'f', input_schema: united(names) }] }),
    allowed: (names) => ({
      max_tokens: 1,
      messages: [HI],
      tools: names.map((name) => ({ ...claudeTool(name), cache_control: { type: 'ephemeral' } })),
      tool_choice: { type: 'tool', name: names.at(-1) ?? '' },
    }),
    searches: (count) => ({
      max_tokens: 1,
      messages: [HI],
      tools: many(count, { type: 'web_search_20250305', name: 'web_search' }),
      tool_choice: { type: 'any' },
    }),
  },
  'gemini-generate': {
    calls: (ids, results) =>
      geminiTurns(
        ids.map((id) => ({ id })),
        results.map((id) => ({ id })),
      ),
    nameless: (count) => geminiTurns(Array(count).fill({}), Array(count).fill({})),
    instructions: (texts) => ({ contents: texts.map((text) => ({ role: 'user', parts: [{ text }] })) }),
    tools: (names) => ({ ...ASK, tools: [{ functionDeclarations: names.map(geminiTool) }] }),
    schema: (names) => ({ ...ASK, generationConfig: { responseJsonSchema: united(names) } }),
    allowed: (names) => ({
      ...ASK,
      tools: [{ functionDeclarations: names.map(geminiTool) }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [...names].reverse() } },
    }),
    searches: (count) => ({ ...ASK, tools: many(count, { googleSearch: {} }) }),
  },
  'openai-responses': {
    calls: (ids, results) => ({
      input: [
        HI,
        ...ids.map((id) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' })),
        ...results.map((id) => ({ type: 'function_call_output', call_id: id, output: 'x' })),
      ],
    }),
    nameless: (count) => ({
      input: [
        HI,
        ...Array.from({ length: count }, (_, at) => ({ type: 'function_call', call_id: `c${at}`, name: 'f' })),
        ...Array.from({ length: count }, () => ({
          type: 'reasoning',
          summary: [],
          encrypted_content: 'google-text:x',
        })),
      ],
    }),
    instructions: (texts) => ({ input: [HI, ...texts.map((content) => ({ role: 'developer', content }))] }),
    tools: (names) => ({ input: 'hi', tools: [{ type: 'namespace', name: 'a', tools: names.map(responsesTool) }] }),
    schema: (names) => ({ input: 'hi', tools: [{ ...responsesTool('f'), parameters: united(names) }] }),
    allowed: (names) => ({
      input: 'hi',
      tools: names.map(responsesTool),
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: names.map(responsesTool).reverse() },
    }),
    searches: (count) => ({ input: 'hi', tools: many(count, { type: 'web_search' }), tool_choice: 'required' }),
  },
};

/** Every crowd of every format: all items different, or all alike. */
export const CROWDS: readonly (Growing & { readonly name: string })[] = CONVERSATIONS.flatMap((id) => {
  const format = CROWDED[id];
  if (format === undefined) return [];
  const bodies: Readonly<Record<string, (items: readonly number[]) => JsonObject>> = {
    'calls, answered in order': (items) => format.calls(items.map(own), items.map(own)),
    'calls, answered backwards': (items) => format.calls(items.map(own), items.map(own).reverse()),
    'calls of one id': (items) => format.calls(items.map(equal), items.map(equal)),
    'results without calls': (items) => format.calls(['c'], items.map(own)),
    'calls and results without ids': (items) => format.nameless(items.length),
    'instructions among messages': (items) => format.instructions(items.map(own)),
    tools: (items) => format.tools(items.map(own)),
    'tools of one name': (items) => format.tools(items.map(equal)),
    'a schema of many': (items) => format.schema(items.map(own)),
    'a choice among many tools': (items) => format.allowed(items.map(own)),
    // A search takes a fifth of the bytes of a tool with a schema.
    searches: (items) => format.searches(5 * items.length),
    'a choice among tools of one name': (items) => format.allowed(items.map(equal)),
  };
  return Object.entries(bodies).map(([name, body]) => ({
    name: `${id}: ${name}`,
    make: (bytes: number) =>
      Buffer.from(JSON.stringify({ model: 'm', ...body([...Array(Math.ceil(bytes / BYTES_PER_ITEM)).keys()]) })),
    read: (input: Buffer) => readAndWrite(id, input),
  }));
});

const own = (item: number): string => `call of ${item}`;
const equal = (): string => 'call of one';

/** As in the translate lane: read, fitted to a model that takes no name of these, and written in every other format. */
function readAndWrite(id: ConversationId, input: Buffer): void {
  const read = unlessRefused(
    () => conversationOf(formatParts(id)).readRequest(parsedJson(input.toString()) as JsonObject),
    FormatError,
  );
  if (read === undefined) return;
  const { request } = fitTools(read.request, LIMITS);
  for (const other of CONVERSATIONS) {
    const written = unlessRefused(
      () => conversationOf(formatParts(other)).writeRequest(request, { model: 'm', traits: { maxOutputTokens: 9 } }),
      FormatError,
    );
    if (written !== undefined) lostMeaning(request, other, written.dropped);
  }
}
