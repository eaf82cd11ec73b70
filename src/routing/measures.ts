/** Moving averages that routing keeps of a deployment. Each takes the moment as an argument and is O(1). */

const PEAK_HALF_LIFE_MS = 10_000;
const IDLE_HALF_LIFE_MS = 60_000;
const MEAN_WEIGHT = 0.1;

/**
 * A peak-sensitive moving average of a latency. A slow answer counts in full at once and is halved every 10 seconds
 * towards the mean (as in Finagle's peak EWMA), so that a deployment in trouble is left alone after one request. The
 * mean itself fades while nothing is measured, halved every minute: one that is not used for being slow is tried again
 * sometime.
 */
export class LatencyEstimate {
  /** How many measurements the mean is made of. */
  #count = 0;
  #meanMs = 0;
  /** How far above the mean the last peak stood at the last measurement. */
  #excessMs = 0;
  #atMs = 0;

  observe(ms: number, nowMs: number): void {
    const peakMs = this.#meanMs + this.#excessAt(nowMs);
    this.#count += 1;
    this.#meanMs += (ms - this.#meanMs) * Math.max(MEAN_WEIGHT, 1 / this.#count);
    this.#excessMs = Math.max(0, Math.max(ms, peakMs) - this.#meanMs);
    this.#atMs = nowMs;
  }

  /** The latency to expect, in milliseconds; undefined if nothing was measured within `ttlMs`. */
  read(nowMs: number, ttlMs: number = Number.POSITIVE_INFINITY): number | undefined {
    const idleMs = nowMs - this.#atMs;
    if (this.#count === 0 || idleMs > ttlMs) return undefined;
    return (this.#meanMs + this.#excessAt(nowMs)) * 2 ** (-idleMs / IDLE_HALF_LIFE_MS);
  }

  #excessAt(nowMs: number): number {
    return this.#excessMs === 0 ? 0 : this.#excessMs * 2 ** ((this.#atMs - nowMs) / PEAK_HALF_LIFE_MS);
  }
}

const MIX_WEIGHT = 0.05;

/** Tokens per request as they really were: moving averages over the settled requests, about the last twenty. */
export class TokenMix {
  /** How many requests were measured. */
  count = 0;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;

  observe(inputTokens: number, outputTokens: number, cachedTokens: number): void {
    this.count += 1;
    const weight = Math.max(MIX_WEIGHT, 1 / this.count);
    this.inputTokens += (inputTokens - this.inputTokens) * weight;
    this.outputTokens += (outputTokens - this.outputTokens) * weight;
    this.cachedTokens += (Math.min(cachedTokens, inputTokens) - this.cachedTokens) * weight;
  }

  /** The share of input tokens that came from the provider's prompt cache, 0 to 1. */
  get cacheHitRate(): number {
    return this.inputTokens > 0 ? this.cachedTokens / this.inputTokens : 0;
  }
}
