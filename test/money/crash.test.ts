import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatUsd } from '../../src/core/money.ts';
import { type CrashOptions, crash } from './crash.ts';

const ROUNDS = Number(process.env.SLUICE_CRASH_ROUNDS ?? 5);
const ROUND_MS = 15_000;

const VARIANTS: readonly Pick<CrashOptions, 'stores' | 'mode'>[] = [
  { stores: 'sqlite', mode: 'strict' },
  { stores: 'redis-and-postgres', mode: 'strict' },
];

const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

for (const { stores, mode } of VARIANTS) {
  test(`${stores}, ${mode}: a gateway that is killed again and again books what was billed, each request once`, {
    timeout: 60_000 + ROUNDS * ROUND_MS,
  }, async (context) => {
    const result = await crash({
      ending: context,
      stores,
      mode,
      rounds: ROUNDS,
      ...(process.env.SLUICE_CRASH_ROUNDS !== undefined && { say }),
    });
    assert.deepEqual(result.wrong.slice(0, 20), []);
    assert.ok(result.whole > 0 && result.orphans > 0, 'it was killed under load');
    assert.ok(result.booked >= result.billed);
    process.stdout.write(
      `  ${stores}, ${mode}: ${ROUNDS} kills, ${result.requests} requests, ${result.whole} whole at the client, ${result.orphans} orphans, ` +
        `billed ${formatUsd(result.billed)}, booked ${formatUsd(result.booked)} USD\n`,
    );
  });
}
