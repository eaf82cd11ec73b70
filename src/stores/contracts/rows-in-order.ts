import type { Ledger, LedgerFilter, LedgerRow } from './ledger.ts';

/** How many rows are read at once. */
const ROWS_AT_ONCE = 2_000;

/** All rows of a filter in the order of their requests, a page at a time: a ledger of any size takes the memory of one page. */
export async function* rowsInOrder(
  ledger: Pick<Ledger, 'find'>,
  filter: LedgerFilter,
  limit = ROWS_AT_ONCE,
): AsyncGenerator<LedgerRow> {
  let after: Pick<LedgerRow, 'startedAtMs' | 'attemptId'> | undefined;
  for (;;) {
    const page = { limit, offset: 0, order: 'oldest' as const, ...(after !== undefined && { after }) };
    // The index of time finds where the page begins.
    const rows = await ledger.find(after === undefined ? filter : { ...filter, fromMs: after.startedAtMs }, page);
    yield* rows;
    after = rows.at(-1);
    if (after === undefined || rows.length < limit) return;
  }
}
