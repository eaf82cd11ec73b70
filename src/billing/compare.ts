/** Compares the two sides of a provider's cells: what is on both, what each lacks, and how prices differ. Pure. */
import type { PicoUsd } from '../core/money.ts';
import { BILLED_KINDS } from '../providers/bill.ts';
import {
  addCounts,
  addSide,
  type CellKey,
  type Cells,
  type Counts,
  DAY_MS,
  type DayCell,
  isNothing,
  noSide,
  type Side,
} from './cells.ts';

/** What one day of a cell has on one side only, once what lies at the ends of days is put where the other side has it. */
export interface Residue {
  readonly key: CellKey;
  readonly dayMs: number;
  /** Billed less booked. */
  readonly counts: Counts;
  readonly requests: number;
}

/** The sums of all cells. */
interface Compared {
  readonly provider: Side;
  readonly ledger: Side;
  /** Weighted by price; 1 if there is nothing. */
  readonly matched: number;
  readonly matchedRequests: number;
  readonly residues: readonly Residue[];
  /** The share that would match if days did not count. */
  readonly matchedOverall: number;
}

/** Compares all cells. */
export function compare(cells: Cells, rates: Rates): Compared {
  const provider = noSide();
  const ledger = noSide();
  const residues: Residue[] = [];
  const tally = new Tally();
  const overall = new Tally();
  for (const { key, days } of cells.all) {
    const wholeProvider = noSide();
    const wholeLedger = noSide();
    const ofKey = residuesOf(key, days);
    for (const [dayMs, cell] of days) {
      addSide(wholeProvider, cell.provider);
      addSide(wholeLedger, cell.ledger);
      const residue = ofKey.get(dayMs);
      if (residue === undefined) continue;
      tally.add(cell, residue, rates.of(key));
      if (!isNothing(residue.counts) || residue.requests !== 0) residues.push(residue);
    }
    const whole = { provider: wholeProvider, ledger: wholeLedger };
    const counts = [...wholeProvider.counts];
    addCounts(counts, wholeLedger.counts, -1);
    overall.add(whole, { counts, requests: wholeProvider.requests - wholeLedger.requests }, rates.of(key));
    addSide(provider, wholeProvider);
    addSide(ledger, wholeLedger);
  }
  return {
    ...{ provider, ledger, residues },
    ...{ matched: tally.share, matchedRequests: tally.requestShare, matchedOverall: overall.share },
  };
}

/** Adds up what is on both sides, and what is on either. */
class Tally {
  #both = 0;
  #either = 0;
  #bothRequests = 0;
  #eitherRequests = 0;

  add(
    { provider, ledger }: Pick<DayCell, 'provider' | 'ledger'>,
    { counts, requests }: Pick<Residue, 'counts' | 'requests'>,
    rates: readonly number[],
  ): void {
    for (let at = 0; at < counts.length; at += 1) {
      const most = Math.max(provider.counts[at] ?? 0, ledger.counts[at] ?? 0);
      const apart = Math.min(most, Math.abs(counts[at] ?? 0));
      this.#either += most * (rates[at] ?? 0);
      this.#both += (most - apart) * (rates[at] ?? 0);
    }
    const most = Math.max(provider.requests, ledger.requests);
    this.#eitherRequests += most;
    this.#bothRequests += most - Math.min(most, Math.abs(requests));
  }

  get share(): number {
    return this.#either === 0 ? 1 : this.#both / this.#either;
  }

  get requestShare(): number {
    return this.#eitherRequests === 0 ? 1 : this.#bothRequests / this.#eitherRequests;
  }
}

/**
 * The difference of each day. A call near midnight may count for either day: a provider has its own clock, and may count a call when it
 * began or when it ended. As much as the ledger has there is taken to be on the day that balances.
 */
function residuesOf(key: CellKey, days: ReadonlyMap<number, DayCell>): Map<number, Residue> {
  const residues = new Map<number, { key: CellKey; dayMs: number; counts: Counts; requests: number }>();
  const sorted = [...days].sort(([one], [other]) => one - other);
  for (const [dayMs, { provider, ledger }] of sorted) {
    const counts = [...provider.counts];
    addCounts(counts, ledger.counts, -1);
    residues.set(dayMs, { key, dayMs, counts, requests: provider.requests - ledger.requests });
  }
  for (let at = 0; at + 1 < sorted.length; at += 1) {
    const [today, tomorrow] = [sorted[at], sorted[at + 1]];
    if (today === undefined || tomorrow === undefined || tomorrow[0] - today[0] > DAY_MS) continue;
    const [before, after] = [residues.get(today[0]), residues.get(tomorrow[0])];
    if (before === undefined || after === undefined) continue;
    let isMoved = false;
    for (let kind = 0; kind < before.counts.length; kind += 1) {
      const [one, other] = [before.counts[kind] ?? 0, after.counts[kind] ?? 0];
      // Booked today and billed tomorrow, or the other way round.
      const near = one < 0 ? (today[1].late[kind] ?? 0) : (tomorrow[1].early[kind] ?? 0);
      const moved = one * other < 0 ? Math.min(Math.abs(one), Math.abs(other), near) : 0;
      if (moved === 0) continue;
      isMoved = true;
      before.counts[kind] = one - Math.sign(one) * moved;
      after.counts[kind] = other - Math.sign(other) * moved;
    }
    if (isMoved && before.requests * after.requests < 0) {
      const moved = Math.min(Math.abs(before.requests), Math.abs(after.requests));
      before.requests -= Math.sign(before.requests) * moved;
      after.requests -= Math.sign(after.requests) * moved;
    }
  }
  return residues;
}

/** What a token of each kind is worth, in USD: for weights, so a floating-point number is exact enough. */
export class Rates {
  readonly #byModel = new Map<string, { readonly counts: Counts; readonly costs: PicoUsd[] }>();

  constructor(cells: Cells) {
    for (const { key, days } of cells.all) {
      const known = this.#byModel.get(key.model) ?? {
        counts: BILLED_KINDS.map(() => 0),
        costs: BILLED_KINDS.map(() => 0n),
      };
      for (const { ledger, provider } of days.values()) {
        // What the ledger has no rate for is worth what the provider charges.
        for (const side of [ledger, provider]) {
          for (let at = 0; at < BILLED_KINDS.length; at += 1) {
            if ((side.costs[at] ?? 0n) === 0n) continue;
            known.counts[at] = (known.counts[at] ?? 0) + (side.counts[at] ?? 0);
            known.costs[at] = (known.costs[at] ?? 0n) + (side.costs[at] ?? 0n);
          }
        }
      }
      this.#byModel.set(key.model, known);
    }
  }

  /** Of a model's kinds; one without a price on either side is worth as much as the dearest other one. */
  of({ model }: CellKey): readonly number[] {
    const { counts, costs } = this.#byModel.get(model) ?? { counts: [], costs: [] };
    const rates = BILLED_KINDS.map((_, at) => {
      const count = counts[at] ?? 0;
      return count === 0 ? undefined : Number(costs[at] ?? 0n) / 1e12 / count;
    });
    const dearest = Math.max(0, ...rates.map((rate) => rate ?? 0));
    return rates.map((rate) => rate ?? (dearest || UNPRICED_WEIGHT));
  }
}

/** The weight of tokens without a price on either side: about that of a small model. */
const UNPRICED_WEIGHT = 1e-6;
