/** Vectors are kept by their inputs: of a batch only those are asked for that are missing. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import type { JsonObject } from '../../../src/core/json.ts';
import { type Asked, type CachedGateway, deployment, startCached } from './cached-gateway.ts';

let cached: CachedGateway;
afterEach(() => cached.gateway.close());

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: unknown }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

const embed = (input: unknown, more: JsonObject = {}, key = 'key-of-a'): Promise<Asked> =>
  cached.ask({ model: 'text-embedding-3-small', input, ...more } as JsonObject, { path: '/v1/embeddings', key });
const answerOf = ({ text }: Asked): Answer => JSON.parse(text) as Answer;
const askedFor = (): unknown =>
  (JSON.parse(cached.gateway.simulator.requests.at(-1)?.rawBody.toString() ?? '{}') as JsonObject).input;

describe('cached vectors', { timeout: 60_000 }, () => {
  it('are joined with those that are missing, in the order that was asked for', async () => {
    cached = await startCached();
    const [one, three] = [answerOf(await embed('one')), answerOf(await embed(['three']))];
    const joined = await embed(['zero', 'one', 'two', 'three', 'one']);
    assert.deepEqual([joined.status, joined.isHit, askedFor()], [200, false, ['zero', 'two']]);
    const { data, model } = answerOf(joined);
    assert.deepEqual(
      data.map(({ index }) => index),
      [0, 1, 2, 3, 4],
    );
    assert.equal(model, 'text-embedding-3-small');
    assert.deepEqual(
      [data[1]?.embedding, data[3]?.embedding, data[4]?.embedding],
      [one.data[0]?.embedding, three.data[0]?.embedding, one.data[0]?.embedding],
    );
    await cached.gateway.close();
    cached = await startCached();
    const fresh = answerOf(await embed(['zero', 'one', 'two', 'three', 'one'], { cache: { 'no-cache': true } }));
    assert.deepEqual(fresh.data, data, 'as if all had been asked for');
  });

  it('cost nothing if all are there, and a batch costs what was missing', async () => {
    cached = await startCached();
    const first = await embed(['one', 'two words', 'and three words']);
    const again = await embed(['and three words', 'one']);
    assert.deepEqual([again.isHit, again.headers.get('x-litellm-response-cost'), cached.calls()], [true, '0', 1]);
    const whole = await embed(['one', 'two words', 'and three words']);
    assert.equal(whole.isHit, true);
    assert.deepEqual(answerOf(whole).usage, answerOf(first).usage, 'the tokens of all, as the provider counted them');
    assert.equal(whole.text, first.text);
    const part = await embed(['one', 'something quite different from all that was asked before']);
    const alone = await embed('something quite different from all that was asked before', {
      cache: { 'no-cache': true },
    });
    assert.equal(part.headers.get('x-litellm-response-cost'), alone.headers.get('x-litellm-response-cost'));
    assert.ok(answerOf(part).usage.prompt_tokens > answerOf(alone).usage.prompt_tokens);
  });

  it('book what the cached part of a batch would have cost as saved', async () => {
    cached = await startCached({
      models: [deployment('text-embedding-3-small', 'openai/text-embedding-3-small', { input_cost_per_token: 0.001 })],
    });
    const first = await embed(['one', 'two words and many more of them']);
    const rowOf = async ({ headers }: Asked): Promise<JsonObject> => {
      for (let round = 0; round < 100; round += 1) {
        const answer = await cached.gateway.get(`/spend/logs?request_id=${headers.get('x-litellm-call-id')}`);
        const [row] = (await answer.json()) as JsonObject[];
        if (row !== undefined) return row;
        await wait(20);
      }
      throw new Error('no row');
    };
    const part = await embed(['two words and many more of them', 'something new', 'one']);
    const row = await rowOf(part);
    const usage = answerOf(part).usage.prompt_tokens;
    const known = answerOf(first).usage.prompt_tokens;
    assert.equal(row.spend, (usage - known) / 1_000);
    const summary = await cached.gateway.get('/spend/summary?group_by=model');
    const { total } = (await summary.json()) as { total: { cost: string; saved: string } };
    assert.equal(Number(total.saved), known / 1_000);
    assert.equal(Number(total.cost), usage / 1_000);
  });

  it('have their handles in the header also if they were missing, up to eight', async () => {
    cached = await startCached();
    const miss = await embed(['one', 'two']);
    const hit = await embed(['one', 'two']);
    assert.deepEqual([miss.isHit, hit.isHit], [false, true]);
    assert.equal(miss.headers.get('x-litellm-cache-key'), hit.headers.get('x-litellm-cache-key'));
    const many = await embed(Array.from({ length: 20 }, (_, index) => `text ${index}`));
    assert.equal(many.headers.get('x-litellm-cache-key')?.split(',').length, 8);
  });

  it('differ by whatever changes them, and stay in their scope', async () => {
    cached = await startCached();
    await embed(['one', 'two']);
    for (const [input, more, key] of [
      ['one', { dimensions: 8 }, undefined],
      ['one', { encoding_format: 'base64' }, undefined],
      ['one ', {}, undefined],
      [[1, 2], {}, undefined],
      ['one', {}, 'key-of-b'],
    ] as const)
      assert.equal((await embed(input, more, key)).isHit, false, JSON.stringify([input, more, key]));
    assert.equal((await embed([1, 2])).isHit, true, 'a list of tokens is one input');
    assert.equal((await embed([[1, 2]])).isHit, true);
    assert.equal((await embed('one', { user: 'somebody' })).isHit, true);
  });

  it('are what the SDK reads, in base64 too', async () => {
    cached = await startCached();
    const openai = new OpenAI({ apiKey: 'key-of-a', baseURL: `${cached.gateway.url}/v1`, maxRetries: 0 });
    const ask = (input: string[]) => openai.embeddings.create({ model: 'text-embedding-3-small', input });
    const [all, part] = [await ask(['one', 'two']), await ask(['two', 'three'])];
    assert.deepEqual([...(part.data[0]?.embedding ?? [])], [...(all.data[1]?.embedding ?? [1])]);
    assert.ok((part.data[1]?.embedding.length ?? 0) > 8);
  });

  it('are asked for again, and not joined, where the request wants that; a long list is kept as one answer', async () => {
    cached = await startCached();
    await embed(['one', 'two']);
    await embed(['one', 'three'], { cache: { 'no-cache': true } });
    assert.deepEqual(askedFor(), ['one', 'three']);
    await embed(['four'], { cache: { 'no-store': true } });
    assert.equal((await embed(['four'])).isHit, false);
    const many = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    const small = { dimensions: 8 };
    await embed(many, small);
    assert.equal((await embed(many, small)).isHit, true);
    assert.equal((await embed(many.slice(0, 100), small)).isHit, false);
  });

  it('of a provider that fails are not joined', async () => {
    cached = await startCached();
    const fail = (input: unknown) =>
      cached.ask({ model: 'sim/text-embedding-3-small+fault-500', input } as JsonObject, { path: '/v1/embeddings' });
    assert.ok((await fail(['one'])).status >= 500);
    await embed(['one']);
    assert.ok((await fail(['one', 'two'])).status >= 500);
  });
});
