/**
 * Many rows as one parameter: a JSON text that the database parses. A statement with a parameter for each value would
 * take longer to build than to run, and both databases limit the number of parameters.
 */
import { type RawBuilder, sql } from 'kysely';
import type { SqlConnection } from '../connection.ts';

/** A column of rows in JSON. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'bigint';
}

/** Values of one row in the order of its columns; money and other large integers as decimal strings. */
export type Values = readonly (string | number | null)[];

/** Rows as a query with those columns, in their order: `from (${jsonRows(…)}) as given`. */
export function jsonRows(
  kind: SqlConnection['kind'],
  columns: readonly Column[],
  rows: readonly Values[],
): RawBuilder<unknown> {
  const text = JSON.stringify(rows);
  const source =
    kind === 'sqlite'
      ? sql`json_each(${text}) as item`
      : sql`json_array_elements(cast(${text} as json)) as item(value)`;
  const values = columns.map(
    ({ name, type }, index) =>
      sql`cast(item.value ->> ${sql.lit(index)} as ${type === 'text' ? sql`text` : sql`bigint`}) as ${sql.ref(name)}`,
  );
  return sql`select ${sql.join(values)} from ${source}`;
}

/** The beginning of an insert of rows; `on conflict` may follow, for which SQLite's parser needs the `where true`. */
export function insertRows(
  kind: SqlConnection['kind'],
  table: string,
  columns: readonly Column[],
  rows: readonly Values[],
): RawBuilder<unknown> {
  const names = sql.join(columns.map(({ name }) => sql.ref(name)));
  return sql`insert into ${sql.table(table)} (${names}) ${jsonRows(kind, columns, rows)} where true`;
}

/** An insert that adds sums to the stored ones. The first columns are the key. */
export function addSums(
  kind: SqlConnection['kind'],
  table: string,
  key: readonly Column[],
  sums: readonly Column[],
  rows: readonly Values[],
): RawBuilder<unknown> {
  const conflict = sql.join(key.map(({ name }) => sql.ref(name)));
  const additions = sql.join(
    sums.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`),
  );
  return sql`${insertRows(kind, table, [...key, ...sums], rows)} on conflict (${conflict}) do update set ${additions}`;
}
