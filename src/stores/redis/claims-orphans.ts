/** Claims of instances that died: one of the other instances books each at its hold. */
import type { OrphanedClaim } from '../contracts/claims.ts';
import type { Seeds } from './claims-seeds.ts';
import { numberIn, readUnknown } from './claims-wire.ts';
import { type Found, type Membership, orphansIn } from './membership.ts';
import { succeeds } from './waiting.ts';

/** Books orphaned claims. */
export class Orphans {
  readonly #membership: Membership;
  readonly #seeds: Seeds;
  readonly #leaseMs: number;
  readonly #onOrphan: (orphan: OrphanedClaim) => void | Promise<void>;

  constructor(
    membership: Membership,
    seeds: Seeds,
    leaseMs: number,
    onOrphan: (orphan: OrphanedClaim) => void | Promise<void>,
  ) {
    this.#membership = membership;
    this.#seeds = seeds;
    this.#leaseMs = leaseMs;
    this.#onOrphan = onOrphan;
  }

  /** Books what a beat found. Never rejects. */
  async see({ dead, orphans }: Found): Promise<void> {
    try {
      await this.#book(orphans);
      for (const instance of dead) await this.#reap(instance);
    } catch {
      // Redis or the ledger is unavailable; another beat, or another instance, continues.
    }
  }

  async #reap(instance: string): Promise<void> {
    for (let left = 1; left > 0; ) {
      const answer = await this.#membership.run('reap', [instance, String(this.#leaseMs)]);
      if (answer[0] === 'unknown') await this.#seeds.bring(readUnknown(answer));
      else if (answer[0] !== 'reaped') return;
      else {
        await this.#book(orphansIn(answer, 3));
        left = numberIn(answer, 2);
      }
    }
  }

  async #book(orphans: readonly OrphanedClaim[]): Promise<void> {
    const booked: string[] = [];
    for (const orphan of orphans) {
      if (await succeeds(Promise.resolve(orphan).then((one) => this.#onOrphan(one)))) booked.push(orphan.id);
    }
    if (booked.length > 0) await this.#membership.run('booked', booked);
  }
}
