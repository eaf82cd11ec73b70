import type { Clock } from '../../src/core/clock.ts';
import { type Random, seededRandom } from '../answering/seeded.ts';
import type { SpelledFault } from './spelling.ts';

interface Strike {
  seen: number;
  readonly firstAtMs: number;
  readonly random: Random;
}

/** A fault that strikes now. */
interface Struck {
  readonly random: Random;
  readonly sinceFirstMs: number;
}

/** Counts how often each fault has come up, apart for each deployment and model, and says whether it strikes this time. */
export class Strikes {
  readonly #clock: Clock;
  readonly #seed: string;
  readonly #strikes = new Map<string, Strike>();

  constructor(clock: Clock, seed: string) {
    this.#clock = clock;
    this.#seed = seed;
  }

  reset(): void {
    this.#strikes.clear();
  }

  strike(spelled: SpelledFault, place: string): Struck | undefined {
    const key = `${place} ${spelled.spelling}`;
    const nowMs = this.#clock.monotonicMs();
    let strike = this.#strikes.get(key);
    if (strike === undefined) {
      strike = { seen: 0, firstAtMs: nowMs, random: seededRandom(`${this.#seed} ${key}`) };
      this.#strikes.set(key, strike);
    }
    strike.seen += 1;
    return this.#isTime(spelled, strike)
      ? { random: strike.random, sinceFirstMs: nowMs - strike.firstAtMs }
      : undefined;
  }

  #isTime({ when }: SpelledFault, strike: Strike): boolean {
    switch (when.kind) {
      case 'always':
        return true;
      case 'first':
        return strike.seen <= when.times;
      case 'every':
        return strike.seen % when.nth === 0;
      case 'chance':
        return strike.random() < when.share;
    }
  }
}
