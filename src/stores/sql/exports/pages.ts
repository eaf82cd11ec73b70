import { type Kysely, sql } from 'kysely';
import type { NoTables } from '../connection.ts';

const ROWS_AT_ONCE = 500;

/** All rows of a table in the order of its key, a page at a time. */
export async function* pagesOf<Row extends object>(
  database: Kysely<NoTables>,
  table: string,
  key: readonly string[],
): AsyncGenerator<readonly Row[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let last: Row | undefined;
  for (;;) {
    const after = last;
    const isAfter =
      after === undefined
        ? sql`1 = 1`
        : sql`(${columns}) > (${sql.join(key.map((column) => Reflect.get(after, column)))})`;
    const { rows } = await sql<Row>`
      select * from ${sql.table(table)} where ${isAfter} order by ${columns} limit ${ROWS_AT_ONCE}`.execute(database);
    last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < ROWS_AT_ONCE) return;
  }
}
