/** Announces changed objects (keys, teams, …), so that every instance drops what it had cached of them. */
import type { Changed } from './directory.ts';

/** What to drop. `all`: a message was missed, so that anything may have changed. */
export type Invalidation = readonly Changed[] | 'all';

/**
 * Announces changes to every instance, this one included, in two ways: at once, as far as messages arrive; and by
 * refusing the next claim of an instance as stale (`Refusal.isStale`) if that instance has missed a change.
 */
export interface InvalidationBus {
  /**
   * Call it after the change is stored. Calls our own callbacks at once; resolves when the message is sent, or kept for
   * later.
   */
  publish(changed: readonly Changed[]): Promise<void>;
  onChange(callback: (changed: Invalidation) => void): void;
}
