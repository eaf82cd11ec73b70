/** What the semantic cache costs, whom, and what happens if it cannot embed. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { JsonObject } from '../../../../src/core/json.ts';
import { type CachedGateway, chat } from '../cached-gateway.ts';
import { axis, type Embedder, startEmbedder } from './embedder.ts';
import { startSemantic } from './gateway.ts';

let embedder: Embedder;
let cached: CachedGateway;
beforeEach(async () => {
  embedder = await startEmbedder();
  embedder.vectorOf = () => axis(0);
});
afterEach(async () => {
  await cached.gateway.close();
  await embedder.close();
});

const ONE = 'What is the capital of France?';
const SAME = 'Please tell me what the capital of France is.';

async function rows(): Promise<JsonObject[]> {
  const day = new Date().toISOString().slice(0, 10);
  const query = `start_date=${day}&end_date=${day}&summarize=false`;
  return (await (await cached.gateway.get(`/spend/logs?${query}`)).json()) as JsonObject[];
}

async function untilRows(count: number): Promise<JsonObject[]> {
  for (let round = 0; round < 100; round += 1) {
    const found = await rows();
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('the ledger lacks rows');
}

describe('the books of the semantic cache', { timeout: 120_000 }, () => {
  it('have embeddings on the account of the platform, and what they cost is less saved', async () => {
    cached = await startSemantic(embedder);
    await cached.ask(chat(ONE));
    await cached.ask(chat(SAME));
    const all = await untilRows(4);
    const embeddings = all.filter(({ call_type: type }) => type === 'aembedding');
    assert.equal(embeddings.length, 2);
    for (const row of embeddings) {
      assert.equal(row.api_key, 'sluice-platform');
      assert.ok(Number(row.spend) > 0);
      assert.ok(Number((row.sluice as JsonObject).saved) < 0, JSON.stringify(row.sluice));
    }
    const hit = all.find(({ cache_hit: is }) => is === 'True');
    assert.equal(hit?.spend, 0);
    assert.ok(Number((hit?.sluice as JsonObject | undefined)?.saved) > 0);
  });

  for (const failure of [{ status: 500 }, 'garbage', 'hang'] as const) {
    it(`go on without a cache where the model answers with ${JSON.stringify(failure)}, and leave it alone after some failures`, async () => {
      cached = await startSemantic(embedder, { embedding_timeout: 0.2 });
      embedder.failure = failure;
      for (let round = 0; round < 6; round += 1) {
        const { status } = await cached.ask(chat(`What is the capital of number ${round}?`));
        assert.equal(status, 200);
      }
      assert.ok(embedder.asked.length >= 3 && embedder.asked.length <= 4, `${embedder.asked.length} asked`);
      const metrics = await (await cached.gateway.get('/metrics')).text();
      assert.match(metrics, /^sluice_semantic_cache_unembedded_total 6$/m);
    });
  }

  it('bound what a scope may have embedded', async () => {
    cached = await startSemantic(embedder, { embedding_rpm: 3 });
    for (let round = 0; round < 6; round += 1) await cached.ask(chat(`What is the capital of country ${round}?`));
    assert.equal(embedder.asked.length, 3);
    await cached.ask(chat(ONE), { key: 'key-of-b' });
    assert.equal(embedder.asked.length, 4, 'another scope has its own');
  });

  it('go on where the model group does not exist', async () => {
    cached = await startSemantic(embedder, { embedding_model: 'nothing' });
    assert.equal((await cached.ask(chat(ONE))).status, 200);
    assert.equal((await cached.ask(chat(SAME))).isHit, false);
  });
});

describe('shadow mode', { timeout: 120_000 }, () => {
  it('serves the answers of the provider, and reports what would have been served, without a text', async () => {
    cached = await startSemantic(embedder, { mode: 'shadow' });
    const { ask, gateway } = cached;
    await ask(chat(ONE));
    assert.equal((await ask(chat(SAME))).isHit, false);
    await ask(chat('What is the capital of Spain?'));
    assert.equal(cached.calls(), 3);
    const response = await gateway.get('/cache/semantic/report');
    const text = await response.text();
    const report = JSON.parse(text) as JsonObject & { thresholds: JsonObject[] };
    assert.equal(report.mode, 'shadow');
    assert.equal(report.lookups, 3);
    assert.deepEqual(report.refused_by, { names: 1 });
    const row = report.thresholds.find(({ threshold }) => threshold === 0.9);
    assert.equal(row?.hits, 1);
    assert.equal((row?.refused_by_guards as JsonObject | undefined)?.hits, 1);
    assert.ok(Number(row?.saving) > 0);
    assert.doesNotMatch(text, /capital|France|Spain/);
    const denied = await gateway.get('/cache/semantic/report', { authorization: 'Bearer key-of-a' });
    assert.equal(denied.status, 403);
  });

  it('says that it is off where it is', async () => {
    cached = await startSemantic(embedder, { mode: 'off' });
    assert.equal((await cached.gateway.get('/cache/semantic/report')).status, 404);
    await cached.ask(chat(ONE));
    assert.deepEqual(embedder.asked, []);
  });
});
