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
 * The right to write to the client while two attempts race for it. Whoever has content first takes it and keeps it; in the same
 * moment the other one is cancelled. It also passes on that the client hung up, since a client tells only one.
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

  /** The deployment that has the client; undefined while nobody had content. */
  get winner(): Deployment | undefined {
    return this.#holder?.deployment;
  }

  /** Whether the second attempt has the client. */
  get isHedgeWinner(): boolean {
    return this.hedge !== undefined && this.winner === this.hedge;
  }

  /** How long the race runs: time in which two attempts waited is not counted twice. */
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

  /** Takes the pen if it is free; tells whether the runner has it. */
  take(runner: Racer): boolean {
    if (this.#holder !== undefined) return this.#holder === runner;
    this.#holder = runner;
    this.#onTaken();
    for (const each of [...this.#runners]) if (each !== runner) each.lose();
    return true;
  }
}
