/** What one instance counted by itself in the last minute. */

/** What is counted. */
export interface Counts {
  readonly requests: number;
  readonly input: number;
  readonly output: number;
}

const COUNTED_SECONDS = 61;

/** Seconds with what happened in them; times are monotonic milliseconds. */
export class LocalMinute {
  readonly #seconds = new Map<number, Counts>();

  /** Begins with our part of what all had counted. */
  begin(atMs: number, { requests, input, output }: Counts, instances: number): void {
    const part = (counted: number): number => Math.ceil(counted / instances);
    this.#seconds.set(Math.floor(atMs / 1_000), {
      requests: part(requests),
      input: part(input),
      output: part(output),
    });
  }

  count(
    nowMs: number,
    requests: number,
    tokens: { readonly inputTokens: number; readonly outputTokens: number },
  ): void {
    const second = Math.floor(nowMs / 1_000);
    const before = this.#seconds.get(second) ?? { requests: 0, input: 0, output: 0 };
    this.#seconds.set(second, {
      requests: before.requests + requests,
      input: before.input + tokens.inputTokens,
      output: before.output + tokens.outputTokens,
    });
  }

  used(nowMs: number): Counts {
    const oldest = Math.floor(nowMs / 1_000) - COUNTED_SECONDS + 1;
    let [requests, input, output] = [0, 0, 0];
    for (const [second, counted] of this.#seconds) {
      if (second < oldest) {
        this.#seconds.delete(second);
        continue;
      }
      requests += counted.requests;
      input += counted.input;
      output += counted.output;
    }
    return { requests, input, output };
  }

  /** When the oldest second is forgotten; 0 where nothing is counted. */
  resetMs(nowMs: number): number {
    const [oldest] = this.#seconds.keys();
    return oldest === undefined ? 0 : Math.max(0, Math.ceil((oldest + COUNTED_SECONDS) * 1_000 - nowMs));
  }
}
