import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Routable } from '../model-groups.ts';
import { DeploymentStats } from '../stats.ts';
import { STRATEGY_NAMES, strategyNamed } from './index.ts';
import type { StrategyContext, TokenPrices } from './strategy.ts';

type Limits = { readonly weight?: number; readonly rpm?: number; readonly tpm?: number };
const deployment = (id: string, limits: Limits = {}): Routable => ({ id, group: 'g', model: id, ...limits });
const [a, b, c] = [deployment('a'), deployment('b'), deployment('c')] as const;

function seeded(seed = 7): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function scene(prices: Readonly<Record<string, TokenPrices>> = {}, stream = false) {
  const time = { nowMs: 1_000_000 };
  const stats = new DeploymentStats({ nowMs: () => 0, monotonicMs: () => time.nowMs });
  const context: StrategyContext = {
    stats,
    stream,
    random: seeded(),
    priceOf: ({ id }) => prices[id],
    needs: { stream, tags: [] },
  };
  const order = (name: string, candidates: readonly Routable[], args = {}) => {
    const strategy = strategyNamed(name, args);
    assert.ok(strategy);
    return strategy(candidates, context);
  };
  const ids = (name: string, candidates: readonly Routable[], args = {}) =>
    order(name, candidates, args)
      .order.map(({ id }) => id)
      .join('');
  const answered = (id: string, durationMs: number, tokens: readonly [number, number, number] = [0, 0, 0]) => {
    const [inputTokens, outputTokens, cachedTokens] = tokens;
    stats.started(id);
    stats.ended(id, { durationMs, inputTokens, outputTokens, cachedTokens, failed: false, isStream: false });
  };
  const firsts = (name: string, candidates: readonly Routable[], rounds: number, args = {}) => {
    const counts: Record<string, number> = {};
    for (let round = 0; round < rounds; round += 1) {
      const first = ids(name, candidates, args)[0] ?? '';
      counts[first] = (counts[first] ?? 0) + 1;
    }
    return counts;
  };
  return { time, stats, order, ids, answered, firsts };
}

test('every name LiteLLM knows selects a strategy that keeps all deployments, and no other name does', () => {
  const { ids } = scene();
  for (const name of STRATEGY_NAMES) {
    assert.deepEqual([...ids(name, [a, b, c])].sort(), ['a', 'b', 'c'], name);
    assert.equal(ids(name, [a]), 'a');
  }
  assert.equal(strategyNamed('fastest'), undefined);
  assert.equal(strategyNamed('constructor'), undefined);
});

test('equal deployments share the first place under every strategy', () => {
  for (const name of STRATEGY_NAMES) {
    const counts = scene().firsts(name, [a, b, c], 3_000);
    for (const id of ['a', 'b', 'c']) assert.ok(Math.abs((counts[id] ?? 0) - 1_000) < 150, `${name}: ${counts[id]}`);
  }
});

test('least-busy takes the one with the fewest requests under way', () => {
  const { stats, ids, order } = scene();
  for (const id of ['a', 'a', 'b']) stats.started(id);
  assert.equal(ids('least-busy', [a, b, c]), 'cba');
  assert.equal(order('least-busy', [a, b, c]).why(a), '2 under way');
});

test('latency: an unmeasured deployment is tried, by one request at a time', () => {
  const { stats, ids, answered } = scene();
  answered('a', 100);
  answered('b', 300);
  assert.equal(ids('latency-based-routing', [a, b, c])[0], 'c');
  stats.started('c');
  assert.notEqual(ids('latency-based-routing', [a, b, c])[0], 'c');
});

test('latency: of two drawn at random the faster stands first, and the slowest never', () => {
  const { order, firsts, answered } = scene();
  answered('a', 100);
  answered('b', 300);
  answered('c', 900);
  const counts = firsts('latency-based-routing', [c, b, a], 3_000);
  assert.equal(counts.c, undefined);
  assert.ok(Math.abs((counts.a ?? 0) - 2_000) < 150, `${counts.a}`);
  assert.equal(order('latency-based-routing', [a, b, c]).why(b), 'latency 0.30 s');
});

test('latency: requests under way make a deployment slower', () => {
  const { stats, ids, answered } = scene();
  answered('a', 100);
  answered('b', 300);
  for (let index = 0; index < 5; index += 1) stats.started('a');
  assert.equal(ids('latency-based-routing', [a, b]), 'ba');
});

test('latency: streams go by time to first token', () => {
  const { stats, ids, order } = scene({}, true);
  for (const [id, firstTokenMs, durationMs] of [
    ['a', 900, 1_000],
    ['b', 200, 60_000],
  ] as const) {
    stats.started(id);
    stats.firstByte(id, firstTokenMs);
    stats.ended(id, { durationMs, failed: false, isStream: true });
  }
  assert.equal(ids('latency-based-routing', [a, b]), 'ba');
  assert.equal(order('latency-based-routing', [a, b]).why(b), 'time to first token 0.20 s');
});

test('latency: within lowest_latency_buffer deployments are equally fast, and after ttl they are unmeasured', () => {
  const { time, firsts, ids, answered } = scene();
  answered('a', 100);
  answered('b', 120);
  answered('c', 200);
  const counts = firsts('latency-based-routing', [a, b, c], 2_000, { lowest_latency_buffer: 0.5 });
  assert.ok(Math.abs((counts.a ?? 0) - 1_000) < 120 && counts.c === undefined);
  time.nowMs += 5_000;
  answered('a', 100);
  time.nowMs += 6_000;
  assert.notEqual(ids('latency-based-routing', [a, b, c], { ttl: 10 })[0], 'a');
});

test('cost: cheapest by list price until something is measured, unpriced last', () => {
  const price = (input: number, output: number) => ({
    inputPerToken: input,
    cachedPerToken: input,
    outputPerToken: output,
  });
  const { ids, order } = scene({ a: price(5_000_000, 5_000_000), b: price(1_000_000, 2_000_000) });
  assert.equal(ids('cost-based-routing', [c, a, b]), 'bac');
  assert.equal(order('cost-based-routing', [a, b, c]).why(c), 'no price known');
  assert.equal(order('cost-based-routing', [a, b, c]).why(b), 'costs $0.00000300 per input and output token');
});

test('cost: measured cache hits and the real token mix decide, not the list price', () => {
  const { ids, answered, order } = scene({
    a: { inputPerToken: 2_000_000, cachedPerToken: 200_000, outputPerToken: 4_000_000 },
    b: { inputPerToken: 1_000_000, cachedPerToken: 1_000_000, outputPerToken: 4_000_000 },
  });
  assert.equal(ids('cost-based-routing', [a, b]), 'ba');
  for (let index = 0; index < 20; index += 1) answered('a', 100, [10_000, 100, 9_000]);
  assert.equal(ids('cost-based-routing', [a, b]), 'ab');
  assert.equal(order('cost-based-routing', [a, b]).why(a), 'costs $0.00420 per typical request, 90 % cached');
});

test('cost: what looks dear in sum is cheap for requests that are mostly prompt', () => {
  const { ids, answered } = scene({
    a: { inputPerToken: 1, cachedPerToken: 1, outputPerToken: 20 },
    b: { inputPerToken: 4, cachedPerToken: 4, outputPerToken: 8 },
  });
  assert.equal(ids('cost-based-routing', [a, b]), 'ba');
  for (let index = 0; index < 5; index += 1) answered('b', 100, [1_000, 50, 0]);
  assert.equal(ids('cost-based-routing', [a, b]), 'ab');
});

test('usage: the most room below the limits comes first, as a share of each limit', () => {
  const big = deployment('a', { rpm: 100 });
  const small = deployment('b', { rpm: 10, tpm: 1_000 });
  const { ids, answered, order } = scene();
  for (let index = 0; index < 20; index += 1) answered('a', 10);
  answered('b', 10);
  assert.equal(ids('usage-based-routing-v2', [big, small]), 'ba');
  answered('b', 10, [300, 100, 0]);
  assert.equal(ids('usage-based-routing', [big, small]), 'ab');
  assert.equal(order('usage-based-routing', [big, small]).why(small), '60 % of its rpm and tpm left');
});

test('usage: without limits the fewest tokens come first, those at a limit last', () => {
  const limited = deployment('c', { rpm: 1 });
  const { ids, answered, stats } = scene();
  answered('a', 10, [500, 0, 0]);
  answered('b', 10, [300, 0, 0]);
  answered('c', 10);
  assert.equal(ids('usage-based-routing', [a, b, limited]), 'bac');
  stats.started('b');
  assert.equal(ids('usage-based-routing', [a, b]), 'ab');
});

test('latency and cost put a deployment at its rpm limit last', () => {
  const limited = deployment('a', { rpm: 1 });
  const { ids, answered, order } = scene({ a: { inputPerToken: 0, cachedPerToken: 0, outputPerToken: 0 } });
  answered('a', 1);
  answered('b', 100);
  assert.equal(ids('latency-based-routing', [limited, b]), 'ba');
  assert.equal(ids('cost-based-routing', [limited, b]), 'ba');
  assert.equal(order('cost-based-routing', [limited, b]).why(limited), 'at its rpm or tpm limit');
});
