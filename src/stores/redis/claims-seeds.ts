/** Brings what the ledger knows to counters that Redis does not have. */
import type { Clock } from '../../core/clock.ts';
import type { Seed } from '../contracts/claims.ts';
import { inTwo, keptForMs, type UnknownCounter } from './claims-wire.ts';
import type { Membership } from './membership.ts';

/** Asks for each counter once, however many wait for it. */
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

  /** Rejects where the ledger or Redis is away. */
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
    // What was read before Redis lost its counters may miss what was settled since.
    if (this.#membership.session !== session) throw new Error('Redis was left while the ledger was asked');
    await this.#membership.run('seed', [account, window, keptForMs(endsAtMs, this.#clock.nowMs()), ...inTwo(spent)]);
  }
}
