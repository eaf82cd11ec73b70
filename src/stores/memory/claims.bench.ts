/**
 * How long a claim and its settlement take in memory: four accounts with two budgets, two request limits, a token limit
 * and a limit of requests under way, with few and with many keys. By hand: `node src/stores/memory/claims.bench.ts`.
 * Prints the median of several rounds, in nanoseconds per request.
 */
import { systemClock } from '../../core/clock.ts';
import type { ClaimAccount, ClaimAmounts, Claims, MoneyLimit } from '../contracts/claims.ts';
import { MemoryClaims } from './claims.ts';

const PLENTY = 1_000_000_000_000_000_000_000n;
const ENOUGH = 1_000_000_000_000;

const amounts: ClaimAmounts = { inputTokens: 900, outputTokens: 300, hold: 7_200_000_000n, exposure: 3_000_000_000n };

const budget = (window: string): MoneyLimit => ({ max: PLENTY, window, startsAtMs: 0, debt: 1_000_000_000_000n });

/** What one request touches: its key, the key's user and team, and the key at the model. */
function accountsOf(number: number): readonly ClaimAccount[] {
  return [
    { id: `key:${number}`, money: [budget('30d@0')], requestsPerMinute: ENOUGH, parallelRequests: ENOUGH },
    { id: `user:${number % 1_000}`, money: [budget('ever')] },
    { id: `team:${number % 100}`, money: [], tokensPerMinute: ENOUGH },
    { id: `key:${number}/model:m`, money: [], requestsPerMinute: ENOUGH },
  ];
}

function medianNanoseconds(run: (index: number) => void, perRound: number): number {
  const times = Array.from({ length: 9 }, () => {
    const startedMs = performance.now();
    for (let index = 0; index < perRound; index += 1) run(index);
    return ((performance.now() - startedMs) * 1e6) / perRound;
  });
  return Math.round(times.sort((left, right) => left - right)[4] ?? 0);
}

function request(claims: Claims, id: string, accounts: readonly ClaimAccount[]): void {
  const outcome = claims.claim({ id, nowMs: 1_000, accounts, amounts });
  if (outcome instanceof Promise || outcome.kind === 'refused') throw new Error('it should have been granted at once');
  claims.settle({ id, nowMs: 1_500, cost: 6_543_210_000n, inputTokens: 900, outputTokens: 250, charges: [] });
}

function measure(keys: number): number {
  const claims = new MemoryClaims({ clock: systemClock, seed: () => 0n });
  const all = Array.from({ length: keys }, (_, number) => accountsOf(number));
  // A thousand others are under way meanwhile.
  for (let index = 0; index < 1_000; index += 1) {
    claims.claim({ id: `open-${index}`, nowMs: 1_000, accounts: all[index % keys] ?? [], amounts });
  }
  let step = 0;
  return medianNanoseconds(() => {
    step += 1;
    // A prime step walks through all keys without an order that caches would like.
    request(claims, `request-${step}`, all[(step * 7_919) % keys] ?? []);
  }, 100_000);
}

process.stdout.write(`claim + settle, 4 accounts, 1 key:        ${measure(1)} ns\n`);
process.stdout.write(`claim + settle, 4 accounts, 100,000 keys: ${measure(100_000)} ns\n`);
