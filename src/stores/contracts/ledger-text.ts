/**
 * A row of the ledger as JSON text, as the journal writes it and databases keep it: made once, handed on as it is. Money is a
 * decimal string, because JSON has no integers of that size.
 */
import type { LedgerRow } from './ledger.ts';

type Money = 'cost' | 'requestedCost' | 'hold';

/** A row as JSON can say it. */
export type PlainRow = Omit<LedgerRow, Money> & { readonly [Name in Money]?: string };

/** The text of a row. Copying a row costs a third of a microsecond; a replacer of `JSON.stringify` would cost ten times that. */
export function textOfRow(row: LedgerRow): string {
  return JSON.stringify({
    ...row,
    cost: row.cost?.toString(),
    requestedCost: row.requestedCost?.toString(),
    hold: row.hold?.toString(),
  });
}

/** The row that JSON said. */
export function rowOfPlain({ cost, requestedCost, hold, ...plain }: PlainRow): LedgerRow {
  return {
    ...plain,
    ...(cost !== undefined && { cost: BigInt(cost) }),
    ...(requestedCost !== undefined && { requestedCost: BigInt(requestedCost) }),
    ...(hold !== undefined && { hold: BigInt(hold) }),
  };
}
