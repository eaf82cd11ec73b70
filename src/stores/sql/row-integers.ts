/** Columns and sums whose names end like this are money and stay bigints; all other integers become numbers. */
const MONEY = /_(?:pico|micro)$/;

/**
 * Gives the integers of rows, which drivers read as bigints, the type that the code expects. Changes the rows in place.
 */
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
