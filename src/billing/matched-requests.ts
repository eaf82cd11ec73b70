/** Requests that a bill names by the ids in their answers, matched one by one. */
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import { addCounts, type CellKey, type Counts, dateOf, isNothing, noCounts, tokensOf } from './cells.ts';
import type { Difference } from './report.ts';

/** About 300 MB. A bill of more requests is split by days. */
const MOST_REQUESTS = 1_000_000;
const MOST_NOT_BILLED = 100_000;

/** A request of the bill; what the ledger has of it is subtracted. */
interface Request {
  readonly key: CellKey;
  readonly ms: number;
  readonly counts: Counts;
  callId: string | undefined;
}

/** Matches them. The bill comes first, then the ledger. */
export class MatchedRequests {
  readonly #requests = new Map<string, Request>();
  readonly #notBilled = new Map<string, Request>();

  get isUsed(): boolean {
    return this.#requests.size > 0;
  }

  billed(id: string, key: CellKey, ms: number, counts: readonly number[]): void {
    const known = this.#requests.get(id);
    if (known !== undefined) {
      addCounts(known.counts, counts);
      return;
    }
    if (this.#requests.size >= MOST_REQUESTS)
      throw new RangeError(`the bill names more than ${MOST_REQUESTS} requests: split it by days`);
    this.#requests.set(id, { key, ms, counts: [...counts], callId: undefined });
  }

  booked({ callId, answerId }: LedgerRow, key: CellKey, ms: number, counts: readonly number[]): void {
    if (!this.isUsed) return;
    const found = this.#requests.get(answerId ?? callId) ?? this.#requests.get(callId);
    if (found !== undefined) {
      addCounts(found.counts, counts, -1);
      found.callId = callId;
      return;
    }
    // A list of so many is not read to its end.
    if (this.#notBilled.size >= MOST_NOT_BILLED && !this.#notBilled.has(callId)) return;
    const known = this.#notBilled.get(callId) ?? { key, ms, counts: noCounts(), callId };
    addCounts(known.counts, counts, -1);
    this.#notBilled.set(callId, known);
  }

  /** What is on one side only, or has other counts. */
  differences(usdOf: (key: CellKey, counts: readonly number[]) => string): Difference[] {
    const differences: Difference[] = [];
    for (const [id, request] of this.#requests) {
      if (request.callId === undefined) differences.push(this.#told('not-in-ledger', request, id, usdOf));
      else if (!isNothing(request.counts))
        differences.push(this.#told('counts-differ', request, request.callId, usdOf));
    }
    for (const [id, request] of this.#notBilled) differences.push(this.#told('not-in-bill', request, id, usdOf));
    return differences.sort((one, other) => Math.abs(Number(other.usd)) - Math.abs(Number(one.usd)));
  }

  #told(
    what: Difference['what'],
    { key, ms, counts }: Request,
    id: string,
    usdOf: (key: CellKey, counts: readonly number[]) => string,
  ): Difference {
    return {
      what,
      ...{ model: key.model, key: key.keyId || null, tier: key.tier, date: dateOf(ms) },
      ...{ from: new Date(ms).toISOString(), to: null },
      requests: what === 'counts-differ' ? 0 : what === 'not-in-ledger' ? 1 : -1,
      ...{ tokens: tokensOf(counts), usd: usdOf(key, counts), calls: [id], why: WHY[what] },
    };
  }
}

const WHY: Readonly<Record<Difference['what'], string>> = {
  'not-in-ledger': 'The bill names this request, and no row of the ledger has its id.',
  'not-in-bill': 'The ledger has this request, and the bill does not name it.',
  'counts-differ': 'Both sides have this request, with other counts.',
};
