/** A router: what was learnt of some models on some traffic, with the evidence for it. */
import type { Measured } from './cascade-search.ts';
import type { LearnerShape, Weights } from './learner.ts';
import { Predictor } from './predictor.ts';

/** What choosing by a pool gave for prompts that the pool was not made from. */
export interface CurvePoint {
  /** What a right answer was worth, in calls of the best single model. */
  readonly worth: number;
  /** The quality that it gave. */
  readonly quality: number;
  /** Standard error of it. */
  readonly error: number;
  /** The share of the best single model's cost that was saved. */
  readonly saving: number;
  /** Calls for each prompt. */
  readonly calls: number;
}

/** One way of answering: one call each, or cascades as well. */
export interface Plans {
  readonly pool: readonly Measured[];
  /** By rising quality; no mixture of two points is better than one between them. */
  readonly curve: readonly CurvePoint[];
}

/** What a router knows. */
export interface RouterState {
  readonly models: readonly string[];
  /** The best single model, by its place. */
  readonly best: number;
  readonly hasCosts: boolean;
  /** What a call of the best single model costs: the unit of what a right answer is worth. */
  readonly unit: number;
  readonly weights: Weights;
  /** What each model's chance counts for where a prompt stands between hard and easy. */
  readonly axis: Float64Array;
  /** The middle of each level on that axis, upwards. */
  readonly centres: Float64Array;
  readonly single: Plans;
  readonly cascade: Plans | undefined;
  readonly evidence: Evidence;
}

/** How a router was made and what it showed. */
export interface Evidence {
  readonly rows: number;
  readonly folds: number;
  readonly models: readonly {
    readonly name: string;
    readonly quality: number;
    readonly cost: number;
    /** How many tokens its answers had, on average; 0 or absent: unknown. */
    readonly outputTokens?: number;
  }[];
  readonly learner: LearnerShape;
  /** What was tried of the learner, by cross-validation; higher is better. */
  readonly tried: readonly (LearnerShape & { readonly score: number })[];
  /** What that score is. */
  readonly measure: 'apgr' | 'explained';
  /** The score in each fold. */
  readonly foldScores: readonly number[];
  /** What the score was with fewer rows. */
  readonly learning: readonly { readonly rows: number; readonly score: number; readonly saving?: number }[];
}

/** Where a value stands between the middles of the levels: 0 is the first level, 1 the second. */
export function levelOf(centres: Float64Array, value: number): number {
  const last = centres.length - 1;
  if (!(value > (centres[0] as number))) return 0;
  if (value >= (centres[last] as number)) return last;
  let below = 0;
  while (below + 1 < last && value >= (centres[below + 1] as number)) below += 1;
  const from = centres[below] as number;
  const to = centres[below + 1] as number;
  return to > from ? below + (value - from) / (to - from) : below;
}

/** Where the scores of a prompt stand on the axis. */
function onAxis(axis: Float64Array, scores: Float64Array): number {
  let sum = 0;
  for (let which = 0; which < axis.length; which += 1) sum += (axis[which] as number) * (scores[which] as number);
  return sum;
}

/** Scores of a prompt, and its level. */
export class PromptJudge {
  readonly #state: RouterState;
  readonly #predictor: Predictor;

  constructor(state: RouterState) {
    this.#state = state;
    this.#predictor = new Predictor(state.weights);
  }

  /** Valid until the next call. */
  scores(text: string): Float64Array {
    return this.#predictor.predict(text);
  }

  level(scores: Float64Array): number {
    const { axis, centres } = this.#state;
    return levelOf(centres, onAxis(axis, scores));
  }
}
