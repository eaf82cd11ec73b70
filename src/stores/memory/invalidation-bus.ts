/** The invalidation bus of a single gateway: calls the caches of this process at once. */
import type { Changed } from '../contracts/directory.ts';
import type { Invalidation, InvalidationBus } from '../contracts/invalidation-bus.ts';

/** Calls all callbacks, in order. */
export class MemoryInvalidationBus implements InvalidationBus {
  readonly #callbacks: ((changed: Invalidation) => void)[] = [];

  async publish(changed: readonly Changed[]): Promise<void> {
    for (const callback of this.#callbacks) callback(changed);
  }

  onChange(callback: (changed: Invalidation) => void): void {
    this.#callbacks.push(callback);
  }
}
