/** A line that shows how far a long command is, on a terminal only. */

const EVERY_MS = 200;

/** Shows progress until `end`. */
export class Progress {
  #lastMs = 0;
  #isShown = false;

  /** Shows a sentence in place of the last one, not more often than an eye can follow. */
  show(what: string, lines: number): void {
    if (process.stderr.isTTY !== true) return;
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#isShown = true;
    process.stderr.write(`\r\u001b[K${what} ${lines.toLocaleString('en-US')} lines`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}
