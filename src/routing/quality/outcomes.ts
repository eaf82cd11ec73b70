/** What models answered to the same prompts: the evidence that plans are chosen by. */

/** All by `row * models + model`. */
export interface Outcomes {
  readonly rows: number;
  readonly models: number;
  /** 1: right, 0: wrong; or a score between. */
  readonly scores: Float64Array;
  /** What the call cost; 0 where prices are unknown. */
  readonly costs: Float64Array;
  /** How many tokens the answer had; 0 where that is unknown. */
  readonly outputTokens: Float64Array;
  /** Whose answers are the same as this one's, as bits. */
  readonly sameAs: Int32Array;
}

/** How many models fit in the bits of a number. */
export const MOST_MODELS = 30;

/** Models asked one after the other until two agree, else another one; without a sequence, that one alone. */
export interface Cascade {
  readonly sequence: readonly number[];
  readonly otherwise: number;
}

/** The result of a cascade for a row; filled in place, because it is asked for millions of times. */
export interface Result {
  score: number;
  cost: number;
  calls: number;
}

/** What a cascade would have answered to a row. A model that is asked a second time, as `otherwise`, is paid again. */
export function resultOf(cascade: Cascade, row: number, outcomes: Outcomes, result: Result): void {
  const { models, scores, costs, sameAs } = outcomes;
  const base = row * models;
  let asked = 0;
  let cost = 0;
  let calls = 0;
  for (const model of cascade.sequence) {
    cost += costs[base + model] as number;
    calls += 1;
    if (((sameAs[base + model] as number) & asked) !== 0) {
      result.score = scores[base + model] as number;
      result.cost = cost;
      result.calls = calls;
      return;
    }
    asked |= 1 << model;
  }
  result.score = scores[base + cascade.otherwise] as number;
  result.cost = cost + (costs[base + cascade.otherwise] as number);
  result.calls = calls + 1;
}
