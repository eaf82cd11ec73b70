/**
 * Learns the weights of `src/features/compression/prose` from `../shared/data/compression`, says how well they do on what they were not
 * learnt from, and writes them. `node bench/compression/train.ts`, two minutes.
 */
import { writeFileSync } from 'node:fs';
import { blocksOf } from '../../src/features/compression/prose/blocks.ts';
import { FEATURES, passageFeatures } from '../../src/features/compression/prose/passage-features.ts';
import { readQuestion } from '../../src/features/compression/prose/question.ts';
import { talkFeatures } from '../../src/features/compression/prose/talk-features.ts';
import { Vocabulary } from '../../src/features/compression/prose/words.ts';
import { meetings, searchRows, searchSets } from './sets.ts';

/** Rows of features, and which of them are right. */
interface Example {
  /** Examples of one group are learnt from together. */
  readonly group: number;
  readonly rows: Float32Array;
  readonly isRight: Uint8Array;
}

type Gradient = (scores: Float64Array, isRight: Uint8Array) => Float64Array;

const FOLDS = 4;
const ROUNDS = 120;
const LEAST_FOUND = 8;
const LEVELS = 12;

/** One of the right sentences has to have the largest part of the softmax. */
const oneOfThem: Gradient = (scores, isRight) => {
  const most = scores.reduce((best, score) => Math.max(best, score), Number.NEGATIVE_INFINITY);
  const parts = scores.map((score) => Math.exp(score - most));
  let all = 0;
  let right = 0;
  parts.forEach((part, row) => {
    all += part;
    if (isRight[row] === 1) right += part;
  });
  return parts.map((part, row) => part / all - (isRight[row] === 1 ? part / right : 0));
};

/** All right turns have to score more than all others; both sides count the same. */
const eachOfThem: Gradient = (scores, isRight) => {
  const right = isRight.reduce((sum, is) => sum + is, 0);
  return scores.map((score, row) => {
    const is = isRight[row] as number;
    return ((1 / (1 + Math.exp(-score)) - is) * 0.5) / (is === 1 ? right : isRight.length - right);
  });
};

function scoresOf({ rows }: Example, weights: Float64Array): Float64Array {
  const size = weights.length;
  return Float64Array.from({ length: rows.length / size }, (_, row) => {
    let sum = 0;
    for (let at = 0; at < size; at += 1) sum += (weights[at] as number) * (rows[row * size + at] as number);
    return sum;
  });
}

function learn(examples: readonly Example[], size: number, gradientOf: Gradient, rate: number): Float64Array {
  const weights = new Float64Array(size);
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const sum = new Float64Array(size);
    for (const example of examples) {
      gradientOf(scoresOf(example, weights), example.isRight).forEach((of, row) => {
        for (let at = 0; at < size; at += 1)
          sum[at] = (sum[at] as number) + of * (example.rows[row * size + at] as number);
      });
    }
    for (let at = 0; at < size; at += 1) {
      const gradient = (sum[at] as number) / examples.length + 3e-4 * (weights[at] as number);
      mean[at] = 0.9 * (mean[at] as number) + 0.1 * gradient;
      square[at] = 0.99 * (square[at] as number) + 0.01 * gradient * gradient;
      const step = (mean[at] as number) / (1 - 0.9 ** round);
      weights[at] =
        (weights[at] as number) - (rate * step) / (Math.sqrt((square[at] as number) / (1 - 0.99 ** round)) + 1e-8);
    }
  }
  return weights;
}

/** The part of what is right that stands among the first, on examples that were not learnt from. */
function tested(examples: readonly Example[], size: number, gradientOf: Gradient, rate: number): number {
  let sum = 0;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const weights = learn(
      examples.filter(({ group }) => group % FOLDS !== fold),
      size,
      gradientOf,
      rate,
    );
    for (const example of examples) {
      if (example.group % FOLDS !== fold) continue;
      const scores = scoresOf(example, weights);
      const order = [...scores.keys()].sort((one, other) => (scores[other] as number) - (scores[one] as number));
      const first = order.slice(0, Math.ceil(order.length / 10));
      const right = example.isRight.reduce((all, is) => all + is, 0);
      const found = first.reduce((all, row) => all + (example.isRight[row] as number), 0);
      sum += gradientOf === oneOfThem ? Math.min(1, found) : found / right;
    }
  }
  return sum / examples.length;
}

/** Passages with titles, without, and with them in the line: what is learnt has to do for all. */
function passageExamples(rows: NonNullable<ReturnType<typeof searchRows>>): readonly Example[] {
  const titled = searchSets(rows);
  const untitled = searchSets(rows.map((row) => ({ ...row, title: '' })));
  const layouts = [
    { sets: titled, write: (title: string, passage: string) => `${title}\n${passage}` },
    { sets: untitled, write: (_: string, passage: string) => passage },
    {
      sets: titled,
      write: (title: string, passage: string, at: number) => `Document [${at}](Title: ${title}) ${passage}`,
    },
  ];
  return rows.flatMap(({ question, answers }, gold) =>
    layouts
      .map(({ sets, write }) => {
        const vocabulary = new Vocabulary();
        const set = sets[gold] as readonly number[];
        const texts = set.map((row, at) => write(rows[row]?.title ?? '', rows[row]?.passage ?? '', at + 1));
        const words = texts.map((text) => vocabulary.read(text));
        const blocks = texts.flatMap((text, source) => blocksOf(text, source, false));
        const features = passageFeatures({ texts, words, vocabulary }, blocks, readQuestion(question, vocabulary));
        const isRight = Uint8Array.from(features.block, (block, row) => {
          const { source, units } = blocks[block] as (typeof blocks)[number];
          const unit = units[features.unit[row] as number];
          const small = (texts[source] as string).slice(unit?.start, unit?.end).toLowerCase();
          return set[source] === gold && answers.some((answer) => small.includes(answer.toLowerCase())) ? 1 : 0;
        });
        return { group: gold, rows: features.rows, isRight };
      })
      .filter(({ isRight }) => isRight.includes(1)),
  );
}

function talkExamples(talks: NonNullable<ReturnType<typeof meetings>>): readonly Example[] {
  return talks.flatMap(({ turns, queries }, group) =>
    queries.map(({ query, spans }) => {
      const vocabulary = new Vocabulary();
      const read = turns.map(([who, words]) => ({
        speaker: vocabulary.read(who).ids,
        words: vocabulary.read(words).ids,
        characters: who.length + words.length + 3,
      }));
      const columns = talkFeatures(read, readQuestion(query, vocabulary), vocabulary);
      const rows = new Float32Array(turns.length * columns.length);
      columns.forEach((column, at) => {
        column.forEach((value, row) => {
          rows[row * columns.length + at] = value;
        });
      });
      const isRight = Uint8Array.from(turns, (_, at) => (spans.some(([from, to]) => at >= from && at <= to) ? 1 : 0));
      return { group, rows, isRight };
    }),
  );
}

/** How rare words are in passages in general, in levels from the most frequent ones down. */
function rarityLevels(rows: NonNullable<ReturnType<typeof searchRows>>): readonly string[] {
  const vocabulary = new Vocabulary();
  const found = new Map<string, number>();
  for (const { title, passage } of rows) {
    for (const id of new Set(vocabulary.read(`${title} ${passage}`).ids)) {
      const word = vocabulary.nameOf(id);
      found.set(word, (found.get(word) ?? 0) + 1);
    }
  }
  const levels: string[][] = Array.from({ length: LEVELS }, () => []);
  for (const [word, count] of found) {
    if (count < LEAST_FOUND) continue;
    const part = Math.log(count / LEAST_FOUND) / Math.log(rows.length / LEAST_FOUND);
    levels[LEVELS - 1 - Math.min(LEVELS - 1, Math.floor(part * LEVELS))]?.push(word);
  }
  return levels.map((words) => words.sort().join(' '));
}

function write(name: string, text: string): void {
  writeFileSync(new URL(`../../src/features/compression/prose/${name}`, import.meta.url), text);
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const rounded = (weights: Float64Array): string => [...weights].map((weight) => Number(weight.toFixed(2))).join(', ');

const rows = searchRows();
const talks = meetings();
if (rows === undefined || talks === undefined) say('../shared/data/compression is absent: nothing is learnt.');
else if (process.argv[2] === 'rarity') {
  const levels = rarityLevels(rows);
  write(
    'rarity-levels.ts',
    `/** English words by how many passages have them, the most frequent ones last. \`node bench/compression/train.ts rarity\` writes this. */\nexport const RARITY_LEVELS: readonly string[] = ${JSON.stringify(levels, null, 2)};\n`,
  );
} else {
  const passages = passageExamples(rows);
  const turns = talkExamples(talks);
  const columns = (turns[0] as Example).rows.length / (turns[0] as Example).isRight.length;
  say(`a sentence with the answer is in the first tenth: ${tested(passages, FEATURES, oneOfThem, 0.2).toFixed(4)}`);
  say(`turns about the question in the first tenth: ${tested(turns, columns, eachOfThem, 0.15).toFixed(4)}`);
  const ofPassages = learn(passages, FEATURES, oneOfThem, 0.2);
  const ofTalks = learn(turns, columns, eachOfThem, 0.15);
  write(
    'weights.ts',
    `/** Learnt weights. \`node bench/compression/train.ts\` makes them again from \`../shared/data/compression\`. */

/** Of the features of passages, as \`passage-features.ts\` names them. */
export const PASSAGE_WEIGHTS: readonly number[] = [${rounded(ofPassages)}];

/** Of the columns of talks, in the order of \`talk-features.ts\`. */
export const TALK_WEIGHTS: readonly number[] = [${rounded(ofTalks)}];
`,
  );
}
