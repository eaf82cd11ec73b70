/** Filters of the ledger as SQL conditions. Every value is a parameter. */
import { type RawBuilder, sql } from 'kysely';
import type { Ledger, LedgerFilter } from '../../contracts/ledger.ts';

type Condition = RawBuilder<unknown>;

/** Whether all conditions hold: `where ${allOf(…)}`. */
export function allOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`1 = 1` : sql.join(conditions, sql` and `);
}

/** Columns that must equal the values that are given. */
export function equalTo(wanted: Readonly<Record<string, string | undefined>>): Condition[] {
  return Object.entries(wanted).flatMap(([column, value]) =>
    value === undefined ? [] : [sql`${sql.ref(column)} = ${value}`],
  );
}

/** Columns that must have one of the values that are given; an empty list matches no row. */
export function oneOf(wanted: Readonly<Record<string, readonly string[] | undefined>>): Condition[] {
  return Object.entries(wanted).flatMap(([column, values]) => {
    if (values === undefined) return [];
    return values.length === 0 ? [sql`1 = 0`] : [sql`${sql.ref(column)} in (${sql.join(values)})`];
  });
}

/** A column that must lie in a span, its end excluded. */
export function between(column: string, from: number | undefined, to: number | undefined): Condition[] {
  return [
    ...(from === undefined ? [] : [sql`${sql.ref(column)} >= ${from}`]),
    ...(to === undefined ? [] : [sql`${sql.ref(column)} < ${to}`]),
  ];
}

/** The conditions that a search of rows and one of sums by day have in common. */
export function ofFilter(
  filter: Omit<
    LedgerFilter,
    'callId' | 'requestId' | 'status' | 'statuses' | 'fromMs' | 'toMs' | 'minCost' | 'maxCost'
  >,
) {
  return [
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
    }),
    ...oneOf({ team_id: filter.teamIds, organization_id: filter.organizationIds }),
  ];
}

/** The conditions of sums by day. */
export function ofDays(filter: Parameters<Ledger['activity']>[0]): Condition[] {
  const { fromDate, toDate } = filter;
  return [
    ...ofFilter(filter),
    ...oneOf({ key_hash: filter.keyHashes, user_id: filter.userIds }),
    ...(fromDate === undefined ? [] : [sql`date >= ${fromDate}`]),
    ...(toDate === undefined ? [] : [sql`date <= ${toDate}`]),
  ];
}
