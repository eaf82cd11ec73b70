/** Finds the minutes that a difference lies in, and the calls of the ledger that it may come from. */
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import { addCounts, type CellKey, type Counts, DAY_MS, dateOf, isNothing, noCounts, tokensOf } from './cells.ts';
import type { Residue } from './compare.ts';
import { billedRow } from './ledger-side.ts';
import type { Difference } from './report.ts';

/** A provider may count a call when it began or when it ended: what balances within this time is no difference. */
const NEAR_MS = 600_000;
const MOST_CALLS = 20;

/** A day of a cell, minute by minute or hour by hour. */
interface Moment {
  readonly counts: Counts;
  requests: number;
}

/** What differs in some minutes. */
interface Found {
  readonly key: CellKey;
  readonly dayMs: number;
  /** Undefined: somewhere in the day. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly counts: Counts;
  readonly requests: number;
}

/** What is known of one day. */
interface DayLooked {
  readonly dayMs: number;
  readonly residues: readonly Residue[];
  readonly widthMs: number;
  /** What was billed, moment by moment. */
  readonly billed: AsyncIterable<{
    readonly key: CellKey;
    readonly startMs: number;
    readonly counts: Counts;
    readonly requests: number;
  }>;
  /** Reads the ledger's rows of a span; each time from the beginning. */
  readonly rows: (fromMs: number, toMs: number) => AsyncIterable<LedgerRow>;
  readonly keyOf: (row: LedgerRow, tier: string) => CellKey;
}

const idOf = ({ model, keyId, tier }: CellKey): string => [model, keyId, tier].join('\u0000');

/** When a row's attempt began, by the wall clock of its gateway. */
export const beganMs = ({ attemptStartedAtMs, startedAtMs }: LedgerRow): number => attemptStartedAtMs ?? startedAtMs;

/** The differences of a day, moment by moment. */
export async function lookInto(day: DayLooked): Promise<Found[]> {
  const wanted = new Map(day.residues.map((residue) => [idOf(residue.key), new Map<number, Moment>()]));
  const momentOf = (key: CellKey, ms: number): Moment | undefined => {
    const moments = wanted.get(idOf(key));
    if (moments === undefined) return undefined;
    const at = Math.floor(ms / day.widthMs) * day.widthMs;
    const known = moments.get(at) ?? { counts: noCounts(), requests: 0 };
    moments.set(at, known);
    return known;
  };
  for await (const { key, startMs, counts, requests } of day.billed) {
    const moment = momentOf(key, startMs);
    if (moment === undefined) continue;
    addCounts(moment.counts, counts);
    moment.requests += requests;
  }
  for await (const row of day.rows(day.dayMs - NEAR_MS, day.dayMs + DAY_MS + NEAR_MS)) {
    const billed = billedRow(row);
    const moment = billed === undefined ? undefined : momentOf(day.keyOf(row, billed.tier), beganMs(row));
    if (billed === undefined || moment === undefined) continue;
    addCounts(moment.counts, billed.counts, -1);
    moment.requests -= billed.requests;
  }
  return day.residues.flatMap((residue) => foundIn(residue, day, wanted.get(idOf(residue.key)) ?? new Map()));
}

function foundIn(residue: Residue, { dayMs, widthMs }: DayLooked, moments: ReadonlyMap<number, Moment>): Found[] {
  const ends = { fromMs: dayMs, toMs: dayMs + DAY_MS };
  const left = [...moments]
    .filter(([ms, { counts, requests }]) => isIn(ms, ends, widthMs) && (requests !== 0 || !isNothing(counts)))
    .sort(([one], [other]) => one - other);
  const { key } = residue;
  const found = clustersOf(left, Math.max(NEAR_MS, widthMs)).flatMap((cluster): Found[] => {
    const rest = withoutPairs(cluster);
    const signs = new Set(rest.flatMap(([, { counts }]) => counts.filter((count) => count !== 0).map(Math.sign)));
    const single = ([ms, { counts, requests }]: [number, Moment]): Found => ({
      ...{ key, dayMs, fromMs: ms, toMs: ms + widthMs, counts, requests },
    });
    if (rest.length === 0) return [];
    if (signs.size === 1) return rest.map(single);
    const counts = noCounts();
    let requests = 0;
    for (const [, moment] of rest) {
      addCounts(counts, moment.counts);
      requests += moment.requests;
    }
    if (isNothing(counts) && requests === 0) return [];
    const [first = dayMs] = rest[0] ?? [];
    const [last = dayMs] = rest.at(-1) ?? [];
    return [{ key, dayMs, fromMs: first, toMs: last + widthMs, counts, requests }];
  });
  // What lies at the ends of the day was balanced with the days beside it.
  return found.length > 0
    ? found
    : [{ key, dayMs, fromMs: undefined, toMs: undefined, counts: residue.counts, requests: residue.requests }];
}

const isIn = (
  ms: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  widthMs: number,
): boolean => ms > fromMs - Math.max(NEAR_MS, widthMs) && ms < toMs;

/** Moments that lie near each other. */
function clustersOf(moments: readonly [number, Moment][], nearMs: number): [number, Moment][][] {
  const clusters: [number, Moment][][] = [];
  for (const moment of moments) {
    const last = clusters.at(-1);
    const lastMs = last?.at(-1)?.[0];
    if (last !== undefined && lastMs !== undefined && moment[0] - lastMs <= nearMs) last.push(moment);
    else clusters.push([moment]);
  }
  return clusters;
}

/** Leaves out two moments of which one has what the other lacks. */
function withoutPairs(cluster: readonly [number, Moment][]): [number, Moment][] {
  const left = [...cluster];
  for (let at = 0; at < left.length; at += 1) {
    const one = left[at]?.[1];
    const other = left.findIndex(
      ([, moment], index) =>
        index > at && one !== undefined && moment.counts.every((count, kind) => count + (one.counts[kind] ?? 0) === 0),
    );
    if (other === -1) continue;
    left.splice(other, 1);
    left.splice(at, 1);
    at -= 1;
  }
  return left;
}

/** A row that may have to do with a difference. */
interface Suspect {
  readonly callId: string;
  readonly why: 'orphan' | 'estimated' | 'same-counts';
}

/** Names each difference, with the calls that it may come from. `lost`: by how many attempts the day's sums exceed its rows. */
export async function nameDifferences(
  found: readonly Found[],
  day: DayLooked,
  hasRequests: boolean,
  usdOf: (key: CellKey, counts: readonly number[]) => string,
  lost: (key: CellKey) => number,
): Promise<Difference[]> {
  const suspects = found.map((): Suspect[] => []);
  for await (const row of day.rows(day.dayMs - NEAR_MS, day.dayMs + DAY_MS + NEAR_MS)) {
    const billed = billedRow(row);
    const isOrphan = row.status === 'orphan';
    if (billed === undefined && !isOrphan) continue;
    const key = day.keyOf(row, billed?.tier ?? 'standard');
    found.forEach((each, index) => {
      const list = suspects[index];
      if (list === undefined || list.length >= MOST_CALLS || !isNear(each, key, row)) return;
      const isSame = billed !== undefined && each.counts.every((count, at) => count === -(billed.counts[at] ?? 0));
      const why = isOrphan ? 'orphan' : isSame ? 'same-counts' : row.isEstimated ? 'estimated' : undefined;
      if (why !== undefined) list.push({ callId: row.callId, why });
    });
  }
  return found.map((each, index) => named(each, suspects[index] ?? [], hasRequests, usdOf, lost(each.key)));
}

function isNear({ key, fromMs, toMs, dayMs }: Found, other: CellKey, row: LedgerRow): boolean {
  if (key.model !== other.model || key.keyId !== other.keyId) return false;
  const ms = beganMs(row);
  return ms >= (fromMs ?? dayMs) - NEAR_MS && ms < (toMs ?? dayMs + DAY_MS) + NEAR_MS;
}

function named(
  { key, dayMs, fromMs, toMs, counts, requests }: Found,
  suspects: readonly Suspect[],
  hasRequests: boolean,
  usdOf: (key: CellKey, counts: readonly number[]) => string,
  lost: number,
): Difference {
  const isMore = counts.every((count) => count >= 0);
  const isLess = counts.every((count) => count <= 0);
  const same = suspects.filter(({ why }) => why === 'same-counts');
  const orphans = suspects.filter(({ why }) => why === 'orphan');
  const estimated = suspects.filter(({ why }) => why === 'estimated');
  const isAlike = hasRequests ? requests === 0 : estimated.length > 0 && orphans.length === 0;
  const what =
    same.length > 0 && isLess
      ? 'not-in-bill'
      : isAlike || (!isMore && !isLess)
        ? 'counts-differ'
        : isMore
          ? 'not-in-ledger'
          : 'not-in-bill';
  const calls =
    what === 'not-in-bill' ? (same.length > 0 ? same : estimated) : what === 'counts-differ' ? estimated : orphans;
  return {
    what,
    ...{ model: key.model, key: key.keyId || null, tier: key.tier, date: dateOf(fromMs ?? dayMs) },
    from: fromMs === undefined ? null : new Date(fromMs).toISOString(),
    to: toMs === undefined ? null : new Date(toMs).toISOString(),
    requests: hasRequests ? requests : null,
    tokens: tokensOf(counts),
    usd: usdOf(key, counts),
    calls: [...new Set(calls.map(({ callId }) => callId))],
    why: reasonOf(what, calls.length > 0, lost),
  };
}

function reasonOf(what: Difference['what'], hasCalls: boolean, lost: number): string {
  switch (what) {
    case 'not-in-ledger':
      if (hasCalls)
        return 'A killed gateway had these calls under way: they are booked at their holds until `sluice spend --orphans` corrects them.';
      return lost > 0
        ? `The sums of this day have ${lost} attempts of this model more than the ledger has rows: rows were lost, or deleted by the retention.`
        : 'No call of this gateway fits: the key was used past the gateway, or a row was lost before it was counted.';
    case 'not-in-bill':
      return hasCalls ? 'Booked here, and not billed.' : 'More is booked here than was billed; the report may be late.';
    case 'counts-differ':
      return hasCalls
        ? 'The gateway counted these calls itself, because their answers ended before the provider said their usage.'
        : 'Both sides have these requests, with other counts.';
  }
}
