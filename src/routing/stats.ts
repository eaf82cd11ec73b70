import type { Clock } from '../core/clock.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import { LatencyEstimate, TokenMix } from './measures.ts';

/** How one attempt at a deployment ended. Members that were not measured are left out and change nothing. */
interface EndedAttempt {
  /**
   * From sending to the last byte. Left out if it says nothing about the deployment: the client hung up, or a hedge was
   * cancelled.
   */
  readonly durationMs?: number | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Input tokens the provider took from its prompt cache; part of `inputTokens`. */
  readonly cachedTokens?: number | undefined;
  /** The attempt failed, and not by the client's fault. */
  readonly failed: boolean;
  /** A stream's duration is its length, which says little about the deployment: it does not count as latency. */
  readonly isStream?: boolean;
}

/**
 * A failure is never seen as a fast answer: it counts as at least this long, and twice as long as what was measured
 * before.
 */
const FAILURE_LATENCY_MS = 1_000;
/** Even if a deployment fails every time, its measured latency stays below this, so that it is tried again before long. */
const LONGEST_FAILURE_LATENCY_MS = 60_000;
/** Loads and failures are counted over the last minute. */
const MINUTE_SLOTS = 12;
const MINUTE_SLOT_MS = 5_000;

/** What one deployment is doing now and has done lately, as seen by this process. */
export class DeploymentStat {
  /** Attempts under way. */
  inFlight = 0;
  /** Latency of whole answers, in milliseconds. */
  readonly whole = new LatencyEstimate();
  /** Time to first token of streams, in milliseconds. */
  readonly firstToken = new LatencyEstimate();
  readonly requests = new SlidingWindow(MINUTE_SLOTS, MINUTE_SLOT_MS);
  readonly tokens = new SlidingWindow(MINUTE_SLOTS, MINUTE_SLOT_MS);
  /** Without those that the provider took from its prompt cache: its own limits leave them out (Anthropic, rate limits, 2026-10). */
  readonly inputTokens = new SlidingWindow(MINUTE_SLOTS, MINUTE_SLOT_MS);
  readonly outputTokens = new SlidingWindow(MINUTE_SLOTS, MINUTE_SLOT_MS);
  readonly failures = new SlidingWindow(MINUTE_SLOTS, MINUTE_SLOT_MS);
  /** Measured tokens per request and share of cached input. */
  readonly mix = new TokenMix();
}

/**
 * What is known of every deployment's load, latency and usage. All operations are O(1) and allocate nothing after a
 * deployment's first attempt. Ids come from the configuration; `keep` forgets those that are gone after a reload.
 */
export class DeploymentStats {
  readonly #clock: Clock;
  readonly #byId = new Map<string, DeploymentStat>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The moment to read the measures at, in milliseconds. */
  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** What is known of a deployment; undefined until its first attempt. */
  of(id: string): DeploymentStat | undefined {
    return this.#byId.get(id);
  }

  /** An attempt begins. */
  started(id: string): void {
    let stat = this.#byId.get(id);
    if (stat === undefined) {
      stat = new DeploymentStat();
      this.#byId.set(id, stat);
    }
    stat.inFlight += 1;
    stat.requests.add(this.#clock.monotonicMs());
  }

  /** A stream's first token came, this many milliseconds after the attempt was sent. */
  firstByte(id: string, ms: number): void {
    this.#byId.get(id)?.firstToken.observe(ms, this.#clock.monotonicMs());
  }

  /** An attempt is over; to be called exactly once for each `started`. */
  ended(id: string, attempt: EndedAttempt): void {
    const stat = this.#byId.get(id);
    // Forgotten by a reload while it was under way.
    if (stat === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    if (stat.inFlight > 0) stat.inFlight -= 1;

    const { durationMs, isStream, inputTokens = 0, outputTokens = 0, cachedTokens = 0 } = attempt;
    if (attempt.failed) {
      stat.failures.add(nowMs);
      if (isStream !== true) penalise(stat.whole, durationMs, nowMs);
      if (isStream !== false) penalise(stat.firstToken, durationMs, nowMs);
    } else if (durationMs !== undefined && isStream !== true) {
      stat.whole.observe(durationMs, nowMs);
    }
    if (inputTokens + outputTokens > 0) {
      stat.tokens.add(nowMs, inputTokens + outputTokens);
      stat.inputTokens.add(nowMs, Math.max(0, inputTokens - cachedTokens));
      stat.outputTokens.add(nowMs, outputTokens);
      stat.mix.observe(inputTokens, outputTokens, cachedTokens);
    }
  }

  /** Forgets every deployment but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#byId.keys()) if (!ids.has(id)) this.#byId.delete(id);
  }
}

function penalise(latency: LatencyEstimate, durationMs: number | undefined, nowMs: number): void {
  const before = latency.read(nowMs) ?? 0;
  const penalty = Math.max(durationMs ?? 0, 2 * before, FAILURE_LATENCY_MS);
  latency.observe(Math.min(penalty, LONGEST_FAILURE_LATENCY_MS), nowMs);
}
