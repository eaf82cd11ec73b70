/** After a large body the event loop turns this often without one: a small request is accepted, read and answered meanwhile. */
const LIGHT_TURNS = 3;

/**
 * Lets the work on large bodies begin one after the other, with turns of the event loop for everybody else in between. Bodies that
 * are unpacked together would otherwise all be parsed in the same turn, and nothing else would be answered for seconds.
 */
export class HeavyTurns {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;
  readonly #rest = (lightTurns: number): void => {
    if (lightTurns > 0) setImmediate(this.#rest, lightTurns - 1);
    else this.#next();
  };

  /** Resolves when the work may begin, which is done in the same turn; undefined if it may begin now. */
  take(): Promise<void> | undefined {
    if (this.#isTaken) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    setImmediate(this.#rest, LIGHT_TURNS);
    return undefined;
  }

  #next(): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) {
      this.#isTaken = false;
      return;
    }
    resolve();
    setImmediate(this.#rest, LIGHT_TURNS);
  }
}
