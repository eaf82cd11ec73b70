import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PromptChain } from '../../core/prompt-chain.ts';
import { chooseCut } from './choose-cut.ts';
import { ReuseForecast } from './reuse-forecast.ts';

const TERMS = { writePremium: 0.25, readSaving: 0.9, leastTokens: 1_024 };
const LIFE_MS = 300_000;

/** A prompt of steps of 512 tokens: a head that is shared, and what is its own. */
function prompt(...keys: string[]): PromptChain {
  return { keys, tokens: keys.map((_, index) => 512 * (index + 1)) };
}

/** A forecast that gives nothing the benefit of the doubt any more. */
function withoutDoubt(): ReuseForecast {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
  for (let index = 0; index < 4; index += 1) forecast.observe('g', prompt(...steps(`doubt${index}-`, 2)), 0);
  return forecast;
}

const steps = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);

test('of traffic that never comes back four prompts have the benefit of the doubt, and no other is written', () => {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
  for (let index = 0; index < 5_000; index += 1) {
    const chain = prompt(...steps(`${index}-`, 4 + (index % 30)));
    const cut = chooseCut(chain, forecast.observe('g', chain, index * 1_000), TERMS, 0);
    assert.equal(cut.steps, index < 4 ? chain.keys.length : 0);
  }
});

test('a head below the least length that all prompts share is not written for its own sake', () => {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
  for (let index = 0; index < 3_000; index += 1) {
    const chain = prompt('head', ...steps(`${index}-`, 8));
    assert.equal(chooseCut(chain, forecast.observe('g', chain, index * 1_000), TERMS, 0).steps, index < 4 ? 9 : 0);
  }
});

test('a long head that other prompts share is written at its second sight, and only the head', () => {
  const forecast = withoutDoubt();
  const head = steps('head', 10);
  const first = prompt(...head, ...steps('a', 40));
  assert.equal(chooseCut(first, forecast.observe('g', first, 0), TERMS, 0).steps, 0);
  const second = prompt(...head, ...steps('b', 40));
  const cut = chooseCut(second, forecast.observe('g', second, 60_000), TERMS, 0);
  assert.deepEqual([cut.steps, cut.tokens, cut.writtenTokens], [10, 5_120, 5_120]);
  assert.ok(cut.gain > 0);
});

test('what a deployment holds is read, and costs no premium again', () => {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
  const head = steps('head', 10);
  for (let index = 0; index < 3; index += 1) forecast.observe('g', prompt(...head, `${index}`), index * 1_000);
  const chain = prompt(...head, 'new');
  const cut = chooseCut(chain, forecast.observe('g', chain, 4_000), TERMS, 10);
  assert.ok(cut.steps >= 10);
  assert.equal(cut.writtenTokens, cut.tokens - 5_120);
});

test("an agent's turns are marked to their end once its like was seen to go on, and no longer once it stops", () => {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
  let atMs = 0;
  let marked = 0;
  let turns = 0;
  for (let session = 0; session < 40; session += 1) {
    const keys = steps('system', 6);
    for (let turn = 0; turn < 12; turn += 1) {
      keys.push(...steps(`${session}.${turn}-`, 1));
      const chain = prompt(...keys);
      const cut = chooseCut(chain, forecast.observe('g', chain, atMs), TERMS, turn === 0 ? 6 : keys.length - 1);
      if (session >= 20 && turn > 0) {
        turns += 1;
        if (cut.steps === keys.length) marked += 1;
      }
      atMs += 20_000;
    }
  }
  assert.ok(marked / turns > 0.9, `${marked} of ${turns}`);
  for (let index = 0; index < 1_500; index += 1) {
    const start = steps(`once${index}-`, 8);
    forecast.observe('g', prompt(...start), atMs);
    forecast.observe('g', prompt(...start, ...steps(`then${index}-`, 1)), atMs + 20_000);
    atMs += 30_000;
  }
  const last = prompt(...steps('last', 8));
  forecast.observe('g', last, atMs);
  const chain = prompt(...last.keys.map(String), 'end');
  assert.ok(chooseCut(chain, forecast.observe('g', chain, atMs + 20_000), TERMS, 8).steps <= 8);
});

test('a dearer write needs better chances', () => {
  const chain = prompt(...steps('a', 8));
  const prospect = { chances: chain.keys.map(() => 0.5), known: 8, kinship: 'turn', idleMs: 1 } as const;
  assert.equal(chooseCut(chain, prospect, TERMS, 0).steps, 8);
  assert.equal(chooseCut(chain, prospect, { ...TERMS, writePremium: 1 }, 0).steps, 0);
  assert.equal(chooseCut(chain, prospect, { ...TERMS, writePremium: 0 }, 0).steps, 8);
  assert.equal(chooseCut(chain, prospect, { ...TERMS, leastTokens: 4_097 }, 0).steps, 0);
});

test('pools learn apart', () => {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
  let atMs = 0;
  for (let index = 0; index < 400; index += 1) {
    const chain = prompt(...steps(`${index}-`, 8));
    forecast.observe('again', chain, atMs);
    forecast.observe('again', chain, atMs + 1_000);
    atMs += 2_000;
  }
  const chain = prompt(...steps('x', 8));
  const chanceIn = (pool: string) => forecast.observe(pool, chain, atMs + LIFE_MS).chances[0] ?? 0;
  assert.ok(chanceIn('again') > 0.28);
  assert.equal(withoutDoubt().observe('g', chain, 0).chances[0], 0.1);
});

test('a million prefixes of one client leave the memory bounded', () => {
  const forecast = new ReuseForecast({ lifeMs: LIFE_MS, prefixes: 1_000 });
  for (let index = 0; index < 62_500; index += 1) {
    forecast.observe(`pool ${index}`, prompt(...steps(`${index}-`, 16)), index);
    const { prefixes, guesses } = forecast.size;
    assert.ok(prefixes <= 1_000 && guesses <= 1_001, `${prefixes}, ${guesses}`);
  }
});

test('the same prompts at the same times give the same chances', () => {
  const run = () => {
    const forecast = new ReuseForecast({ lifeMs: LIFE_MS });
    return Array.from({ length: 500 }, (_, index) => {
      const chain = prompt(...steps(`${index % 37}-`, 3 + (index % 5)), `${index}`);
      return forecast.observe('g', chain, index * 7_919).chances;
    });
  };
  assert.deepEqual(run(), run());
});
