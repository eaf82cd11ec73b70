/**
 * `npm run bench -- answer-cache`: what a cached answer costs beside a relayed one of the same size, through the front door: the CPU
 * time of the gateway's process. A miss is looked for, asked for and kept again each time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadGenerator, startScript } from './load-generator.ts';
import { cpuNanoseconds } from './process-cost.ts';
import { ANSWER_TOKENS, chatRequest, modelName } from './scenarios.ts';
import { startSluice } from './targets/sluice.ts';
import { freePort, stopProcess, type Target } from './targets/target.ts';

const CONNECTIONS = 32;
const SLICE_MS = 500;
const WARM_UP_MS = 2_000;
const ENOUGH = 1_000_000;
/** A hit may cost so much of a relayed request. */
const GOAL = 0.5;
const CACHE = 'cache: true\n  cache_params: { type: local, ttl: 3600 }';

const ROWS = [300, 20_000, 200_000].flatMap((bytes) => [
  { name: `whole, ${bytes / 1_000} kB`, bytes, stream: false },
  { name: `stream, ${bytes / 1_000} kB`, bytes, stream: true },
]);

/** Measures all rows and prints them; an exit code of 1 if a hit costs more than it may. */
export async function printAnswerCache(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const upstreamPort = await freePort();
    const upstream = await startScript('upstream.ts', String(upstreamPort));
    stops.push(() => stopProcess(upstream));
    const load = await LoadGenerator.start();
    stops.push(() => load.stop());
    const setting = { upstreamPort, isProfiled: false, against: undefined };
    const off = await startSluice({ ...setting, folder: join(folder, 'off') });
    stops.push(off.stop);
    const on = await startSluice({ ...setting, folder: join(folder, 'on'), litellmSettings: CACHE });
    stops.push(on.stop);
    process.stdout.write('CPU of the gateway per request, µs          cache off      hit     miss   hit / off\n');
    for (const { name, bytes, stream } of ROWS) {
      const body = chatRequest(modelName(ANSWER_TOKENS), stream, bytes);
      const fresh = `${body.slice(0, -1)},"cache":{"no-cache":true}}`;
      const measured = await measure(rounds, [
        (maxMs) => microsecondsOf(off, load, body, maxMs),
        (maxMs) => microsecondsOf(on, load, body, maxMs),
        (maxMs) => microsecondsOf(on, load, fresh, maxMs),
      ]);
      const ratio = median(measured.map(([relayed = 1, hit = 0]) => hit / relayed));
      const columns = [0, 1, 2].map((column) =>
        median(measured.map((round) => round[column] ?? 0))
          .toFixed(1)
          .padStart(9),
      );
      const verdict = ratio <= GOAL ? '' : '  MISSED';
      if (ratio > GOAL) process.exitCode = 1;
      process.stdout.write(`${name.padEnd(42)}${columns.join('')}${ratio.toFixed(2).padStart(10)}${verdict}\n`);
    }
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Rounds in which each is measured in turn, after a first one that warms up. */
async function measure(rounds: number, each: readonly ((maxMs: number) => Promise<number>)[]): Promise<number[][]> {
  for (const one of each) await one(WARM_UP_MS);
  const measured: number[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const values: number[] = [];
    for (const one of each) values.push(await one(SLICE_MS));
    measured.push(values);
  }
  return measured;
}

async function microsecondsOf(target: Target, load: LoadGenerator, body: string, maxMs: number): Promise<number> {
  const { port, path, headers } = target.route('relay', false);
  const { pid } = target;
  if (pid === undefined) throw new Error('the gateway has no process');
  const before = cpuNanoseconds(pid);
  const job = { port, path, headers, body, connections: CONNECTIONS, maxRequests: ENOUGH, maxMs };
  const result = await load.perform(job);
  if (result.failures > 0) throw new Error(`${result.failures} requests failed: ${result.failure}`);
  return (cpuNanoseconds(pid) - before) / 1_000 / result.requests;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
