/** InvalidationBus of changed objects, so that what instances remember of keys, teams and the like is forgotten by all of them at once. */
import type { Changed } from './directory.ts';

/** `all`: something was missed, so that anything may have changed. */
export type Invalidation = readonly Changed[] | 'all';

/**
 * Tells changes to every instance, our own included. Told by two ways: at once, as far as messages reach; and before the next claim
 * of an instance is granted, which is refused as stale (`Refusal.isStale`) where that instance had not heard of a change before it.
 */
export interface InvalidationBus {
  /** Call it when the change is stored. Resolves when it is told, or kept for a store that is away; our own callbacks are called at once. */
  publish(changed: readonly Changed[]): Promise<void>;
  onChange(callback: (changed: Invalidation) => void): void;
}
