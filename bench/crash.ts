/** `npm run bench -- crash --rounds N`: gateways that are killed under load, and whether their books are right afterwards. */
import { formatUsd } from '../src/core/money.ts';
import { type CrashOptions, crash } from '../test/money/crash.ts';

const VARIANTS: readonly Pick<CrashOptions, 'stores' | 'mode'>[] = [
  { stores: 'sqlite', mode: 'strict' },
  { stores: 'redis-and-postgres', mode: 'strict' },
  { stores: 'sqlite', mode: 'learned' },
  { stores: 'redis-and-postgres', mode: 'learned' },
];

/** Kills each variant so many times and prints a table; an exit code of 1 where anything is wrong. */
export async function printCrash(rounds: number): Promise<void> {
  const head = [
    `kill -9 in ${rounds} rounds, 24 clients`,
    '',
    '| stores, mode | requests | whole at the client | orphans | billed | booked | orphans booked below the bill | wrong |',
    '|---|---|---|---|---|---|---|---|',
  ];
  process.stdout.write(`${head.join('\n')}\n`);
  for (const { stores, mode } of VARIANTS) {
    const ends: (() => unknown)[] = [];
    const say = (line: string): void => void process.stderr.write(`${stores}, ${mode}: ${line}\n`);
    try {
      const ending = { after: (end?: unknown) => void (typeof end === 'function' && ends.push(() => end())) };
      const result = await crash({ ending, stores, mode, rounds, say });
      const { requests, whole, orphans, billed, booked, short, wrong } = result;
      const counts = [requests, whole, orphans, formatUsd(billed), formatUsd(booked), short, wrong.length];
      process.stdout.write(`| ${stores}, ${mode} | ${counts.join(' | ')} |\n`);
      if (wrong.length > 0) {
        process.exitCode = 1;
        process.stderr.write(`${wrong.join('\n')}\n`);
      }
    } finally {
      for (const end of ends.reverse()) await end();
    }
  }
}
