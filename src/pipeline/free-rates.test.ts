import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claims } from '../stores/contracts/claims.ts';
import type { Identity } from '../tenancy/identity.ts';
import { FreeRates } from './free-rates.ts';

const KEY = { keyHash: 'k', isAdmin: false } as Identity;
const MINUTE_MS = 60_000;

/** What several instances share: one counter, for which each has to wait. */
class Store implements Pick<Claims, 'isUp' | 'grantFree'> {
  isUp = true;
  asked = 0;
  #used = 0;

  async grantFree(_counter: string, { count, limit }: Parameters<Claims['grantFree']>[1]) {
    this.asked += 1;
    await new Promise(setImmediate);
    if (!this.isUp) return undefined;
    const granted = Math.max(0, Math.min(count, limit - this.#used));
    this.#used += granted;
    return { count: granted, endsInMs: MINUTE_MS };
  }

  nextMinute(): void {
    this.#used = 0;
  }
}

/** How many of these requests are served. */
async function served(rates: readonly FreeRates[], requests: number, limit: number, nowMs = 0): Promise<number> {
  const outcomes = Array.from({ length: requests }, async (_, index) => {
    await rates[index % rates.length]?.take('facts', KEY, limit, nowMs);
  });
  return (await Promise.allSettled(outcomes)).filter(({ status }) => status === 'fulfilled').length;
}

test('instances that share a store serve the number together, and few requests wait for it', async () => {
  const store = new Store();
  const rates = Array.from({ length: 4 }, () => new FreeRates(store));
  assert.equal(await served(rates, 4_000, 600), 600);
  assert.ok(store.asked <= 20 + 4, `asked ${store.asked} times`);
  const before = store.asked;
  assert.equal(await served(rates, 4_000, 600, 30_000), 0);
  assert.equal(store.asked, before, 'what is refused asks no store');
  store.nextMinute();
  assert.equal(await served(rates, 4_000, 600, MINUTE_MS), 600);
});

test('one instance may have all of it, and what another has not used is less than a twentieth', async () => {
  const store = new Store();
  const [one, other] = [new FreeRates(store), new FreeRates(store)];
  assert.equal(await served([other], 1, 600), 1);
  assert.equal(await served([one], 1_000, 600), 570);
  assert.equal(await served([other], 1_000, 600), 29);
});

test('small numbers, and none, are exact', async () => {
  for (const limit of [0, 1, 3, 19]) {
    assert.equal(await served([new FreeRates(new Store())], 50, limit), limit);
  }
});

test('while the store is unavailable, each counts alone, also in the middle of a minute', async () => {
  const store = new Store();
  const rates = new FreeRates(store);
  assert.equal(await served([rates], 100, 600), 100);
  store.isUp = false;
  assert.equal(await served([rates], 1_000, 600), 500);
  assert.equal(await served([new FreeRates(store)], 1_000, 600), 600);
});
