/** Takes what callers say of answers, for the feature that chooses models. */
import type { Identity } from '../tenancy/identity.ts';

/** What became of a score. */
export type FeedbackResult =
  | { readonly kind: 'taken'; readonly group: string; readonly scores: number; readonly isSuspended: boolean }
  /** No answer of this caller that a group chose has this id, or it was scored already. */
  | { readonly kind: 'unknown' };

/** The part of the feature that the route asks. */
export interface QualityFeedback {
  score(callId: string, score: number, identity: Identity): FeedbackResult;
}
