import type { Clock } from '../../../core/clock.ts';

const WINDOW_MS = 60_000;
/** How many scopes are counted; the oldest windows go first. */
const MOST_SCOPES = 10_000;
/** How many embeddings are under way at once. */
const MOST_UNDER_WAY = 64;
/** A model that failed so often in a row is left alone for a while, which doubles up to the longest pause. */
const MOST_FAILURES = 3;
const PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/** What clients may make the platform spend on embeddings, and how long a model that fails is left alone. */
export class EmbeddingLimits {
  readonly #clock: Clock;
  readonly #windows = new Map<string, { readonly endsMs: number; count: number }>();
  #underWay = 0;
  #failures = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #pauseMs = PAUSE_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the model is left alone now. */
  get isPaused(): boolean {
    return this.#clock.monotonicMs() < this.#pausedUntilMs;
  }

  /** Asks within the limits; undefined: it may not be asked, or did not answer in time. */
  async ask<Answer>(
    scope: string,
    perMinute: number,
    ask: () => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    if (this.isPaused || this.#underWay >= MOST_UNDER_WAY || !this.#take(scope, perMinute)) return undefined;
    this.#underWay += 1;
    try {
      const answer = await ask();
      this.#note(answer !== undefined);
      return answer;
    } catch {
      // A failure of the model is a miss; its books say what was wrong with it.
      this.#note(false);
      return undefined;
    } finally {
      this.#underWay -= 1;
    }
  }

  #take(scope: string, perMinute: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    let window = this.#windows.get(scope);
    if (window === undefined || window.endsMs <= nowMs) {
      window = { endsMs: nowMs + WINDOW_MS, count: 0 };
      this.#windows.delete(scope);
      const [oldest] = this.#windows.keys();
      if (this.#windows.size >= MOST_SCOPES && oldest !== undefined) this.#windows.delete(oldest);
      this.#windows.set(scope, window);
    }
    window.count += 1;
    return window.count <= perMinute;
  }

  #note(isAnswered: boolean): void {
    if (isAnswered) {
      this.#failures = 0;
      this.#pauseMs = PAUSE_MS;
      return;
    }
    this.#failures += 1;
    if (this.#failures < MOST_FAILURES) return;
    this.#pausedUntilMs = this.#clock.monotonicMs() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    // One more failure after the pause begins the next one.
    this.#failures = MOST_FAILURES - 1;
  }
}
