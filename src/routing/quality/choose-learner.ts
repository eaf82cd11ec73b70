/** Chooses by cross-validation how to learn. */
import { foldsOf, shuffled } from './folds.ts';
import { type Corpus, type LearnerShape, predictedOf, softened } from './learner.ts';
import { apgr, explained } from './measures.ts';

/** Folds of every cross-validation. */
export const FOLDS = 5;
/** More rows than these do not change what is chosen, and take their time. */
const MOST_ROWS = 3_000;

const TEXTS: readonly Pick<LearnerShape, 'runs' | 'shape'>[] = [
  { runs: 0, shape: 0 },
  { runs: 0.5, shape: 0.1 },
];
const PENALTIES = [1, 3, 10];
const OWNS = [1, 0.5, 0.25];

/** What is predicted of rows by models that have not seen them, and how good it is. */
interface Foreseen {
  /** On the axis, by row; NaN for rows that were left out. */
  readonly values: Float64Array;
  readonly score: number;
  readonly foldScores: readonly number[];
}

/** The axis that prompts are ordered on: the mean of all models, or of two what the better one is better by. */
export function axisOf(models: number, best: number): Float64Array {
  if (models !== 2) return new Float64Array(models).fill(1 / models);
  return Float64Array.from({ length: 2 }, (_, place) => (place === best ? 1 : -1));
}

/** Predicts every row of `rows` from the other folds. `most`: how many rows are learnt from. */
export function foresee(
  corpus: Corpus,
  rows: Int32Array,
  axis: Float64Array,
  shape: LearnerShape,
  most = Number.POSITIVE_INFINITY,
): Foreseen {
  const { texts } = corpus.examples;
  const foldOf = foldsOf(texts, FOLDS, 1);
  const order = shuffled(texts, 2);
  const isIn = new Uint8Array(texts.length);
  for (const row of rows) isIn[row] = 1;
  const values = new Float64Array(texts.length).fill(Number.NaN);
  const foldScores: number[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const learnt = order.filter((row) => isIn[row] === 1 && foldOf[row] !== fold).slice(0, most);
    const told = rows.filter((row) => foldOf[row] === fold);
    if (learnt.length === 0 || told.length === 0) continue;
    const targets = alongAxis(softened(corpus.examples, learnt, shape.own), axis);
    const fitted = corpus.fit(learnt, targets, 1, shape);
    for (const row of told) values[row] = predictedOf(fitted, row);
    foldScores.push(scoreOf(corpus, told, values, axis));
  }
  return { values, foldScores, score: scoreOf(corpus, rows, values, axis) };
}

/** What was tried, best first. */
export function chooseLearner(corpus: Corpus, axis: Float64Array): (LearnerShape & { score: number })[] {
  const { texts, families } = corpus.examples;
  const rows = shuffled(texts, 3).slice(0, MOST_ROWS).sort();
  const hasFamilies = new Set(families).size > 1;
  const tried: (LearnerShape & { score: number })[] = [];
  const attempt = (shape: LearnerShape): void => {
    tried.push({ ...shape, score: foresee(corpus, rows, axis, shape).score });
  };
  for (const text of TEXTS) for (const penalty of PENALTIES) attempt({ ...text, penalty, own: hasFamilies ? 0.5 : 1 });
  const [best] = sorted(tried);
  if (best !== undefined && hasFamilies) for (const own of OWNS) if (own !== best.own) attempt({ ...best, own });
  return sorted(tried);
}

/** What the axis says of each row's targets. */
function alongAxis(scores: Float64Array, axis: Float64Array): Float64Array {
  const models = axis.length;
  return Float64Array.from({ length: scores.length / models }, (_, row) => {
    let sum = 0;
    for (let which = 0; which < models; which += 1)
      sum += (axis[which] as number) * (scores[row * models + which] as number);
    return sum;
  });
}

function scoreOf({ examples }: Corpus, rows: Int32Array, values: Float64Array, axis: Float64Array): number {
  const models = axis.length;
  const predicted = Float64Array.from(rows, (row) => values[row] as number);
  if (models !== 2) {
    const actual = alongAxis(examples.scores, axis);
    return explained(
      predicted,
      Float64Array.from(rows, (row) => actual[row] as number),
    );
  }
  const strong = axis[0] === 1 ? 0 : 1;
  const scoreAt = (model: number): Float64Array =>
    Float64Array.from(rows, (row) => examples.scores[row * models + model] as number);
  return apgr(predicted, scoreAt(strong), scoreAt(1 - strong));
}

const sorted = <Each extends { score: number }>(list: readonly Each[]): Each[] =>
  [...list].sort((left, right) => right.score - left.score);
