/**
 * `npm run bench -- memory`: what the built package holds when idle, after small requests and with open streams, and whether its live
 * heap grows in a mixed run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MeasuredGateway } from './memory-load.ts';

const MEBIBYTE = 1_048_576;
/** The garbage of the start is collected after two seconds, and V8 gives its pages back after eight more. */
const IDLE_AFTER_MS = 15_000;
const STREAMS = 2_000;
const PROMPT_BYTES = 8_192;
const AT_ONCE = 50;
const MIXED_BATCH = 500;
const PROBE_EVERY_MS = 10_000;
const RESTS_WITHIN_MS = 30_000;
/** A heap that shrinks by less within a second is at rest. */
const RESTING_BYTES = 262_144;
/** The first part of a mixed run fills caches. */
const WARM_UP = 0.2;

/** One measure of a mixed run. */
interface Point {
  readonly atMs: number;
  readonly bytes: number;
}

/** How much a line that is fitted to points rises from the first to the last, in MB. */
function fittedRiseMb(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 3) return Number.NaN;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanAt = mean(points.map(({ atMs }) => atMs));
  const meanBytes = mean(points.map(({ bytes }) => bytes));
  let [products, squares] = [0, 0];
  for (const { atMs, bytes } of points) {
    products += (atMs - meanAt) * (bytes - meanBytes);
    squares += (atMs - meanAt) ** 2;
  }
  return ((products / squares) * (last.atMs - first.atMs)) / MEBIBYTE;
}

/** Prints the table; `minutes` is how long the mixed run takes. */
export async function printMemory(requests: number, minutes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-memory-'));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const gateway = await MeasuredGateway.start({ after: (end) => void ends.push(end) }, folder);
    await wait(IDLE_AFTER_MS);
    print('| | resident, MB | |\n|---|---|---|');
    print(`| idle | ${mb(await gateway.residentMb())} | |`);
    await smallRequests(gateway, requests);
    await openStreams(gateway);
    await mixedRun(gateway, minutes);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function smallRequests(gateway: MeasuredGateway, requests: number): Promise<void> {
  let sent = 0;
  for (const share of [0.05, 0.25, 0.5, 0.75, 1]) {
    const count = Math.round(requests * share) - sent;
    const startedMs = performance.now();
    await gateway.small(count);
    sent += count;
    const rate = Math.round(count / ((performance.now() - startedMs) / 1_000));
    print(`| after ${sent} small requests | ${mb(await gateway.residentMb())} | ${rate} a second |`);
  }
  const { heapUsed } = await gateway.alive();
  print(
    `| the same, garbage collected | ${mb(await gateway.residentMb())} | live heap ${mb(heapUsed / MEBIBYTE)} MB |`,
  );
}

async function openStreams(gateway: MeasuredGateway): Promise<void> {
  const agent = new Agent({ maxSockets: STREAMS });
  for (let open = 0; open < STREAMS; open += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while ((await gateway.hold(agent, PROMPT_BYTES)) !== 'begun') await wait(1_000);
      }),
    );
  }
  print(`| ${gateway.held.size} open streams | ${mb(await gateway.residentMb())} | |`);
  for (const stream of gateway.held) stream.end('data: [DONE]\n\n');
  gateway.held.clear();
  agent.destroy();
}

/** What is alive once the work that waits for the database is done: it is not lost memory, and how much it is hangs on the machine. */
async function atRest(gateway: MeasuredGateway): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (const untilMs = performance.now() + RESTS_WITHIN_MS; performance.now() < untilMs; await wait(1_000)) {
    const { heapUsed, external } = await gateway.alive();
    if (heapUsed + external > last - RESTING_BYTES) return heapUsed + external;
    last = heapUsed + external;
  }
  return last;
}

async function mixedRun(gateway: MeasuredGateway, minutes: number): Promise<void> {
  const points: Point[] = [];
  const startedMs = performance.now();
  const totalMs = minutes * 60_000;
  let sent = 0;
  let probedMs = 0;
  while (performance.now() - startedMs < totalMs) {
    await gateway.mixed(MIXED_BATCH);
    sent += MIXED_BATCH;
    if (performance.now() - probedMs < PROBE_EVERY_MS) continue;
    probedMs = performance.now();
    points.push({ atMs: probedMs - startedMs, bytes: await atRest(gateway) });
  }
  const steady = points.filter(({ atMs }) => atMs >= totalMs * WARM_UP);
  const [first, last] = [steady[0], steady.at(-1)];
  const ends = `${mb((first?.bytes ?? 0) / MEBIBYTE)} → ${mb((last?.bytes ?? 0) / MEBIBYTE)} MB`;
  const rise = fittedRiseMb(steady);
  print(`| mixed for ${minutes} minutes, ${sent} requests | ${mb(await gateway.residentMb())} | live heap ${ends} |`);
  print(
    `\nA line fitted to the live heap of the last ${Math.round((1 - WARM_UP) * 100)} % of the mixed run (${steady.length} collections) rises by ${rise.toFixed(2)} MB.`,
  );
}

const mb = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
