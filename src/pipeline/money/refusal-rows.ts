import type { ErrorCode } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';

const HOUR_MS = 3_600_000;
/** So many an hour are enough to find a wrong name. */
const MOST_OF_ONE = 60;
/** A row is about a kilobyte in the journal and as much in the ledger: no more than 50 MB a day, whatever clients do. */
const MOST_OF_ALL = 1_000;

/** A name that cannot be asked is a mistake to find; limits refuse thousands of requests, which metrics count. */
const OF_NAMES: ReadonlySet<ErrorCode> = new Set([
  'unknown_model',
  'unserved_model',
  'model_denied',
  'team_model_denied',
  'user_model_denied',
  'organization_model_denied',
]);

/**
 * Which refused requests leave a row of failure in the ledger, as in LiteLLM: those that asked for a model they cannot have. They cost
 * their client nothing, so no budget bounds them. The first of each hour do, of one team, user or key and of all together.
 */
export class RefusalRows {
  readonly #counts = new Map<string, number>();
  #left = MOST_OF_ALL;
  #endsMs = 0;

  /** Whether this refusal leaves a row; counts it if so. */
  take({ identity, error, endpoint, clock }: Pick<Exchange, 'identity' | 'error' | 'endpoint' | 'clock'>): boolean {
    if (error === undefined || identity === undefined || endpoint.operation.isFree) return false;
    if (!OF_NAMES.has(error.code)) return false;
    this.#begin(clock.monotonicMs());
    const { teamId, userId, keyHash } = identity.caller;
    // With each key counted for itself, one team could take what is left for all by making keys.
    const owner = teamId !== undefined ? `team ${teamId}` : userId !== undefined ? `user ${userId}` : `key ${keyHash}`;
    const count = this.#counts.get(owner) ?? 0;
    if (count === MOST_OF_ONE || this.#left === 0) return false;
    this.#counts.set(owner, count + 1);
    this.#left -= 1;
    return true;
  }

  #begin(nowMs: number): void {
    if (nowMs < this.#endsMs) return;
    this.#counts.clear();
    this.#left = MOST_OF_ALL;
    this.#endsMs = nowMs + HOUR_MS;
  }
}
