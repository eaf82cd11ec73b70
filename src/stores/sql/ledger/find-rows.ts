/** Finds rows by a filter, a page at a time. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Ledger, LedgerFilter, LedgerRow } from '../../contracts/ledger.ts';
import type { NoTables } from '../connection.ts';
import { rowOf, type StoredRow } from './columns.ts';
import { allOf, between, equalTo, ofFilter, oneOf } from './conditions.ts';

/** A page of rows. */
export async function findRows(
  read: Kysely<NoTables>,
  filter: LedgerFilter,
  { limit, offset, order = 'newest', after }: Parameters<Ledger['find']>[1],
): Promise<LedgerRow[]> {
  // A search by tag uses the index by tag, which is ordered by time as well.
  const table = filter.tag === undefined ? 'ledger' : 'ledger_tags';
  const column = sql.ref(`${table}.started_at`);
  // A call has few attempts, so sorting them is cheap; `+ 0` keeps a planner without statistics from walking the index
  // of time.
  const isOfOne = filter.callId !== undefined || filter.requestId !== undefined;
  const startedAt = isOfOne ? sql`${column} + 0` : column;
  const id = sql.ref(`${table}.attempt_id`);
  const orders = {
    newest: sql`${startedAt} desc, ${id} desc`,
    oldest: sql`${startedAt}, ${id}`,
    costliest: sql`coalesce(cost_pico, -1) desc, ${startedAt} desc, ${id} desc`,
    cheapest: sql`coalesce(cost_pico, -1), ${startedAt} desc, ${id} desc`,
  };
  const isByCost = order === 'costliest' || order === 'cheapest';
  const query = isByCost ? undefined : ofEach(filter, limit + offset, order === 'newest' ? sql`desc` : sql`asc`);
  const from = query === undefined ? source(filter) : sql`(${query}) as picked join ledger using (attempt_id)`;
  // Not `+ 0` here: the index of time finds where the page begins.
  const behind =
    after === undefined ? sql`1 = 1` : sql`(${column}, ${id}) > (${after.startedAtMs}, ${after.attemptId})`;
  const { rows } = await sql<StoredRow>`
    select ledger.* from ${from} where ${query === undefined ? conditions(filter) : sql`1 = 1`} and ${behind}
    order by ${orders[order]} limit ${limit} offset ${offset}`.execute(read);
  return rows.map(rowOf);
}

/** How many teams or organisations are searched one by one. */
const MOST_ASKED_SINGLY = 50;

/**
 * The first rows of each of several teams or organisations. An index is ordered by time within one of them; a search
 * over all at once would read and sort all their rows.
 */
function ofEach(filter: LedgerFilter, most: number, direction: RawBuilder<unknown>): RawBuilder<unknown> | undefined {
  const { teamIds, organizationIds, ...others } = filter;
  // A request has few rows.
  if (filter.requestId !== undefined) return undefined;
  if ((teamIds === undefined) === (organizationIds === undefined) || filter.tag !== undefined) return undefined;
  const ids = [...new Set(teamIds ?? organizationIds)];
  if (ids.length < 2 || ids.length > MOST_ASKED_SINGLY) return undefined;
  const column = teamIds === undefined ? sql`organization_id` : sql`team_id`;
  const parts = ids.map(
    (id) => sql`select attempt_id from (
      select attempt_id from ledger where ${column} = ${id} and ${conditions(others)}
      order by started_at ${direction}, attempt_id ${direction} limit ${most}) as part`,
  );
  return sql.join(parts, sql` union all `);
}

/** How many rows there are. */
export async function countRows(read: Kysely<NoTables>, filter: LedgerFilter): Promise<number> {
  const { rows } = await sql<{ found: number }>`
    select count(*) as found from ${source(filter)} where ${conditions(filter)}`.execute(read);
  return rows[0]?.found ?? 0;
}

function source({ tag, requestId }: LedgerFilter): RawBuilder<unknown> {
  if (requestId !== undefined) {
    const tags = tag === undefined ? sql`` : sql` join ledger_tags on ledger_tags.attempt_id = ledger.attempt_id`;
    // The order of a cross join is kept by SQLite: otherwise it may read all rows of a key to find a few.
    return sql`(${idsOfRequest(requestId)}) as asked cross join ledger${tags}`;
  }
  if (tag === undefined) return sql`ledger`;
  return sql`ledger_tags join ledger on ledger.attempt_id = ledger_tags.attempt_id`;
}

/** The attempts of a call by its id, and those whose answer has it. Each half is a search of one index. */
function idsOfRequest(id: string): RawBuilder<unknown> {
  return sql`select attempt_id as asked_id from ledger where ${ofCall(id)}
    union select attempt_id as asked_id from ledger where answer_id = ${id}`;
}

/** Ids of attempts begin with the call's id and a slash; `0` is the character after the slash. */
function ofCall(id: string): RawBuilder<unknown> {
  return sql`ledger.attempt_id >= ${`${id}/`} and ledger.attempt_id < ${`${id}0`}`;
}

function conditions(filter: LedgerFilter): RawBuilder<unknown> {
  const { callId, requestId, minCost, maxCost } = filter;
  return allOf([
    ...ofFilter(filter),
    ...equalTo({ status: filter.status }),
    ...oneOf({ status: filter.statuses }),
    ...between(filter.tag === undefined ? 'ledger.started_at' : 'ledger_tags.started_at', filter.fromMs, filter.toMs),
    ...(callId === undefined ? [] : [ofCall(callId)]),
    ...(requestId === undefined ? [] : [sql`ledger.attempt_id = asked.asked_id`]),
    // What has no price counts, and is shown, as 0.
    ...(minCost === undefined ? [] : [sql`coalesce(cost_pico, 0) >= ${minCost}`]),
    ...(maxCost === undefined ? [] : [sql`coalesce(cost_pico, 0) <= ${maxCost}`]),
  ]);
}
