/** What was used by day, model, key and tier, on one side of a bill. Pure. */
import type { PicoUsd } from '../core/money.ts';
import { BILLED_KINDS, type BilledKind, type BilledTokens } from '../providers/bill.ts';

/** A day in milliseconds: bills are closed by days in UTC. */
export const DAY_MS = 86_400_000;
/** More than any account has; a bound, because clients may choose the names of models. */
const MOST_CELLS = 200_000;
const SEPARATOR = '\u0000';

/** What all tokens of a cell have in common. */
export interface CellKey {
  /** By family: `gpt-4o`. */
  readonly model: string;
  /** The provider's id of the key; empty if it is unknown. */
  readonly keyId: string;
  readonly tier: string;
}

/** Tokens by kind, in the order of `BILLED_KINDS`. */
export type Counts = number[];

/** No tokens. */
export const noCounts = (): Counts => BILLED_KINDS.map(() => 0);

/** The same tokens as counts. */
export function countsOf(tokens: BilledTokens): Counts {
  return BILLED_KINDS.map((kind) => tokens[kind] ?? 0);
}

/** The tokens that are not 0, by kind. */
export function tokensOf(counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(BILLED_KINDS.flatMap((kind, at) => (counts[at] ? [[kind, counts[at]]] : [])));
}

/** Adds counts to others, `times` times. */
export function addCounts(to: Counts, counts: readonly number[], times = 1): void {
  for (let at = 0; at < to.length; at += 1) to[at] = (to[at] ?? 0) + (counts[at] ?? 0) * times;
}

/** Whether there is none. */
export const isNothing = (counts: readonly number[]): boolean => counts.every((count) => count === 0);

/** One side of a cell. */
export interface Side {
  readonly counts: Counts;
  requests: number;
  /** What the kinds cost, in the order of `BILLED_KINDS`. */
  readonly costs: PicoUsd[];
}

/** An empty side. */
export const noSide = (): Side => ({ counts: noCounts(), requests: 0, costs: BILLED_KINDS.map(() => 0n) });

/** Adds one side to another. */
export function addSide(to: Side, side: Side): void {
  addCounts(to.counts, side.counts);
  to.requests += side.requests;
  for (let at = 0; at < to.costs.length; at += 1) to.costs[at] = (to.costs[at] ?? 0n) + (side.costs[at] ?? 0n);
}

/** A cell on a day: both sides, and what of the ledger's tokens lies so near to the day's end that it may count for the next one. */
export interface DayCell {
  readonly provider: Side;
  readonly ledger: Side;
  /** Near the end of this day. */
  readonly late: Counts;
  /** Near its beginning. */
  readonly early: Counts;
}

/** All cells of a provider. */
export class Cells {
  readonly #byKey = new Map<string, { readonly key: CellKey; readonly days: Map<number, DayCell> }>();
  #size = 0;

  /** The cell of a day; made if there is none. */
  at(key: CellKey, dayMs: number): DayCell {
    const id = [key.model, key.keyId, key.tier].join(SEPARATOR);
    let entry = this.#byKey.get(id);
    if (entry === undefined) {
      entry = { key, days: new Map() };
      this.#byKey.set(id, entry);
    }
    let cell = entry.days.get(dayMs);
    if (cell !== undefined) return cell;
    this.#size += 1;
    if (this.#size > MOST_CELLS)
      throw new RangeError(`there are more than ${MOST_CELLS} days of models and keys: choose a shorter time`);
    cell = { provider: noSide(), ledger: noSide(), late: noCounts(), early: noCounts() };
    entry.days.set(dayMs, cell);
    return cell;
  }

  get all(): Iterable<{ readonly key: CellKey; readonly days: ReadonlyMap<number, DayCell> }> {
    return this.#byKey.values();
  }
}

/** The place of a kind in counts. */
export const placeOf = (kind: BilledKind): number => BILLED_KINDS.indexOf(kind);

/** The beginning of the day of a moment, in UTC. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

/** A day as people write it. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
