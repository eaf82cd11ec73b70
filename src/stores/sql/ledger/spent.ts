/** What accounts spent: in all, and in any span of time. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { unescapeId } from '../../../core/escape-id.ts';
import type { PicoUsd } from '../../../core/money.ts';
import type { NoTables, SqlConnection } from '../connection.ts';
import { accountsOf } from './columns.ts';
import { allOf, between } from './conditions.ts';
import { jsonRows } from './json-rows.ts';
import { BUCKET_MS, bucketOf, moneyOf, storedMoney } from './sums.ts';

interface Money {
  readonly cost_micro: bigint | null;
  readonly cost_pico: bigint | null;
}

/** How many rows of the edges of a span are read at once. */
const ROWS_AT_ONCE = 5_000;

/** What accounts spent in all, or since their last reset. */
export async function readTotals(
  { kind, read }: SqlConnection,
  accounts: readonly string[],
): Promise<ReadonlyMap<string, PicoUsd>> {
  if (accounts.length === 0) return new Map();
  const wanted = jsonRows(
    kind,
    [{ name: 'account', type: 'text' }],
    accounts.map((account) => [account]),
  );
  const { rows } = await sql<Money & { readonly account: string }>`
    select account, cost_micro, cost_pico from account_totals where account in (${wanted})`.execute(read);
  return new Map(rows.map(({ account, cost_micro, cost_pico }) => [account, moneyOf(cost_micro, cost_pico)]));
}

/** Sets what an account spent, for its total and for every period that contains this moment. */
export async function resetSpend({ write }: SqlConnection, account: string, to: PicoUsd, nowMs: number): Promise<void> {
  const [micro, pico] = storedMoney(to);
  await write.transaction().execute(async (transaction) => {
    await sql`insert into account_totals (account, cost_micro, cost_pico)
      values (${account}, ${BigInt(micro)}, ${BigInt(pico)})
      on conflict (account) do update set cost_micro = excluded.cost_micro, cost_pico = excluded.cost_pico`.execute(
      transaction,
    );
    await sql`insert into account_resets (account, at, cost_micro, cost_pico)
      values (${account}, ${nowMs}, ${BigInt(micro)}, ${BigInt(pico)})
      on conflict (account) do update
      set at = excluded.at, cost_micro = excluded.cost_micro, cost_pico = excluded.cost_pico`.execute(transaction);
  });
}

/** What an account spent in a span. An attempt counts at the moment its request started. */
export async function readSpent(
  { read, kind }: SqlConnection,
  account: string,
  fromMs: number,
  toMs: number | undefined,
): Promise<PicoUsd> {
  const { rows } = await sql<Money & { readonly at: number }>`
    select at, cost_micro, cost_pico from account_resets where account = ${account}`.execute(read);
  const [reset] = rows;
  const isReset = reset !== undefined && reset.at >= fromMs && reset.at < (toMs ?? Number.POSITIVE_INFINITY);
  if (!isReset) return spentBetween(read, kind, account, fromMs, toMs);
  return moneyOf(reset.cost_micro, reset.cost_pico) + (await spentBetween(read, kind, account, reset.at, toMs));
}

/** Adds up whole quarters of an hour from their sums, and the rest at either end from rows. */
async function spentBetween(
  read: Kysely<NoTables>,
  kind: SqlConnection['kind'],
  account: string,
  fromMs: number,
  toMs: number | undefined,
): Promise<PicoUsd> {
  const first = bucketOf(fromMs + BUCKET_MS - 1);
  const last = toMs === undefined ? undefined : bucketOf(toMs);
  if (last !== undefined && last < first) return spentInPart(read, kind, account, { fromMs, toMs: toMs ?? first });
  let spent = await spentInBuckets(read, account, first, last);
  if (first > fromMs) spent += await spentInPart(read, kind, account, { fromMs, toMs: first });
  if (last !== undefined && toMs !== undefined && toMs > last) {
    spent += await spentInPart(read, kind, account, { fromMs: last, toMs });
  }
  return spent;
}

async function spentInBuckets(
  read: Kysely<NoTables>,
  account: string,
  from: number,
  to: number | undefined,
): Promise<PicoUsd> {
  const { rows } = await sql<Money>`
    select cast(sum(cost_micro) as bigint) as cost_micro, cast(sum(cost_pico) as bigint) as cost_pico
    from account_spend where account = ${account} and ${allOf(between('bucket', from, to))}`.execute(read);
  return moneyOf(rows[0]?.cost_micro ?? 0n, rows[0]?.cost_pico ?? 0n);
}

/**
 * Spend in a part of one quarter of an hour, from its rows. If their sum shows that rows are missing (pruned, or never
 * stored), the whole quarter counts: a budget may then count more than was spent in its period, but never less.
 */
async function spentInPart(
  read: Kysely<NoTables>,
  kind: SqlConnection['kind'],
  account: string,
  part: { readonly fromMs: number; readonly toMs: number },
): Promise<PicoUsd> {
  const bucket = bucketOf(part.fromMs);
  const whole = await spentInBuckets(read, account, bucket, bucket + BUCKET_MS);
  if (whole === 0n) return 0n;
  let inRows = 0n;
  let inPart = 0n;
  for await (const row of rowsOfBucket(read, kind, account, bucket)) {
    inRows += row.cost_pico;
    if (row.started_at >= part.fromMs && row.started_at < part.toMs) inPart += row.cost_pico;
  }
  return inRows === whole ? inPart : whole;
}

interface CostRow {
  readonly attempt_id: string;
  readonly started_at: number;
  readonly cost_pico: bigint;
  readonly accounts: string;
}

/** Rows that count for an account, in pages by time and id. */
async function* rowsOfBucket(
  read: Kysely<NoTables>,
  kind: SqlConnection['kind'],
  account: string,
  bucket: number,
): AsyncGenerator<CostRow> {
  // A search for the account's text in the list narrows the rows; each list is then read to see whether it names the
  // account.
  const named = JSON.stringify(account);
  const mentions = kind === 'sqlite' ? sql`instr(accounts, ${named}) > 0` : sql`strpos(accounts, ${named}) > 0`;
  let after = { started_at: bucket, attempt_id: '' };
  for (;;) {
    const { rows } = await sql<CostRow>`
      select attempt_id, started_at, cost_pico, accounts from ledger
      where (started_at, attempt_id) > (${after.started_at}, ${after.attempt_id}) and started_at < ${bucket + BUCKET_MS}
        and ${mentions} and ${narrowed(account)} and cost_pico is not null
      order by started_at, attempt_id limit ${ROWS_AT_ONCE}`.execute(read);
    for (const row of rows) if (accountsOf(row.accounts).includes(account)) yield row;
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    after = last;
  }
}

/** Kinds of accounts that a row also names in an indexed column. */
const COLUMNS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    key: 'key_hash',
    team: 'team_id',
    user: 'user_id',
    organization: 'organization_id',
    customer: 'customer_id',
  }),
);

/**
 * Narrows the search by an index. It misses a row that counts for the account and has another value in its column; the
 * sum then differs from that of the whole quarter, which counts instead.
 */
function narrowed(account: string): RawBuilder<unknown> {
  const [, kind = '', id] = /^(\w+):(.*?)(?:\/model:.*)?$/s.exec(account) ?? [];
  const column = COLUMNS.get(kind);
  return column === undefined || id === undefined ? sql`1 = 1` : sql`${sql.ref(column)} = ${unescapeId(id)}`;
}
