/** Columns (and names given to sums) that end like this are money, and read as bigint; all other integers as number. */
const MONEY = /_(?:pico|micro)$/;

/** Rows as a driver reads them, with every integer a bigint, made into what the code expects of each column. In place. */
export function settleIntegers(rows: readonly Record<string, unknown>[]): void {
  const first = rows[0];
  if (first === undefined) return;
  const plain = Object.keys(first).filter((column) => !MONEY.test(column));
  for (const row of rows) {
    for (const column of plain) {
      const value = row[column];
      if (typeof value === 'bigint') row[column] = Number(value);
    }
  }
}
