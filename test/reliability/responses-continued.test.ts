/** A stream of the Responses API that breaks goes on elsewhere, so that strict clients take both parts for one answer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';
import type OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import { openaiJudges } from '../golden/openai-chat/openai-schema.ts';
import { ALONE, deployment, inWorld, type Setup, SIXTY, type World } from './world.ts';

type Event = OpenAI.Responses.ResponseStreamEvent;

const judges = openaiJudges(['ResponseStreamEvent']);
const ANTHROPIC = 'anthropic/claude-sonnet-4-5';
/** The models of the first and of the second part: the first is relayed or translated. */
const WAYS: readonly (readonly [string, string])[] = [
  ['openai/gpt-4o', 'openai/gpt-4.1'],
  ['openai/gpt-4o', ANTHROPIC],
  [ANTHROPIC, 'openai/gpt-4o'],
  [ANTHROPIC, 'gemini/gemini-2.5-pro'],
];

const between = (first: string, second: string, faults: Record<string, string>): Setup => ({
  deployments: [deployment('chat', 'west', first), deployment('backup', 'east', second)],
  fallbacks: [{ chat: ['backup'] }],
  faults,
});

interface Heard {
  readonly events: readonly Event[];
  readonly final: OpenAI.Responses.Response;
}

async function hear({ openai }: World, more: JsonObject = {}): Promise<Heard> {
  const events: Event[] = [];
  const stream = openai.responses.stream({ model: 'chat', input: `Say: ${SIXTY}`, store: false, ...more });
  for await (const event of stream) events.push(event);
  return { events, final: await stream.finalResponse() };
}

/** Every item is opened once, filled under its own id, and closed; numbers have no gap; the last event repeats all of it. */
function assertOneAnswer({ events, final }: Heard): void {
  const open = new Map<number, string | undefined>();
  let text = '';
  for (const [index, event] of events.entries()) {
    assert.equal(event.sequence_number, index, event.type);
    const schemaSays = judges?.ResponseStreamEvent(
      JSON.parse(JSON.stringify(event).replaceAll(/"(?:user|usage)":null,/g, '')),
    );
    assert.equal(schemaSays, undefined, JSON.stringify(event));
    if (event.type === 'response.output_item.added') {
      assert.ok(!open.has(event.output_index), `item ${event.output_index} is opened twice`);
      open.set(event.output_index, event.item.id);
    }
    if ('item_id' in event && 'output_index' in event) assert.equal(event.item_id, open.get(event.output_index));
    if (event.type === 'response.output_item.done') assert.equal(event.item.id, open.get(event.output_index));
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  const last = events.at(-1);
  assert.equal(last?.type, 'response.completed');
  assert.equal(text, SIXTY);
  assert.equal(final.output_text, SIXTY);
  const created = events.find((event) => event.type === 'response.created');
  assert.equal(created?.response.id, final.id);
  assert.deepEqual(
    final.output.map((item) => item.id),
    [...open.values()],
  );
  assert.ok((final.usage?.output_tokens ?? 0) >= 50 && (final.usage?.input_tokens ?? 0) > 0);
}

describe('a broken stream of the Responses API', { concurrency: 2, timeout: 60_000 }, () => {
  for (const [first, second] of WAYS) {
    for (const fault of ['s08', 's08+starts-over']) {
      const [west = '', east] = fault.split('+');
      const faults = { west, ...(east !== undefined && { east }) };
      it(`of ${first} goes on at ${second}, ${east ?? 'which continues'}, for openai’s stream helper`, () =>
        inWorld(between(first, second, faults), async (world) => {
          assertOneAnswer(await hear(world));
          assert.ok(world.way().includes('east'));
        }));
    }

    it(`of ${first} goes on at ${second} for the AI SDK`, () =>
      inWorld(between(first, second, { west: 's08' }), async ({ gateway, way }) => {
        Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
        const model = createOpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` })('chat');
        const errors: unknown[] = [];
        const streamed = streamText({
          model,
          prompt: `Say: ${SIXTY}`,
          maxRetries: 0,
          onError: ({ error }) => void errors.push(error),
        });
        const kinds: string[] = [];
        for await (const part of streamed.fullStream) kinds.push(part.type);
        assert.deepEqual(errors, []);
        assert.equal(await streamed.text, SIXTY);
        assert.equal(await streamed.finishReason, 'stop');
        assert.equal(kinds.filter((kind) => kind === 'text-start').length, 1);
        assert.equal(kinds.filter((kind) => kind === 'text-end').length, 1);
        assert.ok(way().includes('east'));
      }));

    it(`of ${first} with thoughts goes on at ${second}`, () =>
      inWorld(between(first === ANTHROPIC ? first : 'openai/gpt-5', second, { west: 's08' }), async (world) => {
        const heard = await hear(world, {
          reasoning: { effort: 'low', summary: 'auto' },
          include: ['reasoning.encrypted_content'],
        });
        assertOneAnswer(heard);
      }));
  }

  it('without a fallback ends with an error for both clients', () =>
    inWorld({ ...ALONE, router: { num_retries: 0 }, faults: { west: 's08' } }, async (world) => {
      await assert.rejects(hear(world), { name: 'Error', message: /./ });
    }));
});
