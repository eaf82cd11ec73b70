/** How a group that chooses among others chose: for headers, logs and the explanation of a route. Nothing of the prompt. */

/** What speaks for and against a candidate. */
interface ChoiceCandidate {
  readonly group: string;
  /** The chance that its answer is good enough; undefined without a router. */
  readonly quality: number | undefined;
  /** What the call is expected to cost, in USD, with what its prompt cache holds; undefined without a price. */
  readonly costUsd: number | undefined;
  readonly isWarm: boolean;
  /** It is asked only if nothing else is left, because its answers were not good enough. */
  readonly isSuspended: boolean;
}

/** A choice. */
export interface ModelChoice {
  readonly chosen: string;
  readonly baseline: string;
  readonly task: string;
  /** A sentence for people. */
  readonly why: string;
  readonly candidates: readonly ChoiceCandidate[];
}
