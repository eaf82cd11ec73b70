const TICK_MS = 10;
/** How much of the time between two ticks counts: the rest of a longer one our own process was busy, or did not run. */
const MOST_OF_A_TICK_MS = 15;

/**
 * The time in which this process could have read an answer. While it was busy nothing was sent or read, so that such time
 * says nothing about the other side. It is counted only while there is a listener.
 */
export class ReadableTime {
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;
  #tickedAtMs = 0;

  /** Milliseconds, from an arbitrary beginning. */
  get ms(): number {
    return this.#ms;
  }

  /** Calls back after every tick, when what had come by then was read; stops with the function that it returns. */
  onTick(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#tickedAtMs = performance.now();
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
      this.#timer.unref();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#ms += Math.min(nowMs - this.#tickedAtMs, MOST_OF_A_TICK_MS);
    this.#tickedAtMs = nowMs;
    // An answer that came during a pause may be unread: it is read before the listeners look.
    setImmediate(() => {
      for (const listener of this.#listeners) listener();
    });
  }
}
