/**
 * `npm run bench -- claims`: what it costs to keep count: claims in memory and through Redis, the journal, and a request of a key
 * with budgets and limits beside one of a key without, through the front door.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadGenerator, startScript } from './load-generator.ts';
import { cpuNanoseconds } from './process-cost.ts';
import { ANSWER_TOKENS, chatRequest, modelName } from './scenarios.ts';
import { LIMITED_KEY, startSluice } from './targets/sluice.ts';
import { freePort, ROOT_FOLDER, stopProcess, type Target } from './targets/target.ts';

const CONNECTIONS = 32;
const SLICE_MS = 500;
/** Of each key, before anything counts: until then the engine still compiles. */
const WARM_UP_MS = 3_000;
const ENOUGH = 1_000_000;

/** Each prints its own lines; each runs alone, so that none finds the engine as another left it. */
const PARTS: readonly { readonly name: string; readonly script: string }[] = [
  { name: 'Claims in memory', script: 'src/stores/memory/claims.bench.ts' },
  { name: 'Claims through Redis', script: 'src/stores/redis/claims.bench.ts' },
  { name: 'Journal', script: 'src/stores/journal/journal.bench.ts' },
];

/** Measures all of them and prints what they cost. An exit code of 1 where the front door does not answer. */
export async function printClaims(rounds: number): Promise<void> {
  for (const { name, script } of PARTS) {
    process.stdout.write(`\n${name}\n`);
    const child = spawn(process.execPath, [join(ROOT_FOLDER, script)], { stdio: ['ignore', 'inherit', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (piece: Buffer) => {
      complaint = (complaint + piece.toString()).slice(0, 10_000);
    });
    const [code] = await once(child, 'close');
    const reason = complaint.split('\n').find((line) => /\bError: /.test(line));
    if (code !== 0) process.stdout.write(`skipped: ${reason?.trim() ?? `exit code ${code}`}\n`);
  }
  process.stdout.write('\nA relayed request, CPU of the gateway\n');
  await printFrontDoor(rounds);
}

async function printFrontDoor(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const upstreamPort = await freePort();
    const upstream = await startScript('upstream.ts', String(upstreamPort));
    stops.push(() => stopProcess(upstream));
    const load = await LoadGenerator.start();
    stops.push(() => load.stop());
    const target = await startSluice({ upstreamPort, folder, isProfiled: false, against: undefined });
    stops.push(target.stop);
    const plainKey = target.route('relay', false).headers;
    const limitedKey = { authorization: `Bearer ${LIMITED_KEY}` };
    await microsecondsOf(target, load, plainKey, WARM_UP_MS);
    await microsecondsOf(target, load, limitedKey, WARM_UP_MS);
    const plain: number[] = [];
    const limited: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const withoutLimits = await microsecondsOf(target, load, plainKey, SLICE_MS);
      const withLimits = await microsecondsOf(target, load, limitedKey, SLICE_MS);
      plain.push(withoutLimits);
      limited.push(withLimits);
      ratios.push(withLimits / withoutLimits);
    }
    const [least = 0] = ratios.toSorted((left, right) => left - right);
    const spread = `${least.toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    process.stdout.write(`a key without limits                ${median(plain).toFixed(1)} µs\n`);
    process.stdout.write(`a key with budgets and limits       ${median(limited).toFixed(1)} µs\n`);
    process.stdout.write(`ratio, round by round               ${median(ratios).toFixed(2)} (${spread})\n`);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function microsecondsOf(
  target: Target,
  load: LoadGenerator,
  headers: Readonly<Record<string, string>>,
  maxMs: number,
): Promise<number> {
  const { port, path, model } = target.route('relay', false);
  const body = chatRequest(model(modelName(ANSWER_TOKENS)), false, 300);
  const { pid } = target;
  if (pid === undefined) throw new Error('the gateway has no process');
  const before = cpuNanoseconds(pid);
  const result = await load.perform({
    port,
    path,
    headers,
    body,
    connections: CONNECTIONS,
    maxRequests: ENOUGH,
    maxMs,
  });
  if (result.failures > 0) throw new Error(`${result.failures} requests failed: ${result.failure}`);
  return (cpuNanoseconds(pid) - before) / 1_000 / result.requests;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
