/** What the semantic cache would have done, and how often it would have been wrong. */
import type { JsonObject } from '../../../core/json.ts';
import { formatUsd, type PicoUsd } from '../../../core/money.ts';
import type { Agreement } from './agreement.ts';
import type { Difference } from './guards/difference.ts';

/** A question that had one like it, and what the provider answered. */
interface Observation {
  readonly similarity: number;
  /** What kept the answer from being served; undefined: nothing. */
  readonly difference: Difference | undefined;
  readonly agreement: Agreement;
  /** What the answer would have cost. */
  readonly saving: PicoUsd;
}

interface Tally {
  same: number;
  different: number;
  unsure: number;
  saving: PicoUsd;
}

const LEAST = 70;
const MOST = 100;
const THRESHOLDS = [0.7, 0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99];
/** Of a normal distribution, for 95 %. */
const Z = 1.96;

/** Counts observations by hundredths of similarity; holds no texts. */
export class ShadowReport {
  readonly #passed = tallies();
  readonly #refused = tallies();
  readonly #reasons = new Map<Difference, number>();
  #looked = 0;
  #embeddings: PicoUsd = 0n;
  #hasUnpriced = false;

  /** A question was looked up. `cost`: of its embedding; undefined: it has no known price. */
  looked(cost: PicoUsd | undefined): void {
    this.#looked += 1;
    if (cost === undefined) this.#hasUnpriced = true;
    else this.#embeddings += cost;
  }

  observe({ similarity, difference, agreement, saving }: Observation): void {
    const tally = (difference === undefined ? this.#passed : this.#refused)[indexOf(similarity)];
    if (tally === undefined) return;
    tally[agreement] += 1;
    tally.saving += saving;
    if (difference !== undefined) this.#reasons.set(difference, (this.#reasons.get(difference) ?? 0) + 1);
  }

  /** The report, as JSON. */
  get json(): JsonObject {
    return {
      lookups: this.#looked,
      embedding_cost: this.#hasUnpriced ? null : formatUsd(this.#embeddings),
      thresholds: THRESHOLDS.map((threshold) => this.#row(threshold)),
      refused_by: Object.fromEntries([...this.#reasons].sort(([one], [other]) => (one < other ? -1 : 1))),
    };
  }

  #row(threshold: number): JsonObject {
    const from = indexOf(threshold);
    const passed = sum(this.#passed.slice(from));
    const refused = sum(this.#refused.slice(from));
    return {
      threshold,
      ...factsOf(passed),
      hit_rate: this.#looked === 0 ? null : rounded(countOf(passed) / this.#looked),
      saving: formatUsd(passed.saving),
      net_saving: this.#hasUnpriced ? null : formatUsd(passed.saving - this.#embeddings),
      refused_by_guards: factsOf(refused),
    };
  }
}

const tallies = (): Tally[] => Array.from({ length: MOST - LEAST + 1 }, () => ({ ...NOTHING }));
const NOTHING: Tally = { same: 0, different: 0, unsure: 0, saving: 0n };
const indexOf = (similarity: number): number => Math.floor(Math.min(1, similarity) * 100 + 1e-6) - LEAST;
const countOf = ({ same, different, unsure }: Tally): number => same + different + unsure;
const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;

function sum(all: readonly Tally[]): Tally {
  const total = { ...NOTHING };
  for (const { same, different, unsure, saving } of all) {
    total.same += same;
    total.different += different;
    total.unsure += unsure;
    total.saving += saving;
  }
  return total;
}

/** False hits among those that the answers decide; the upper bound also counts as false what they do not decide. */
function factsOf(tally: Tally): JsonObject {
  const { same, different, unsure } = tally;
  const [low] = interval(different, same + different);
  const [, high] = interval(different + unsure, countOf(tally));
  return {
    hits: countOf(tally),
    same,
    different,
    unsure,
    false_hit_rate: same + different === 0 ? null : rounded(different / (same + different)),
    false_hit_rate_low: rounded(low),
    false_hit_rate_high: rounded(high),
  };
}

/** Wilson's interval for a share, at 95 %. */
function interval(count: number, of: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const share = count / of;
  const square = Z * Z;
  const middle = (share + square / (2 * of)) / (1 + square / of);
  const half = (Z * Math.sqrt((share * (1 - share)) / of + square / (4 * of * of))) / (1 + square / of);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
