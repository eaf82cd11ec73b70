/**
 * Laws of tool calls: whatever way a provider cuts, orders and marks the calls of an answer, every client gets each call with its
 * own name and its own arguments, under an id of its own; in both lanes, and from the deployment that a request falls back to.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { itemsOf, type JsonObject, objectOf } from '../../src/core/json.ts';
import { readAnthropic, readOpenAi, type SeenAnswer } from './client-streams.ts';
import type { ScriptedAnswer } from './scripted-upstream.ts';
import { claude, openai, type StreamWorld, startStreamWorld } from './world.ts';

let world: StreamWorld;
before(async () => {
  world = await startStreamWorld();
});
after(() => world.close());

/** One call of the answer: which tool, its id at the provider, its arguments in pieces. */
interface Call {
  readonly tool: number;
  readonly id: string;
  readonly pieces: readonly string[];
}

interface Answer {
  readonly tools: readonly string[];
  readonly calls: readonly Call[];
  /** Which call goes on next, as long as it has pieces left. */
  readonly order: readonly number[];
}

function piecesOf(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((one, other) => one - other);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
}

const json = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 3 });
const name = fc.oneof(
  fc.stringMatching(/^[a-zA-Z_]\w{0,20}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }),
);
const id = fc.oneof(fc.stringMatching(/^call_\w{6,12}$/), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }));
const isVisible = (text: string): boolean => text.trim() !== '' && text.isWellFormed();

const answer: fc.Arbitrary<Answer> = fc
  .tuple(
    fc.uniqueArray(name.filter(isVisible), { minLength: 1, maxLength: 4 }),
    fc.uniqueArray(id.filter(isVisible), { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), json, fc.array(fc.nat({ max: 60 }), { maxLength: 4 })), { minLength: 4, maxLength: 4 }),
    fc.array(fc.nat({ max: 3 }), { maxLength: 24 }),
  )
  .map(([tools, ids, texts, order]) => ({
    tools,
    order,
    calls: ids.map((one, index): Call => {
      const [tool, value, cuts] = texts[index] ?? [0, {}, []];
      return { tool: tool % tools.length, id: one, pieces: piecesOf(JSON.stringify(value), cuts) };
    }),
  }));

/** The pieces of all calls in the order in which they are sent; without `isMixed` one call after the other. */
function* sequence(
  { calls, order }: Answer,
  isMixed: boolean,
): Generator<{ call: number; piece: number; text: string }> {
  const next = calls.map(() => 0);
  const turns = [...(isMixed ? order : []), ...calls.flatMap(({ pieces }, call) => pieces.map(() => call))];
  for (const call of turns) {
    const piece = next[call];
    const text = piece === undefined ? undefined : calls[call]?.pieces[piece];
    if (piece === undefined || text === undefined) continue;
    next[call] = piece + 1;
    yield { call, piece, text };
  }
}

/** How a server marks the fragments of a call. `names` are the tools as the provider knows them. */
interface Dialect {
  readonly title: string;
  readonly isMixed: boolean;
  /** A call has another name than the one before it. */
  readonly hasOtherNames?: boolean;
  fragment(call: number, one: Call, piece: number, text: string, toolName: string): JsonObject;
}

const DIALECTS: readonly Dialect[] = [
  {
    title: 'an index for each, id and name once',
    isMixed: true,
    fragment: (index, one, piece, text, toolName) =>
      piece === 0
        ? { index, id: one.id, type: 'function', function: { name: toolName, arguments: text } }
        : { index, function: { arguments: text } },
  },
  {
    title: 'an index for each, id and name null in what follows',
    isMixed: true,
    fragment: (index, one, piece, text, toolName) => ({
      index,
      id: piece === 0 ? one.id : null,
      type: 'function',
      function: { name: piece === 0 ? toolName : null, arguments: text },
    }),
  },
  {
    title: 'an index for each, id and name in every fragment',
    isMixed: true,
    fragment: (index, one, _piece, text, toolName) => ({
      index,
      id: one.id,
      type: 'function',
      function: { name: toolName, arguments: text },
    }),
  },
  {
    title: 'an index for each and no ids',
    isMixed: true,
    fragment: (index, _one, piece, text, toolName) => ({
      index,
      function: piece === 0 ? { name: toolName, arguments: text } : { arguments: text },
    }),
  },
  {
    title: 'no index, the id in every fragment',
    isMixed: true,
    fragment: (_call, one, piece, text, toolName) => ({
      id: one.id,
      function: piece === 0 ? { name: toolName, arguments: text } : { arguments: text },
    }),
  },
  {
    title: 'the index 0 for all, the id in every fragment',
    isMixed: true,
    hasOtherNames: true,
    fragment: (_call, one, piece, text, toolName) => ({
      index: 0,
      id: one.id,
      function: piece === 0 ? { name: toolName, arguments: text } : { arguments: text },
    }),
  },
  {
    title: 'the index 0 for all, one call after the other, ids once',
    isMixed: false,
    fragment: (_call, one, piece, text, toolName) =>
      piece === 0
        ? { index: 0, id: one.id, function: { name: toolName, arguments: text } }
        : { index: 0, function: { arguments: text } },
  },
  {
    title: 'the index 0 for all, one call after the other, no ids',
    isMixed: false,
    fragment: (_call, _one, piece, text, toolName) => ({
      index: 0,
      id: null,
      function: piece === 0 ? { name: toolName, arguments: text } : { name: null, arguments: text },
    }),
  },
  {
    title: 'no index and no ids, one call after the other',
    isMixed: false,
    fragment: (_call, _one, piece, text, toolName) => ({
      function: piece === 0 ? { name: toolName, arguments: text } : { arguments: text },
    }),
  },
];

/** The names of the tools as a request has them. */
function toolNames(body: JsonObject): string[] {
  return itemsOf(body.tools).map((tool) => String(objectOf(objectOf(tool)?.function)?.name ?? objectOf(tool)?.name));
}

function openAiAnswer(given: Answer, dialect: Dialect, body: JsonObject): ScriptedAnswer {
  const names = toolNames(body);
  const chunks = [...sequence(given, dialect.isMixed)].map(({ call, piece, text }) => {
    const one = given.calls[call] as Call;
    return openai.call(dialect.fragment(call, one, piece, text, names[one.tool] ?? ''));
  });
  return { events: [openai.chunk({ role: 'assistant', content: 'So: ' }), ...chunks, ...openai.end('tool_calls')] };
}

function claudeAnswer(given: Answer, body: JsonObject): ScriptedAnswer {
  const names = toolNames(body);
  const blocks = given.calls.map(({ tool, id: one }, index) => claude.tool(index + 1, one, names[tool] ?? ''));
  const pieces = [...sequence(given, true)].map(({ call, text }) => claude.input(call + 1, text));
  const stops = given.calls.map((_, index) => claude.stop(index + 1)).reverse();
  const said = [claude.text(0), claude.say(0, 'So: ')];
  return { events: [claude.start(), ...said, ...blocks, ...pieces, claude.stop(0), ...stops, ...claude.end()] };
}

async function ask(client: 'openai' | 'anthropic', model: string, { tools }: Answer): Promise<SeenAnswer> {
  const parameters = { type: 'object', properties: {} };
  const asked =
    client === 'openai'
      ? tools.map((tool) => ({ type: 'function', function: { name: tool, parameters } }))
      : tools.map((tool) => ({ name: tool, input_schema: parameters }));
  const { status, text } = await world.ask(client, { model, tools: asked, stream: true });
  assert.equal(status, 200, text);
  return client === 'openai' ? readOpenAi(text) : readAnthropic(text);
}

/** What must hold. */
function assertCalls(seen: SeenAnswer, given: Answer): void {
  assert.equal(seen.isBroken, false);
  assert.equal(seen.text, 'So: ');
  const expected = given.calls.map(({ tool, pieces }) => [given.tools[tool], pieces.join('')]);
  const got = seen.calls.map((call) => [call.name, call.arguments]);
  const inOrder = (calls: (string | undefined)[][]): string[] => calls.map((call) => JSON.stringify(call)).sort();
  assert.deepEqual(inOrder(got), inOrder(expected));
  assert.equal(new Set(seen.calls.map((call) => call.id)).size, given.calls.length);
  assert.ok(seen.calls.every((call) => call.id !== ''));
}

const withOtherNames = (given: Answer): Answer => ({
  ...given,
  calls: given.calls.filter(({ tool }, index) => given.calls.findIndex((call) => call.tool === tool) === index),
});

const RUNS = { numRuns: 25 };

describe('tool calls of a server of OpenAI’s format', { timeout: 120_000 }, () => {
  for (const dialect of DIALECTS) {
    it(`with ${dialect.title} reach both clients whole`, async () => {
      await fc.assert(
        fc.asyncProperty(answer, fc.constantFrom('openai', 'anthropic'), async (any, client) => {
          const given = dialect.hasOtherNames === true ? withOtherNames(any) : any;
          world.upstream.answer = ({ body }) => openAiAnswer(given, dialect, body);
          assertCalls(await ask(client, 'ollama/x', given), given);
        }),
        RUNS,
      );
    });
  }
});

describe('tool calls of Claude', { timeout: 120_000 }, () => {
  it('in blocks that overlap reach both clients whole', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.constantFrom('openai', 'anthropic'), async (given, client) => {
        world.upstream.answer = ({ body }) => claudeAnswer(given, body);
        assertCalls(await ask(client, 'anthropic/claude-sonnet-4-5', given), given);
      }),
      RUNS,
    );
  });

  it('reach both clients whole if the first deployment fails, before or at the beginning of its stream', async () => {
    const failing = fc.constantFrom<ScriptedAnswer>(
      { json: { error: { message: 'down' } }, status: 500 },
      { events: [openai.chunk({ role: 'assistant', content: '' })], isCut: true },
      { events: [{ error: { message: 'overloaded' } }] },
    );
    await fc.assert(
      fc.asyncProperty(answer, failing, fc.constantFrom('openai', 'anthropic'), async (given, failure, client) => {
        world.upstream.answer = () => failure;
        world.spare.answer = ({ body }) => claudeAnswer(given, body);
        assertCalls(await ask(client, 'falls/ollama', given), given);
      }),
      RUNS,
    );
  });
});
