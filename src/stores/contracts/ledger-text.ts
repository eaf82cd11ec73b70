/**
 * A row of the ledger as JSON text, which the journal writes and databases store: it is made once and passed on
 * unchanged. Money is a decimal string, because JSON has no integers of that size.
 */
import { defined } from '../../core/defined.ts';
import type { LedgerRow, Mechanism, Savings } from './ledger.ts';

type Money = 'cost' | 'requestedCost' | 'hold';

/** A row in JSON's types. */
export type PlainRow = Omit<LedgerRow, Money | 'savings'> & { readonly [Name in Money]?: string } & {
  readonly savings?: { readonly [Name in Mechanism]?: string };
};

/**
 * The text of a row. Copying a row costs a third of a microsecond; a replacer of `JSON.stringify` would cost ten times
 * that.
 */
export function textOfRow(row: LedgerRow): string {
  return JSON.stringify({
    ...row,
    cost: row.cost?.toString(),
    requestedCost: row.requestedCost?.toString(),
    hold: row.hold?.toString(),
    savings: row.savings === undefined ? undefined : plainSavings(row.savings),
  });
}

function plainSavings(savings: Savings): PlainRow['savings'] {
  return Object.fromEntries(Object.entries(savings).map(([name, saved]) => [name, saved.toString()]));
}

function savingsOfPlain(savings: NonNullable<PlainRow['savings']>): Savings {
  return Object.fromEntries(Object.entries(savings).map(([name, saved]) => [name, BigInt(saved)]));
}

function rowOfPlain({ cost, requestedCost, hold, savings, ...plain }: PlainRow): LedgerRow {
  return {
    ...plain,
    ...defined({
      cost: cost === undefined ? undefined : BigInt(cost),
      requestedCost: requestedCost === undefined ? undefined : BigInt(requestedCost),
      hold: hold === undefined ? undefined : BigInt(hold),
      savings: savings === undefined ? undefined : savingsOfPlain(savings),
    }),
  };
}

/** Reads what `textOfRow` wrote, after it was parsed. */
export function rowOfJson(json: unknown): LedgerRow {
  return rowOfPlain(json as PlainRow);
}
