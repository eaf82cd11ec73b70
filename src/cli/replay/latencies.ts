/** How long deployments took, as the ledger has it, in bounded memory. */
import type { LedgerRow } from '../../stores/contracts/ledger.ts';

/** Twelve steps for each doubling: a quantile is right to 6 %. */
const STEPS = 12;
const BUCKETS = 26 * STEPS;
const MOST_PLACES = 5_000;

/** A distribution of times or rates. */
export class Spread {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;

  add(value: number): void {
    // From a thousandth on.
    const at = Math.floor(Math.log2(Math.max(value, 0.001) * 1_000) * STEPS);
    const bucket = Math.min(BUCKETS - 1, Math.max(0, at));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  /** Undefined if there is nothing. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    let left = Math.ceil(share * this.#count);
    for (let at = 0; at < BUCKETS; at += 1) {
      left -= this.#buckets[at] ?? 0;
      if (left <= 0) return 2 ** ((at + 0.5) / STEPS) / 1_000;
    }
    return undefined;
  }
}

/** Where a model is asked: the same under another name is as fast. */
interface Asked {
  readonly provider: string;
  readonly model: string;
  readonly apiBase: string;
}

interface Known {
  readonly durations: Spread;
  readonly perToken: Spread;
}

/** The times of all deployments. */
export class Latencies {
  readonly #known = new Map<string, Known>();

  /** Learns from an attempt that was answered. */
  learn(row: LedgerRow): void {
    const { provider, model, apiBase, status, outputTokens } = row;
    if (status !== 'success' || provider === undefined || model === undefined) return;
    const id = idOf({ provider, model, apiBase: apiBase ?? '' });
    let known = this.#known.get(id);
    if (known === undefined) {
      if (this.#known.size >= MOST_PLACES) return;
      known = { durations: new Spread(), perToken: new Spread() };
      this.#known.set(id, known);
    }
    const ms = durationOf(row);
    known.durations.add(ms);
    if (outputTokens > 0) known.perToken.add(ms / outputTokens);
  }

  /** How long an answer of so many tokens takes there, about; undefined if nothing was ever recorded there. */
  estimateMs(asked: Asked, outputTokens: number): number | undefined {
    const known = this.#known.get(idOf(asked));
    const perToken = outputTokens > 0 ? known?.perToken.quantile(0.5) : undefined;
    return perToken === undefined ? known?.durations.quantile(0.5) : perToken * outputTokens;
  }
}

const idOf = ({ provider, model, apiBase }: Asked): string => `${provider}\u0000${model}\u0000${apiBase}`;

/** How long an attempt took. */
export function durationOf({ attemptStartedAtMs, attemptEndedAtMs, startedAtMs, endedAtMs }: LedgerRow): number {
  return Math.max(0, (attemptEndedAtMs ?? endedAtMs) - (attemptStartedAtMs ?? startedAtMs));
}
