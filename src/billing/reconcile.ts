/** Compares a provider's bill with the ledger. */
import { formatUsd } from '../core/money.ts';
import type { BillPage } from '../providers/bill.ts';
import { type CellKey, countsOf, DAY_MS, dateOf, dayOf, tokensOf } from './cells.ts';
import { compare, Rates, type Residue } from './compare.ts';
import { Gathered } from './gather.ts';
import type { KeyView } from './key-view.ts';
import { lookInto, nameDifferences } from './localise.ts';
import { familyOf } from './model-names.ts';
import { priceDifferences } from './price-differences.ts';
import type { BillReport, Difference } from './report.ts';
import type { BillSource, LedgerSource } from './sources.ts';

/** What is compared. */
interface Wanted {
  readonly provider: string;
  /** Whole days in UTC, the end excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly bill: BillSource;
  readonly ledger: LedgerSource;
  readonly keys: KeyView;
  readonly aliases: ReadonlyMap<string, string>;
  readonly onProgress: (what: string, count: number) => void;
}

/** Days that are looked into minute by minute. Each is a question to the provider, and two readings of a day's rows. */
const MOST_DAYS = 31;
const MOST_LISTED = 1_000;
const HOUR_MS = 3_600_000;
/** A whole day's shift between two time zones leaves at least this share alone. */
const SHIFTED_SHARE = 0.9;

/** Reads both sides and compares them. Throws a `ReportError` if the bill cannot be read. */
export async function reconcile(wanted: Wanted): Promise<BillReport> {
  const { fromMs, toMs, bill, ledger, provider, keys, aliases, onProgress } = wanted;
  const gathered = new Gathered({ fromMs, toMs }, keys, aliases);
  let lines = 0;
  for await (const { usage = [], costs = [] } of bill.pages()) {
    for (const each of usage) gathered.addUsage(each);
    for (const each of costs) gathered.addCost(each);
    lines += usage.length + costs.length;
    onProgress('Bill:', lines);
  }
  let rows = 0;
  // A request that began before midnight may have an attempt that began after it.
  for await (const row of ledger.rows(fromMs - DAY_MS, toMs)) {
    if (row.provider !== provider) continue;
    gathered.addRow(row);
    rows += 1;
    onProgress('Ledger:', rows);
  }
  const rates = new Rates(gathered.cells);
  const compared = compare(gathered.cells, rates);
  const usdOf = (key: CellKey, counts: readonly number[]): string => {
    const byKind = rates.of(key);
    return counts.reduce((sum, count, at) => sum + count * (byKind[at] ?? 0), 0).toFixed(6);
  };
  const differences = gathered.byRequest.isUsed
    ? gathered.byRequest.differences(usdOf)
    : await differencesOf(wanted, gathered, compared.residues, usdOf);
  const prices = priceDifferences(gathered.cells, gathered.charged.values());
  const { notes } = gathered;
  if (compared.matched < SHIFTED_SHARE && compared.matchedOverall - compared.matched > 1 - SHIFTED_SHARE)
    notes.add(
      'Both sides have much the same in all, and not by day: the days of the bill seem to be of another time zone than UTC.',
    );
  const hasRequests = gathered.hasRequests === true;
  return {
    provider,
    ...{ from: dateOf(fromMs), to: dateOf(toMs - 1) },
    matched: compared.matched,
    matched_requests: hasRequests ? compared.matchedRequests : null,
    prices_agree: prices.agree ?? null,
    provider_usd: gathered.hasCosts ? formatUsd(gathered.providerCost) : null,
    ledger_usd: formatUsd(gathered.ledgerCost),
    requests: { provider: hasRequests ? compared.provider.requests : null, ledger: compared.ledger.requests },
    tokens: { provider: tokensOf(compared.provider.counts), ledger: tokensOf(compared.ledger.counts) },
    prices: prices.differences,
    differences: differences.slice(0, MOST_LISTED),
    more_differences: Math.max(0, differences.length - MOST_LISTED),
    unpriced: gathered.unpriced.named,
    orphans: gathered.orphans.named,
    elsewhere: gathered.elsewhere,
    other_costs: [...gathered.otherCosts].map(([what, cost]) => ({ what, usd: formatUsd(cost) })),
    notes: [...notes],
  };
}

/** The days that make the most come first, and are looked into. */
async function differencesOf(
  wanted: Wanted,
  gathered: Gathered,
  residues: readonly Residue[],
  usdOf: (key: CellKey, counts: readonly number[]) => string,
): Promise<Difference[]> {
  const byDay = Map.groupBy(residues, ({ dayMs }) => dayMs);
  const weightOf = (day: readonly Residue[]): number =>
    day.reduce((sum, { key, counts }) => sum + Number(usdOf(key, counts.map(Math.abs))), 0);
  const days = [...byDay].sort(([, one], [, other]) => weightOf(other) - weightOf(one));
  const lost = await lostRows(wanted, gathered);
  const differences: Difference[] = [];
  let looked = 0;
  for (const [dayMs, ofDay] of days) {
    const { fine } = wanted.bill;
    const isLooked = fine !== undefined && looked < MOST_DAYS;
    looked += 1;
    wanted.onProgress('Days looked into:', looked);
    const day = {
      dayMs,
      residues: ofDay,
      widthMs: isLooked ? fine.widthMs : DAY_MS,
      billed: isLooked ? usageIn(fine.pages(dayMs), gathered) : nothing(),
      rows: (fromMs: number, toMs: number) => rowsOf(wanted, fromMs, toMs),
      keyOf: gathered.keyOfRow,
    };
    const found = isLooked
      ? await lookInto(day)
      : ofDay.map(({ key, counts, requests }) => ({
          key,
          dayMs,
          fromMs: undefined,
          toMs: undefined,
          counts,
          requests,
        }));
    const isLost = ({ model }: CellKey): number => lost.get(`${dayMs}\u0000${model}`) ?? 0;
    differences.push(...(await nameDifferences(found, day, gathered.hasRequests === true, usdOf, isLost)));
  }
  return differences.sort((one, other) => Math.abs(Number(other.usd)) - Math.abs(Number(one.usd)));
}

async function* nothing(): AsyncGenerator<never> {}

async function* usageIn(pages: AsyncIterable<BillPage>, gathered: Gathered) {
  for await (const { usage = [] } of pages) {
    for (const each of usage) {
      const key = gathered.keyOfUsage(each);
      if (key === undefined) continue;
      yield { key, startMs: each.startMs, counts: countsOf(each.tokens), requests: each.requests ?? 0 };
    }
  }
}

/** With an hour before, for requests that began before this span and were asked again in it. */
async function* rowsOf({ ledger, provider }: Wanted, fromMs: number, toMs: number) {
  for await (const row of ledger.rows(fromMs - HOUR_MS, toMs)) if (row.provider === provider) yield row;
}

/** By day and family: how many attempts the ledger's sums have more than its rows. */
async function lostRows(
  { ledger, provider, fromMs, toMs, aliases }: Wanted,
  { rowsOfDay }: Gathered,
): Promise<ReadonlyMap<string, number>> {
  const lost = new Map<string, number>();
  const add = (dayMs: number, model: string, count: number): void => {
    const id = `${dayMs}\u0000${familyOf(model, aliases)}`;
    lost.set(id, (lost.get(id) ?? 0) + count);
  };
  for (const { by, attempts } of await ledger.sums(dateOf(fromMs), dateOf(toMs - 1), provider))
    add(dayOf(Date.parse(by.date ?? '')), by.model ?? '', attempts);
  for (const [id, count] of rowsOfDay) {
    const [day = '', model = ''] = id.split('\u0000');
    add(Number(day), model, -count);
  }
  return lost;
}
