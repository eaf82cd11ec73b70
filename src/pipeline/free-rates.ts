import { GatewayError } from '../core/errors.ts';
import type { Identity } from '../tenancy/identity.ts';

/** What costs nothing, and is therefore held by no budget: counting tokens, facts about the gateway, and managing it. */
export type FreeKind = 'counting' | 'facts' | 'management' | 'metrics';

const MINUTE_MS = 60_000;
/** Keys that are kept count of; of more, the one that was first seen in its minute longest ago is forgotten. */
const MOST_COUNTED = 10_000;

interface Minute {
  readonly startedMs: number;
  requests: number;
}

/** How many free requests each key makes in a minute, in this process. Each kind is counted by itself. */
export class FreeRates {
  readonly #minutes = new Map<string, Minute>();

  /**
   * Counts a request. Throws `rate_limited` if its key has had its number in this minute; an admin is limited only where tokens are
   * counted, which takes time from everyone. Without an identity all callers count together.
   */
  take(kind: FreeKind, identity: Identity | undefined, perMinute: number, nowMs: number): void {
    if (identity?.isAdmin === true && kind !== 'counting') return;
    const id = `${kind} ${identity?.keyHash ?? ''}`;
    const minute = this.#minuteOf(id, nowMs);
    minute.requests += 1;
    if (minute.requests <= perMinute) return;
    const retryAfterMs = Math.max(1, minute.startedMs + MINUTE_MS - nowMs);
    throw new GatewayError(
      'rate_limited',
      `Rate limit exceeded for requests that cost nothing (${kind}). Limit type: requests. Current limit: ${perMinute} a minute for each key (\`free_requests_per_minute\`). Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`,
      { retryAfterMs, limit: { type: 'requests' } },
    );
  }

  #minuteOf(id: string, nowMs: number): Minute {
    const known = this.#minutes.get(id);
    if (known !== undefined && nowMs - known.startedMs < MINUTE_MS) return known;
    // A new minute goes to the end of the map, so that the first is the oldest.
    this.#minutes.delete(id);
    if (this.#minutes.size >= MOST_COUNTED) {
      const oldest = this.#minutes.keys().next().value;
      if (oldest !== undefined) this.#minutes.delete(oldest);
    }
    const minute = { startedMs: nowMs, requests: 0 };
    this.#minutes.set(id, minute);
    return minute;
  }
}
