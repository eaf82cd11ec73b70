/** Runs one target on many inputs, and says which input breaks a property. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** An input that breaks a property. */
export interface FuzzFailure {
  readonly input: Buffer;
  readonly error: unknown;
}

/** What a run did. */
export interface FuzzResult {
  readonly inputs: number;
  readonly failure: FuzzFailure | undefined;
}

/** A call that takes this long hangs. Generous, because the machine may be busy. */
const HANGS_AFTER_MS = 5_000;
/** CPU of one input of at most 64 KiB. */
const MOST_CPU_MS = 1_500;
const MOST_MINIMISING_RUNS = 2_000;
const SMALL_BYTES = 4_096;
const GROWTH = 8;
/** Linear work grows by 8, quadratic by 64; between them is room for noise. */
const MOST_GROWTH = 28;
/** Less is too little to be compared. */
const LEAST_MEASURED_MS = 8;

const CORPUS = join(import.meta.dirname, 'corpus');
const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
/** The time limit of a script ends an endless loop of whatever it calls. */
const GUARDED = new Script('call()');
const CONTEXT: { call?: () => unknown } = createContext({});
const membersOfPrototypes = (): string => PROTOTYPES.map((one) => Reflect.ownKeys(one).length).join();

/** Inputs that broke a property once, and are tried first for ever. */
export function corpusOf({ name }: FuzzTarget): readonly Buffer[] {
  const folder = join(CORPUS, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file)));
}

/** Stores a failing input in the corpus; returns its path. */
export function storeInCorpus({ name }: FuzzTarget, input: Buffer): string {
  const folder = join(CORPUS, name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16));
  writeFileSync(path, input);
  return path;
}

/** Tries mutated inputs until this much CPU time is used, or one fails; a failing input comes back minimised. */
export async function fuzz(target: FuzzTarget, seed: number, cpuMs: number): Promise<FuzzResult> {
  const random = new Random(seed);
  const seeds = [...target.seeds.map((text) => Buffer.from(text)), ...corpusOf(target)];
  const startedAt = cpuNowMs();
  const endsAt = startedAt + cpuMs;
  for (const input of seeds) {
    const error = await errorOf(target, input);
    if (error !== undefined) return { inputs: 1, failure: { input, error } };
  }
  let inputs = seeds.length;
  while (cpuNowMs() < endsAt) {
    const input = mutated(random, seeds, target.words);
    inputs += 1;
    const error = await errorOf(target, input);
    if (error !== undefined) return { inputs, failure: await minimised(target, { input, error }) };
    if (inputs % 64 !== 0) continue;
    const slow = await slowInput(target, random, seeds);
    if (slow !== undefined) return { inputs, failure: slow };
  }
  return { inputs, failure: undefined };
}

/** What is wrong with an input: a broken property, a hang, too much time, or a change of a prototype that all objects share. */
export async function errorOf(target: FuzzTarget, input: Buffer): Promise<unknown> {
  const before = membersOfPrototypes();
  const beganAt = cpuNowMs();
  try {
    CONTEXT.call = () => target.run(Buffer.from(input));
    const promise = GUARDED.runInContext(CONTEXT, { timeout: HANGS_AFTER_MS }) as Promise<void> | undefined;
    if (promise !== undefined) await promise;
  } catch (error) {
    return error ?? new Error('threw undefined');
  }
  if (membersOfPrototypes() !== before) return new Error('a prototype of all objects has another number of members');
  const tookMs = cpuNowMs() - beganAt;
  return tookMs > MOST_CPU_MS ? new Error(`one input took ${Math.round(tookMs)} ms of CPU`) : undefined;
}

/** An input whose time grows faster than its length: a piece of a seed repeated to 4 KiB, and to 32 KiB. */
async function slowInput(
  target: FuzzTarget,
  random: Random,
  seeds: readonly Buffer[],
): Promise<FuzzFailure | undefined> {
  const seed = random.of(seeds);
  const at = random.below(seed.length);
  const to = at + 1 + random.below(random.oneIn(2) ? 4 : 40);
  const word =
    random.oneIn(3) && target.words.length > 0 ? Buffer.from(random.of(target.words)) : seed.subarray(at, to);
  if (word.length === 0) return undefined;
  const repeated = (bytes: number): Buffer => {
    const count = Math.ceil(bytes / word.length);
    return Buffer.concat([seed.subarray(0, at), Buffer.alloc(count * word.length, word), seed.subarray(to)]);
  };
  const input = repeated(SMALL_BYTES * GROWTH);
  // Three times, because other work on the machine slows single runs.
  for (let attempt = 0; ; attempt += 1) {
    const [smallMs, largeMs] = [await cpuOf(target, repeated(SMALL_BYTES)), await cpuOf(target, input)];
    if (largeMs < LEAST_MEASURED_MS || largeMs < MOST_GROWTH * Math.max(smallMs, 0.25)) return undefined;
    if (attempt < 4) continue;
    const error = new Error(`4 KiB took ${smallMs.toFixed(1)} ms of CPU, eight times as much ${largeMs.toFixed(1)} ms`);
    return { input, error };
  }
}

async function cpuOf(target: FuzzTarget, input: Buffer): Promise<number> {
  const beganAt = cpuNowMs();
  await errorOf(target, input);
  return cpuNowMs() - beganAt;
}

/** A shorter input with the same kind of error: pieces are cut out as long as the error stays. */
async function minimised(target: FuzzTarget, failure: FuzzFailure): Promise<FuzzFailure> {
  // Minimising what takes long would take too long.
  if (!(failure.error instanceof Error) || isTimeout(failure.error)) return failure;
  let best = failure;
  const kind = kindOf(failure.error);
  let runs = 0;
  for (let piece = best.input.length; piece >= 1; piece >>= 1) {
    for (let at = 0; at < best.input.length; ) {
      runs += 1;
      if (runs > MOST_MINIMISING_RUNS) return best;
      const input = Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + piece)]);
      const error = await errorOf(target, input);
      if (error !== undefined && kindOf(error) === kind) best = { input, error };
      else at += piece;
    }
  }
  return best;
}

const isTimeout = ({ message }: Error): boolean => /ms of CPU|timed out/.test(message);

/** The place that an error was thrown at, or its name. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack?.split('\n').find((line) => line.includes('    at ')) ?? error.name;
}

function cpuNowMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
