/** Puts both sides of a bill into cells. */
import type { PicoUsd } from '../core/money.ts';
import { BILLED_KINDS, type BilledCost, type BilledUsage } from '../providers/bill.ts';
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import { addCounts, type CellKey, Cells, countsOf, DAY_MS, dayOf, noCounts, placeOf, tokensOf } from './cells.ts';
import type { KeyView } from './key-view.ts';
import { billedRow } from './ledger-side.ts';
import { beganMs } from './localise.ts';
import { MatchedRequests } from './matched-requests.ts';
import { familyOf } from './model-names.ts';
import type { BillReport, Named } from './report.ts';

/** So near to midnight a call may count for either day. */
const NEAR_MIDNIGHT_MS = 900_000;
const MOST_NAMED = 1_000;
const MOST_KEYS_ELSEWHERE = 1_000;
const MOST_OTHER_COSTS = 1_000;
const STANDARD = 'standard';

/** A list of calls that names the first ones. */
class NamedCalls {
  readonly #calls = new Set<string>();
  #count = 0;

  add(callId: string): void {
    this.#count += 1;
    if (this.#calls.size < MOST_NAMED) this.#calls.add(callId);
  }

  get named(): Named {
    return { count: this.#count, calls: [...this.#calls] };
  }
}

/** What a provider charged for a kind of a model's tokens. */
export interface ChargedKind {
  readonly model: string;
  readonly tier: string;
  readonly at: number;
  cost: PicoUsd;
}

/** Collects a provider's bill and the ledger's rows for one span of days. */
export class Gathered {
  readonly cells = new Cells();
  readonly charged = new Map<string, ChargedKind>();
  readonly unpriced = new NamedCalls();
  readonly orphans = new NamedCalls();
  readonly notes = new Set<string>();
  /** Requests that the bill names one by one. */
  readonly byRequest = new MatchedRequests();
  /** How many rows the ledger has by day and model, for its sums. */
  readonly rowsOfDay = new Map<string, number>();
  ledgerCost: PicoUsd = 0n;
  providerCost: PicoUsd = 0n;
  hasCosts = false;
  /** Whether the provider counts requests; undefined before it said anything. */
  hasRequests: boolean | undefined;
  readonly #elsewhere = new Map<string, { requests: number; counts: number[] }>();
  readonly #otherCosts = new Map<string, PicoUsd>();
  readonly #span: { readonly fromMs: number; readonly toMs: number };
  readonly #keys: KeyView;
  readonly #aliases: ReadonlyMap<string, string>;

  constructor(
    span: { readonly fromMs: number; readonly toMs: number },
    keys: KeyView,
    aliases: ReadonlyMap<string, string>,
  ) {
    this.#span = span;
    this.#keys = keys;
    this.#aliases = aliases;
  }

  /** The cell that usage belongs to; undefined if another gateway's key used it. */
  keyOfUsage({ model, keyId, tier }: BilledUsage): CellKey | undefined {
    const ours = this.#keys.ofBill(keyId);
    if (ours === undefined) return undefined;
    return { model: familyOf(model, this.#aliases), keyId: ours, tier: tier ?? STANDARD };
  }

  keyOfRow = ({ model = '', deploymentId }: LedgerRow, tier: string): CellKey => ({
    model: familyOf(model, this.#aliases),
    keyId: this.#keys.ofDeployment(deploymentId),
    tier,
  });

  addUsage(usage: BilledUsage): void {
    const { startMs, endMs, requests, keyId } = usage;
    if (startMs < this.#span.fromMs || startMs >= this.#span.toMs) return;
    if (endMs - startMs > DAY_MS) throw new RangeError('a line of the bill is about more than a day');
    const counts = countsOf(usage.tokens);
    const key = this.keyOfUsage(usage);
    if (key === undefined) {
      const id =
        this.#elsewhere.size < MOST_KEYS_ELSEWHERE || this.#elsewhere.has(keyId ?? '') ? (keyId ?? '') : '(other)';
      const known = this.#elsewhere.get(id) ?? { requests: 0, counts: noCounts() };
      known.requests += requests ?? 0;
      addCounts(known.counts, counts);
      this.#elsewhere.set(id, known);
      return;
    }
    this.hasRequests = (this.hasRequests ?? true) && requests !== undefined;
    const side = this.cells.at(key, dayOf(startMs)).provider;
    addCounts(side.counts, counts);
    side.requests += requests ?? 0;
    if (usage.cost !== undefined) this.#charge(usage.cost);
    if (usage.requestId !== undefined) this.byRequest.billed(usage.requestId, key, startMs, counts);
  }

  addCost({ startMs, cost, currency, what, model, kind, tier = STANDARD }: BilledCost): void {
    if (startMs < this.#span.fromMs || startMs >= this.#span.toMs) return;
    if (currency !== 'usd') {
      this.notes.add(
        `Costs are in ${currency.toUpperCase()}: they are listed, and not compared with the ledger, which is in USD.`,
      );
      return;
    }
    this.#charge(cost);
    if (model === undefined || kind === undefined) {
      const name = this.#otherCosts.size < MOST_OTHER_COSTS || this.#otherCosts.has(what) ? what : '(other)';
      this.#otherCosts.set(name, (this.#otherCosts.get(name) ?? 0n) + cost);
      return;
    }
    const family = familyOf(model, this.#aliases);
    const id = [family, tier, kind].join('\u0000');
    const known = this.charged.get(id) ?? { model: family, tier, at: placeOf(kind), cost: 0n };
    known.cost += cost;
    this.charged.set(id, known);
  }

  #charge(cost: PicoUsd): void {
    this.hasCosts = true;
    this.providerCost += cost;
  }

  /** Adds a row; rows outside the span are left out, and so are those of other providers. */
  addRow(row: LedgerRow): void {
    const ms = beganMs(row);
    if (ms < this.#span.fromMs || ms >= this.#span.toMs) return;
    const day = dayOf(row.startedAtMs);
    const counted = `${day}\u0000${row.model ?? ''}`;
    this.rowsOfDay.set(counted, (this.rowsOfDay.get(counted) ?? 0) + 1);
    if (row.status === 'orphan') this.orphans.add(row.callId);
    this.ledgerCost += row.cost ?? 0n;
    const billed = billedRow(row);
    if (billed === undefined) return;
    if (!billed.hasPrice) this.unpriced.add(row.callId);
    const key = this.keyOfRow(row, billed.tier);
    this.byRequest.booked(row, key, ms, billed.counts);
    const cell = this.cells.at(key, dayOf(ms));
    addCounts(cell.ledger.counts, billed.counts);
    cell.ledger.requests += billed.requests;
    for (let at = 0; at < BILLED_KINDS.length; at += 1)
      cell.ledger.costs[at] = (cell.ledger.costs[at] ?? 0n) + (billed.costs[at] ?? 0n);
    const endedMs = row.attemptEndedAtMs ?? row.endedAtMs;
    if (endedMs >= dayOf(ms) + DAY_MS - NEAR_MIDNIGHT_MS) addCounts(cell.late, billed.counts);
    if (ms < dayOf(ms) + NEAR_MIDNIGHT_MS) addCounts(cell.early, billed.counts);
  }

  get elsewhere(): BillReport['elsewhere'] {
    return [...this.#elsewhere].map(([key, { requests, counts }]) => ({ key, requests, tokens: tokensOf(counts) }));
  }

  get otherCosts(): ReadonlyMap<string, PicoUsd> {
    return this.#otherCosts;
  }
}
