import type { AnswerForecast } from '../../exchange/cache-forecasts.ts';

/** An answer that the cache would have by now. */
interface Kept<From> {
  readonly from: From;
  readonly atMs: number;
  readonly untilMs: number;
}

const MOST_KEPT = 1_000_000;

/** What the cache of answers would hold, if each request so far had been sent and answered. */
export class KeptAnswers<From> {
  readonly #kept = new Map<string, Kept<From>>();

  /** For each answer that is asked for, where it would come from; notes that it is kept from now on. */
  take(forecast: AnswerForecast, from: From, nowMs: number): readonly (From | undefined)[] {
    if (!forecast.isCached) return [];
    const { keys, mayRecall, mayKeep, oldestMs = Number.POSITIVE_INFINITY, ttlMs } = forecast;
    return keys.map((key) => {
      const found = this.#kept.get(key);
      const isThere = found !== undefined && found.untilMs > nowMs && nowMs - found.atMs < oldestMs;
      if (isThere && mayRecall) return found.from;
      if (mayKeep) this.#kept.set(key, { from, atMs: nowMs, untilMs: nowMs + ttlMs });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      return undefined;
    });
  }
}
