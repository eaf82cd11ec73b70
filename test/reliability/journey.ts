import { test } from 'node:test';
import { FAULTS, type Row, SCENARIOS } from './table.ts';

const ROWS = new Map([...SCENARIOS, ...FAULTS].map((row) => [row.id, row]));

/** A test of one row of the guide's tables, named by it. */
export function journey(id: string, about: string, body: () => Promise<void>, timeout = 40_000): void {
  const row: Row | undefined = ROWS.get(id);
  if (row === undefined) throw new RangeError(`the table has no ${id}`);
  test(`${id} ${row.upstream}: ${about}`, { timeout }, body);
}
