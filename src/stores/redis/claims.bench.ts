/**
 * What a claim costs over Redis: microseconds in sequence (one round trip each) and in parallel, and inside Redis
 * itself.
 */
import { startTestRedis } from '../../../test/support/redis.ts';
import { ever, TestInstance, TestLedger } from '../../../test/support/shared-claims.ts';
import type { ClaimAccount } from '../contracts/claims.ts';

const CLAIMS = 5_000;
const IN_PARALLEL = 32;

const redis = await startTestRedis();
const instance = new TestInstance(redis.port, new TestLedger());
await instance.becomes(true);
const accounts: readonly ClaimAccount[] = ['key:k', 'team:t', 'organization:o'].map((id) => ({
  id,
  money: [ever(10n ** 18n)],
  requestsPerMinute: 10_000_000,
  tokensPerMinute: 1_000_000_000,
  parallelRequests: 100_000,
}));

const say = (line: string): void => void process.stdout.write(`${line}\n`);

let number = 0;
async function claimAndSettle(): Promise<void> {
  number += 1;
  const id = `bench${number}`;
  await instance.claim(id, accounts, 1_000n);
  await instance.claims.settle({ id, nowMs: Date.now(), cost: 900n, inputTokens: 1, outputTokens: 1, charges: [] });
}

async function pingMicroseconds(): Promise<number> {
  const sinceMs = performance.now();
  for (let index = 0; index < 1_000; index += 1) await instance.claims.read('nobody', []);
  return ((performance.now() - sinceMs) * 1_000) / 1_000;
}

async function insideRedis(): Promise<string> {
  const stats = await redis.command('INFO', 'commandstats');
  const found = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(stats);
  return found === null ? 'unknown' : (Number(found[2]) / Number(found[1])).toFixed(1);
}

async function commandsSeen(): Promise<number> {
  const stats = await redis.command('INFO', 'stats');
  return Number(/total_commands_processed:(\d+)/.exec(stats)?.[1] ?? Number.NaN);
}

for (let index = 0; index < 500; index += 1) await claimAndSettle();
const emptyUs = await pingMicroseconds();
await redis.command('CONFIG', 'RESETSTAT');
const commandsBefore = await commandsSeen();
const sinceMs = performance.now();
for (let index = 0; index < CLAIMS; index += 1) await claimAndSettle();
const inSequenceUs = ((performance.now() - sinceMs) * 1_000) / CLAIMS;
const commandsPerClaim = ((await commandsSeen()) - commandsBefore) / CLAIMS;
const lanesSinceMs = performance.now();
await Promise.all(
  Array.from({ length: IN_PARALLEL }, async () => {
    for (let index = 0; index < CLAIMS / IN_PARALLEL; index += 1) await claimAndSettle();
  }),
);
const inParallelUs = ((performance.now() - lanesSinceMs) * 1_000) / CLAIMS;
say(`an empty script                                 ${emptyUs.toFixed(0)} µs`);
say(`claim and settle on three accounts, in sequence ${inSequenceUs.toFixed(0)} µs (two round trips)`);
say(`claim and settle, ${IN_PARALLEL} in parallel               ${inParallelUs.toFixed(0)} µs`);
say(`commands, with those that scripts give           ${commandsPerClaim.toFixed(1)} for a claim and its settlement`);
say(`a script inside Redis, on average               ${await insideRedis()} µs`);
await instance.close();
await redis.close();
