import { GatewayError } from '../core/errors.ts';
import type { Claims } from '../stores/contracts/claims.ts';
import type { Identity } from '../tenancy/identity.ts';

/** What costs nothing, and is therefore held by no budget: counting tokens, facts about the gateway, and managing it. */
export type FreeKind = 'counting' | 'facts' | 'management' | 'metrics';

const MINUTE_MS = 60_000;
/** Keys that are kept count of; of more, the one that was first seen in its minute longest ago is forgotten. */
const MOST_COUNTED = 10_000;
/** Into how many parts a key's number is divided: instances take one at a time. */
const PARTS = 20;

/** What one key may still ask for of one kind in this process, until its minute is over. */
interface Minute {
  endsMs: number;
  requests: number;
  granted: number;
  /** All that the key may have in its minute was given out, to this instance or another. */
  isSpent: boolean;
  asking: Promise<void> | undefined;
}

/**
 * How many free requests each key makes in a minute. Each kind is counted by itself. Instances that share a store share the number:
 * each takes a twentieth of it at a time, so that few requests wait for the store, and together they never serve more.
 */
export class FreeRates {
  readonly #minutes = new Map<string, Minute>();
  readonly #store: Pick<Claims, 'isUp' | 'grantFree'>;

  constructor(store: Pick<Claims, 'isUp' | 'grantFree'>) {
    this.#store = store;
  }

  /**
   * Counts a request. Throws `rate_limited` if its key has had its number in this minute; an admin is limited only where tokens are
   * counted, which takes time from everyone. Without an identity all callers count together. Returns a promise only if a store that
   * instances share has to be asked.
   */
  take(kind: FreeKind, identity: Identity | undefined, perMinute: number, nowMs: number): void | Promise<void> {
    if (identity?.isAdmin === true && kind !== 'counting') return;
    const id = `${kind} ${identity?.keyHash ?? ''}`;
    const minute = this.#minuteOf(id, perMinute, nowMs);
    if (minute.requests < minute.granted) {
      minute.requests += 1;
      return;
    }
    if (minute.isSpent) throw refused(kind, perMinute, minute.endsMs - nowMs);
    return this.#takeShared(minute, id, kind, perMinute, nowMs);
  }

  async #takeShared(minute: Minute, id: string, kind: FreeKind, perMinute: number, nowMs: number): Promise<void> {
    while (minute.requests >= minute.granted) {
      if (minute.isSpent) throw refused(kind, perMinute, minute.endsMs - nowMs);
      minute.asking ??= this.#ask(minute, id, perMinute, nowMs).finally(() => {
        minute.asking = undefined;
      });
      await minute.asking;
    }
    minute.requests += 1;
  }

  async #ask(minute: Minute, id: string, perMinute: number, nowMs: number): Promise<void> {
    const count = Math.max(1, Math.ceil(perMinute / PARTS));
    const grant = await this.#store.grantFree(id, { count, limit: perMinute, periodMs: MINUTE_MS });
    if (grant === undefined) {
      // Nothing is shared now: this instance counts alone until the minute is over.
      minute.granted = Math.max(minute.granted, perMinute);
      minute.isSpent = true;
      return;
    }
    minute.granted += grant.count;
    minute.isSpent = grant.count < count;
    minute.endsMs = nowMs + grant.endsInMs;
  }

  #minuteOf(id: string, perMinute: number, nowMs: number): Minute {
    const known = this.#minutes.get(id);
    if (known !== undefined && nowMs < known.endsMs) return known;
    // A new minute goes to the end of the map, so that the first is the oldest.
    this.#minutes.delete(id);
    if (this.#minutes.size >= MOST_COUNTED) {
      const oldest = this.#minutes.keys().next().value;
      if (oldest !== undefined) this.#minutes.delete(oldest);
    }
    const isAlone = this.#store.isUp !== true;
    const minute: Minute = {
      endsMs: nowMs + MINUTE_MS,
      requests: 0,
      granted: isAlone ? perMinute : 0,
      isSpent: isAlone,
      asking: undefined,
    };
    this.#minutes.set(id, minute);
    return minute;
  }
}

function refused(kind: FreeKind, perMinute: number, leftMs: number): GatewayError {
  const retryAfterMs = Math.max(1, leftMs);
  return new GatewayError(
    'rate_limited',
    `Rate limit exceeded for requests that cost nothing (${kind}). Limit type: requests. Current limit: ${perMinute} a minute for each key (\`free_requests_per_minute\`). Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`,
    { retryAfterMs, limit: { type: 'requests' } },
  );
}
