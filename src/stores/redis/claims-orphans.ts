/** Claims of instances that died: one of the other instances books each. */
import type { PicoUsd } from '../../core/money.ts';
import type { OrphanedClaim } from '../contracts/claims.ts';
import type { Seeds } from './claims-seeds.ts';
import { inTwo, numberIn, readUnknown } from './claims-wire.ts';
import { type Found, type Membership, orphansIn } from './membership.ts';

/** Books a claim and resolves to what it is booked at. */
export type BookOrphan = (orphan: OrphanedClaim) => PicoUsd | Promise<PicoUsd>;

/** Books orphaned claims. */
export class Orphans {
  readonly #membership: Membership;
  readonly #seeds: Seeds;
  readonly #leaseMs: number;
  readonly #onOrphan: BookOrphan;

  constructor(membership: Membership, seeds: Seeds, leaseMs: number, onOrphan: BookOrphan) {
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
      try {
        booked.push(orphan.id, ...inTwo(await this.#onOrphan(orphan)));
      } catch {
        // The ledger is unavailable: a later beat finds it again.
      }
    }
    if (booked.length > 0) await this.#membership.run('booked', booked);
  }
}
