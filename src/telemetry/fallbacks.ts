import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { AttemptFacts, SettledExchange } from './settled.ts';

/** The last attempt in a group that a request fell back to, and why the group that was asked for failed. */
interface Fallback {
  readonly attempt: AttemptFacts;
  readonly reason: ErrorCode;
  readonly status: number;
  readonly counter: 'successfulFallbacks' | 'failedFallbacks';
}

const NONE: readonly Fallback[] = [];

/** Every group after the one that was asked for counts once, by what its last attempt came to. */
export function fallbacksOf({ attempts, askedGroup }: SettledExchange): readonly Fallback[] {
  const isFallback = ({ group }: AttemptFacts): boolean => group !== undefined && group !== askedGroup;
  if (!attempts.some(isFallback)) return NONE;
  const failed = attempts.find((attempt) => !isFallback(attempt) && attempt.failure !== undefined);
  // Nothing of the group could be asked at all.
  const reason = failed?.failure ?? 'no_deployment_available';
  const status = failed?.status ?? ERRORS[reason].status;
  return attempts.flatMap((attempt, index) => {
    const isLastOfGroup = attempts[index + 1]?.group !== attempt.group;
    // One without a status was left by the client.
    const isOver = attempt.failure !== undefined || attempt.status !== undefined;
    if (!isFallback(attempt) || attempt.lost === true || !isLastOfGroup || !isOver) return [];
    const counter = attempt.failure === undefined ? 'successfulFallbacks' : 'failedFallbacks';
    return [{ attempt, reason, status, counter }];
  });
}
