import type { Settlement } from '../contracts/claims.ts';
import type { ClosedEntry } from '../contracts/journal.ts';
import type { LedgerRow } from '../contracts/ledger.ts';
import { type PlainRow, rowOfPlain, textOfRow } from '../contracts/ledger-text.ts';

/**
 * A closed entry as it waits: its rows are kept as the texts that were written, one string each. What waits survives several
 * collections of garbage, and each of them copies it: a row of objects costs many times what a string does.
 */
export class ToldEntry implements ClosedEntry {
  readonly callId: string;
  readonly texts: readonly string[];
  readonly settlement?: Settlement;

  constructor({ callId, rows, settlement }: ClosedEntry) {
    this.callId = callId;
    this.texts = rows.map(textOfRow);
    if (settlement !== undefined) this.settlement = settlement;
  }

  get rows(): readonly LedgerRow[] {
    return this.texts.map((text) => rowOfPlain(JSON.parse(text) as PlainRow));
  }
}

/** The rows of an entry by `textOfRow`, made only where they are not there yet. */
export function textsOf(entry: ClosedEntry): readonly string[] {
  return entry instanceof ToldEntry ? entry.texts : entry.rows.map(textOfRow);
}
