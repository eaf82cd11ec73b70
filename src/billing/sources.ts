/** Where the two sides of a comparison come from. */
import type { BillPage } from '../providers/bill.ts';
import type { ActivityRow, LedgerRow } from '../stores/contracts/ledger.ts';

/** The ledger, as it is read here: in a database, or behind a gateway's address. */
export interface LedgerSource {
  /** Rows whose requests began in a span, oldest first. */
  rows(fromMs: number, toMs: number): AsyncIterable<LedgerRow>;
  /** What the ledger added up when rows were written, by day and model. */
  sums(fromDate: string, toDate: string, provider: string): Promise<readonly ActivityRow[]>;
}

/** A bill, in the pages in which it comes. */
export interface BillSource {
  pages(): AsyncIterable<BillPage>;
  /** The usage of a day by minutes or hours; undefined if it is not told as finely. */
  readonly fine: { readonly widthMs: number; pages(dayMs: number): AsyncIterable<BillPage> } | undefined;
}
