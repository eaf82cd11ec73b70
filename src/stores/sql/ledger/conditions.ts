/** A filter of the ledger as conditions of SQL. Every value is a parameter. */
import { type RawBuilder, sql } from 'kysely';

type Condition = RawBuilder<unknown>;

/** All that hold: `where ${allOf(…)}`. */
export function allOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`1 = 1` : sql.join(conditions, sql` and `);
}

/** Columns that must have a value, where one is given. */
export function equalTo(wanted: Readonly<Record<string, string | undefined>>): Condition[] {
  return Object.entries(wanted).flatMap(([column, value]) =>
    value === undefined ? [] : [sql`${sql.ref(column)} = ${value}`],
  );
}

/** Columns that must have one of some values, where they are given; none of none. */
export function oneOf(wanted: Readonly<Record<string, readonly string[] | undefined>>): Condition[] {
  return Object.entries(wanted).flatMap(([column, values]) => {
    if (values === undefined) return [];
    return values.length === 0 ? [sql`1 = 0`] : [sql`${sql.ref(column)} in (${sql.join(values)})`];
  });
}

/** Columns that lie in a span, its end not included. */
export function between(column: string, from: number | undefined, to: number | undefined): Condition[] {
  return [
    ...(from === undefined ? [] : [sql`${sql.ref(column)} >= ${from}`]),
    ...(to === undefined ? [] : [sql`${sql.ref(column)} < ${to}`]),
  ];
}
