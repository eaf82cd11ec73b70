/** Rows by what they are searched by, a page at a time. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Ledger, LedgerFilter, LedgerRow } from '../../contracts/ledger.ts';
import type { NoTables } from '../connection.ts';
import { rowOf, type StoredRow } from './columns.ts';
import { allOf, between, equalTo, oneOf } from './conditions.ts';

/** A page of rows. */
export async function findRows(
  read: Kysely<NoTables>,
  filter: LedgerFilter,
  { limit, offset, order = 'newest' }: Parameters<Ledger['find']>[1],
): Promise<LedgerRow[]> {
  // By tag, the index by tag leads, and it is in the order of time as well.
  const startedAt = sql.ref(filter.tag === undefined ? 'ledger.started_at' : 'ledger_tags.started_at');
  const id = sql.ref(filter.tag === undefined ? 'ledger.attempt_id' : 'ledger_tags.attempt_id');
  const orders = {
    newest: sql`${startedAt} desc, ${id} desc`,
    oldest: sql`${startedAt}, ${id}`,
    costliest: sql`coalesce(cost_pico, -1) desc, ${startedAt} desc, ${id} desc`,
  };
  const { rows } = await sql<StoredRow>`
    select ledger.* from ${source(filter)} where ${conditions(filter)}
    order by ${orders[order]} limit ${limit} offset ${offset}`.execute(read);
  return rows.map(rowOf);
}

/** How many rows there are. */
export async function countRows(read: Kysely<NoTables>, filter: LedgerFilter): Promise<number> {
  const { rows } = await sql<{ found: number }>`
    select count(*) as found from ${source(filter)} where ${conditions(filter)}`.execute(read);
  return rows[0]?.found ?? 0;
}

function source({ tag }: LedgerFilter): RawBuilder<unknown> {
  if (tag === undefined) return sql`ledger`;
  return sql`ledger_tags join ledger on ledger.attempt_id = ledger_tags.attempt_id`;
}

function conditions(filter: LedgerFilter): RawBuilder<unknown> {
  const { callId, minCost, maxCost } = filter;
  return allOf([
    ...equalTo({
      tag: filter.tag,
      key_hash: filter.keyHash,
      user_id: filter.userId,
      team_id: filter.teamId,
      organization_id: filter.organizationId,
      customer_id: filter.customerId,
      model_group: filter.modelGroup,
      model: filter.model,
      provider: filter.provider,
      status: filter.status,
    }),
    ...oneOf({ team_id: filter.teamIds, organization_id: filter.organizationIds }),
    ...between(filter.tag === undefined ? 'ledger.started_at' : 'ledger_tags.started_at', filter.fromMs, filter.toMs),
    // Ids of attempts begin with that of their call and a stroke; `0` is what follows the stroke.
    ...(callId === undefined
      ? []
      : [sql`ledger.attempt_id >= ${`${callId}/`}`, sql`ledger.attempt_id < ${`${callId}0`}`]),
    ...(minCost === undefined ? [] : [sql`cost_pico >= ${minCost}`]),
    ...(maxCost === undefined ? [] : [sql`cost_pico <= ${maxCost}`]),
  ]);
}
