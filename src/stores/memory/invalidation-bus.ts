/** InvalidationBus in a process that stands alone: whoever remembers something here is told at once. */
import type { Changed } from '../contracts/directory.ts';
import type { Invalidation, InvalidationBus } from '../contracts/invalidation-bus.ts';

/** Calls everyone back, in order. */
export class MemoryInvalidationBus implements InvalidationBus {
  readonly #callbacks: ((changed: Invalidation) => void)[] = [];

  async publish(changed: readonly Changed[]): Promise<void> {
    for (const callback of this.#callbacks) callback(changed);
  }

  onChange(callback: (changed: Invalidation) => void): void {
    this.#callbacks.push(callback);
  }
}
