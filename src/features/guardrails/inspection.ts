/** What every local guardrail is: a pure function from a text to what was found in it. */

/** Where a text comes from: what a person typed, what a tool returned, or a document that was brought along. */
export type Origin = 'user' | 'tool' | 'document';

/** A place in a text, in UTF-16 units; `end` is the first unit behind it. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** What a guardrail found. */
export interface Inspection {
  /** From 0 to 1; higher is worse. */
  readonly score: number;
  /** Whether the score is above the threshold for the configured rate of false alarms. */
  readonly flagged: boolean;
  readonly spans: readonly Span[];
  /** The score of each category, for guardrails that have several. */
  readonly categories?: Readonly<Record<string, number>>;
}

/** Orders spans by place and drops those that an earlier or a stronger one covers. `stronger` comes first in the list. */
export function withoutOverlaps(strongestFirst: readonly Span[]): Span[] {
  const kept: Span[] = [];
  for (const span of strongestFirst) {
    // The kept spans are ordered and disjoint: only its neighbours can overlap a new one.
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((kept[middle]?.end ?? 0) <= span.start) low = middle + 1;
      else high = middle;
    }
    const next = kept[low];
    if (next === undefined || next.start >= span.end) kept.splice(low, 0, span);
  }
  return kept;
}
