/** Tells Redis which claims were sent, and that this instance lives: what another instance books if it dies. */
import type { Clock } from '../../core/clock.ts';
import { YOUNG_CLAIM_MS } from '../contracts/claims.ts';
import { SIGN_OF_LIFE_EVERY_MS } from '../contracts/sign-of-life.ts';
import type { OpenClaim } from './claims-delivery.ts';
import type { Membership } from './membership.ts';
import { succeeds } from './waiting.ts';

/** The marks of one instance. What Redis does not hear now, it gets with the claim when it is joined again. */
export class Marks {
  readonly #membership: Membership;
  readonly #open: ReadonlyMap<string, OpenClaim>;
  readonly #clock: Clock;
  readonly #signs: NodeJS.Timeout;
  /** Claims that were sent, and of which Redis has not heard yet. */
  #unmarked: string[] = [];

  constructor(membership: Membership, open: ReadonlyMap<string, OpenClaim>, clock: Clock) {
    this.#membership = membership;
    this.#open = open;
    this.#clock = clock;
    this.#signs = setInterval(() => this.#showLife(), SIGN_OF_LIFE_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#signs);
  }

  sent(id: string): void {
    const claim = this.#open.get(id);
    if (claim === undefined || claim.sentAtMs !== undefined) return;
    claim.sentAtMs = this.#clock.monotonicMs();
    this.#unmarked.push(id);
    // All of one turn go together.
    if (this.#unmarked.length === 1) queueMicrotask(() => void this.#send());
  }

  aboutToSend(id: string): Promise<void> | undefined {
    const claim = this.#open.get(id);
    const nowMs = this.#clock.monotonicMs();
    if (claim === undefined || claim.sentAtMs !== undefined || nowMs - claim.startedAtMs < YOUNG_CLAIM_MS / 2) return;
    claim.sentAtMs = nowMs;
    this.#unmarked.push(id);
    return this.#send();
  }

  #showLife(): void {
    if (this.#open.size > 0 && this.#membership.isUp) void this.#send();
  }

  async #send(): Promise<void> {
    const ids = this.#unmarked.splice(0);
    await succeeds(this.#membership.run('sent', ids));
  }
}
