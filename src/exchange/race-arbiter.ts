import type { Clock } from '../core/clock.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { Client } from './client.ts';

/** An attempt in a race. */
export interface Racer {
  readonly deployment: Deployment;
  /** The client left: ends the call. */
  leave(): void;
  /** The other attempt had content first: ends the call and books what it used. */
  lose(): void;
}

/**
 * The right to write to the client while two attempts race for it. The attempt that has content first takes it and
 * keeps it; at the same moment the other one is cancelled. It also tells both attempts that the client hung up, since a
 * client takes one callback.
 */
export class RaceArbiter {
  /** The deployment of the second attempt, once there is one. */
  hedge: Deployment | undefined;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #onTaken: () => void;
  readonly #startedMs: number;
  readonly #runners = new Set<Racer>();
  #holder: Racer | undefined;

  constructor(client: Client, clock: Clock, onTaken: () => void) {
    this.#client = client;
    this.#clock = clock;
    this.#onTaken = onTaken;
    this.#startedMs = clock.monotonicMs();
  }

  /** The deployment that may write to the client; undefined as long as no attempt has content. */
  get winner(): Deployment | undefined {
    return this.#holder?.deployment;
  }

  /** Whether the second attempt may write to the client. */
  get isHedgeWinner(): boolean {
    return this.hedge !== undefined && this.winner === this.hedge;
  }

  /** How long the race has been running; time in which both attempts waited counts once. */
  get raceMs(): number {
    return this.#clock.monotonicMs() - this.#startedMs;
  }

  join(runner: Racer): void {
    this.#runners.add(runner);
    this.#client.onGone(() => {
      for (const each of [...this.#runners]) each.leave();
    });
  }

  leave(runner: Racer): void {
    this.#runners.delete(runner);
    if (this.#runners.size === 0) this.#client.onGone(undefined);
  }

  /** Takes the right to write if it is free; returns whether this attempt has it. */
  take(runner: Racer): boolean {
    if (this.#holder !== undefined) return this.#holder === runner;
    this.#holder = runner;
    this.#onTaken();
    for (const each of [...this.#runners]) if (each !== runner) each.lose();
    return true;
  }
}
