/** A stream in Gemini's format that breaks goes on elsewhere, for Google's package and for clients that get one growing array. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError, type Candidate, type GenerateContentConfig, GoogleGenAI } from '@google/genai';
import type { JsonObject } from '../../src/core/json.ts';
import { ALONE, deployment, inWorld, type Setup, SIXTY, type World } from './world.ts';

const ANTHROPIC = 'anthropic/claude-sonnet-4-5';
const GEMINI = 'gemini/gemini-2.5-pro';
/** The models of the first and of the second part: the first is relayed or translated. */
const WAYS: readonly (readonly [string, string])[] = [
  [GEMINI, 'gemini/gemini-2.5-flash'],
  [GEMINI, ANTHROPIC],
  [ANTHROPIC, 'openai/gpt-4o'],
  ['openai/gpt-4o', GEMINI],
];

const between = (first: string, second: string, faults: Record<string, string>): Setup => ({
  deployments: [deployment('chat', 'west', first), deployment('backup', 'east', second)],
  fallbacks: [{ chat: ['backup'] }],
  faults,
});

/** An event of the stream, as both clients have it. */
interface Event {
  readonly candidates?: readonly Candidate[];
  readonly usageMetadata?: { readonly candidatesTokenCount?: number; readonly promptTokenCount?: number };
  readonly modelVersion?: string;
  readonly responseId?: string;
  readonly error?: { readonly status?: string; readonly message?: string };
}

type Listen = (world: World, config?: GenerateContentConfig) => Promise<Event[]>;

const googleOf = ({ gateway }: World): GoogleGenAI =>
  new GoogleGenAI({ apiKey: gateway.masterKey, httpOptions: { baseUrl: gateway.url } });

/** By server-sent events, as Google's package asks for them. */
async function bySse(world: World, config: GenerateContentConfig = {}): Promise<Event[]> {
  const events: Event[] = [];
  const contents = `Say: ${SIXTY}`;
  const stream = await googleOf(world).models.generateContentStream({ model: 'chat', contents, config });
  for await (const event of stream) events.push(event);
  return events;
}

/** As one array, which is what the endpoint gives without `alt=sse`. */
async function byArray({ gateway }: World, config: GenerateContentConfig = {}): Promise<Event[]> {
  const answer = await gateway.post(
    '/v1beta/models/chat:streamGenerateContent',
    { contents: [{ role: 'user', parts: [{ text: `Say: ${SIXTY}` }] }], generationConfig: config },
    { 'x-goog-api-key': gateway.masterKey },
  );
  assert.equal(answer.status, 200);
  return (await answer.json()) as Event[];
}

const HEARD: Readonly<Record<string, Listen>> = { 'Google’s package': bySse, 'a client that gets an array': byArray };

/** One id, one name, thoughts before words, one reason to stop, at the end, and usage of the whole. */
function assertOneAnswer(events: readonly Event[]): void {
  let text = '';
  let hasWords = false;
  for (const [index, event] of events.entries()) {
    const [candidate, ...more] = event.candidates ?? [];
    assert.deepEqual(more, []);
    assert.equal(candidate?.index ?? 0, 0);
    assert.equal(candidate?.finishReason, index === events.length - 1 ? 'STOP' : undefined, `event ${index}`);
    assert.ok((candidate?.content?.parts ?? []).length > 0, `event ${index} has no part`);
    for (const part of candidate?.content?.parts ?? []) {
      if (part.thought === true) assert.ok(!hasWords, 'a thought comes after words');
      else text += part.text ?? '';
      hasWords ||= part.thought !== true && part.text !== '';
    }
  }
  assert.equal(text, SIXTY);
  assert.deepEqual([...new Set(events.map(({ modelVersion }) => modelVersion))], ['chat']);
  assert.equal(new Set(events.map(({ responseId }) => responseId)).size, 1, 'one answer has one id');
  const { candidatesTokenCount = 0, promptTokenCount = 0 } = events.at(-1)?.usageMetadata ?? {};
  assert.ok(candidatesTokenCount >= 50 && promptTokenCount > 0, `${candidatesTokenCount}, ${promptTokenCount}`);
}

describe('a broken stream in Gemini’s format', { concurrency: 2, timeout: 60_000 }, () => {
  for (const [first, second] of WAYS) {
    for (const [client, listen] of Object.entries(HEARD)) {
      for (const fault of ['s08', 's08+starts-over']) {
        const [west = '', east] = fault.split('+');
        const faults = { west, ...(east !== undefined && { east }) };
        it(`of ${first} goes on at ${second}, ${east ?? 'which continues'}, for ${client}`, () =>
          inWorld(between(first, second, faults), async (world) => {
            assertOneAnswer(await listen(world));
            assert.ok(world.way().includes('east'));
          }));
      }

      const thoughtful = [first, second].map((model) => model.replace('gpt-4o', 'gpt-5')) as [string, string];
      it(`of ${thoughtful[0]} with thoughts goes on at ${thoughtful[1]} for ${client}`, () =>
        inWorld(between(...thoughtful, { west: 's08' }), async (world) => {
          assertOneAnswer(await listen(world, { thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 } }));
          assert.ok(world.way().includes('east'));
        }));
    }

    it(`of ${first} is a turn of a chat that goes on`, () =>
      inWorld(between(first, second, { west: 's08-once' }), async (world) => {
        const chat = googleOf(world).chats.create({ model: 'chat' });
        for await (const _ of await chat.sendMessageStream({ message: `Say: ${SIXTY}` }));
        let text = '';
        for await (const event of await chat.sendMessageStream({ message: 'Say: good night' }))
          text += event.text ?? '';
        assert.equal(text, 'good night');
        const { body } = world.attempts().at(-1)?.request ?? {};
        assert.match(JSON.stringify(body), /w0 w1 w2.*w59/, 'the provider gets the whole first turn');
      }));
  }

  it('without a fallback ends with an error for both clients', () =>
    inWorld({ ...ALONE, router: { num_retries: 0 }, faults: { west: 's08' } }, async (world) => {
      await assert.rejects(
        bySse(world),
        (error) => error instanceof ApiError && /UNAVAILABLE|INTERNAL/.test(error.message),
      );
      const events = await byArray(world);
      assert.match(events.at(-1)?.error?.status ?? '', /UNAVAILABLE|INTERNAL/);
      assert.ok(events.every(({ candidates }) => candidates?.[0]?.finishReason === undefined));
    }));

  it('of several candidates ends with an error', () =>
    inWorld(between(GEMINI, ANTHROPIC, { west: 's08' }), async (world) => {
      const more: JsonObject = { candidateCount: 2 };
      const events = await byArray(world, more);
      assert.notEqual(events.at(-1)?.error, undefined);
    }));
});
