/** Seeds counters that Redis does not have with what the ledger knows. */
import type { Clock } from '../../core/clock.ts';
import type { Seed } from '../contracts/claims.ts';
import { inTwo, keptForMs, type UnknownCounter } from './claims-wire.ts';
import type { Membership } from './membership.ts';

/** Seeds each counter once for any number of requests that wait for it. */
export class Seeds {
  readonly #membership: Membership;
  readonly #seed: Seed;
  readonly #clock: Clock;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(membership: Membership, seed: Seed, clock: Clock) {
    this.#membership = membership;
    this.#seed = seed;
    this.#clock = clock;
  }

  /** Rejects if the ledger or Redis is unavailable. */
  async bring(counters: readonly UnknownCounter[]): Promise<void> {
    await Promise.all(counters.map((counter) => this.#bringOne(counter)));
  }

  async #bringOne(counter: UnknownCounter): Promise<void> {
    const key = `${counter.window}:${counter.account}`;
    const found = this.#underWay.get(key);
    if (found !== undefined) return found;
    const asking = this.#ask(counter).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asking);
    return asking;
  }

  async #ask(counter: UnknownCounter): Promise<void> {
    const { account, window, endsAtMs } = counter;
    const { session } = this.#membership;
    const spent = await this.#seed(account, counter);
    // What was read before Redis lost its counters may lack what was settled since.
    if (this.#membership.session !== session)
      throw new Error('The connection to Redis was lost while the ledger was read');
    await this.#membership.run('seed', [account, window, keptForMs(endsAtMs, this.#clock.nowMs()), ...inTwo(spent)]);
  }
}
