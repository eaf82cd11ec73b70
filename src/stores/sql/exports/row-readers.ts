/** Reads rows of each kind that moves. */
import type { Kysely } from 'kysely';
import type { PicoUsd } from '../../../core/money.ts';
import { textOfRow } from '../../contracts/ledger-text.ts';
import type { MovedRow } from '../../contracts/moved.ts';
import type { NoTables } from '../connection.ts';
import type { DirectoryTables } from '../directory/tables.ts';
import { rowOf, type StoredRow } from '../ledger/columns.ts';
import type { Column } from '../ledger/json-rows.ts';
import { DAY_KEY, DAY_SUMS, MECHANISM, moneyOf, SAVINGS_SUMS } from '../ledger/sums.ts';
import { pagesOf } from './pages.ts';

type Rows = AsyncGenerator<readonly MovedRow[]>;

const DAY_MS = 86_400_000;

interface CostRow {
  readonly account: string;
  readonly cost_micro: bigint;
  readonly cost_pico: bigint;
}

/** By the kind of row. */
export const ROW_READERS: { readonly [Kind in MovedRow['kind']]: (database: Kysely<NoTables>) => Rows } = {
  spend: readSpend,
  total: (database) =>
    readEach<CostRow>(database, 'account_totals', ['account'], ({ account, cost_micro, cost_pico }) => ({
      kind: 'total',
      account,
      cost: moneyOf(cost_micro, cost_pico),
    })),
  reset: (database) =>
    readEach<CostRow & { at: number }>(
      database,
      'account_resets',
      ['account'],
      ({ account, at, cost_micro, cost_pico }) => ({
        kind: 'reset',
        account,
        atMs: at,
        cost: moneyOf(cost_micro, cost_pico),
      }),
    ),
  activity: async function* (database) {
    const names = DAY_KEY.map(({ name }) => name);
    yield* readEach<object>(database, 'daily_activity', names, activityOf);
    yield* readEach<{ tag: string }>(database, 'daily_tag_activity', ['tag', ...names], (row) => ({
      ...activityOf(row),
      tag: row.tag,
    }));
  },
  savings: (database) => {
    const names = [...DAY_KEY, MECHANISM].map(({ name }) => name);
    return readEach<object>(database, 'daily_savings', names, (row) => ({
      kind: 'savings',
      by: textsIn(row, [...DAY_KEY, MECHANISM]),
      sums: sumsIn(row, SAVINGS_SUMS),
    }));
  },
  attempt: (database) =>
    readEach<{ attempt_id: string; started_at: number }>(
      database,
      'ledger_ids',
      ['attempt_id'],
      ({ attempt_id, started_at }) => ({ kind: 'attempt', id: attempt_id, startedAtMs: started_at }),
    ),
  ledger: (database) =>
    readEach<StoredRow>(database, 'ledger', ['attempt_id'], (stored) => ({
      kind: 'ledger',
      id: stored.attempt_id,
      isOrphan: stored.status === 'orphan',
      ...(stored.cost_pico !== null && { cost: stored.cost_pico }),
      text: textOfRow(rowOf(stored)),
    })),
  change: (database) =>
    readEach<DirectoryTables['audit']>(database, 'audit', ['id'], (row) => ({
      kind: 'change',
      id: row.id,
      atMs: row.at,
      changedBy: row.changed_by,
      keyHash: row.key_hash,
      action: row.action,
      table: row.object_table,
      objectId: row.object_id,
      text: row.data,
    })),
};

async function* readEach<Row extends object>(
  database: Kysely<NoTables>,
  table: string,
  key: readonly string[],
  move: (row: Row) => MovedRow,
): Rows {
  for await (const rows of pagesOf<Row>(database, table, key)) yield rows.map(move);
}

function activityOf(row: object): Extract<MovedRow, { kind: 'activity' }> {
  return {
    kind: 'activity',
    by: textsIn(row, DAY_KEY),
    sums: sumsIn(row, DAY_SUMS),
  };
}

const textsIn = (row: object, columns: readonly Column[]): string[] =>
  columns.map(({ name }) => String(Reflect.get(row, name)));
const sumsIn = (row: object, columns: readonly Column[]): bigint[] =>
  columns.map(({ name }) => BigInt(Reflect.get(row, name) as number | bigint));

/** Joins the quarters of an hour of an account and day, also across pages. */
async function* readSpend(database: Kysely<NoTables>): Rows {
  let open: { account: string; dayMs: number; costs: [number, PicoUsd][] } | undefined;
  for await (const rows of pagesOf<CostRow & { bucket: number }>(database, 'account_spend', ['account', 'bucket'])) {
    const done: MovedRow[] = [];
    for (const { account, bucket, cost_micro, cost_pico } of rows) {
      const dayMs = Math.floor(bucket / DAY_MS) * DAY_MS;
      if (open?.account !== account || open.dayMs !== dayMs) {
        if (open !== undefined) done.push({ kind: 'spend', ...open });
        open = { account, dayMs, costs: [] };
      }
      open.costs.push([bucket, moneyOf(cost_micro, cost_pico)]);
    }
    if (done.length > 0) yield done;
  }
  if (open !== undefined) yield [{ kind: 'spend', ...open }];
}
