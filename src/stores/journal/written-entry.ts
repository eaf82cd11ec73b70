import type { Settlement } from '../contracts/claims.ts';
import type { ClosedEntry } from '../contracts/journal.ts';
import type { LedgerRow } from '../contracts/ledger.ts';
import { rowOfJson, textOfRow } from '../contracts/ledger-text.ts';

/**
 * A closed entry that waits, with its rows as the texts that were written. What waits survives several garbage
 * collections, and each of them copies it: one string per row costs a fraction of what its objects would.
 */
export class WrittenEntry implements ClosedEntry {
  readonly callId: string;
  readonly texts: readonly string[];
  readonly settlement?: Settlement;

  constructor({ callId, rows, settlement }: ClosedEntry) {
    this.callId = callId;
    this.texts = rows.map(textOfRow);
    if (settlement !== undefined) this.settlement = settlement;
  }

  get rows(): readonly LedgerRow[] {
    return this.texts.map((text) => rowOfJson(JSON.parse(text)));
  }
}

/** The texts of an entry's rows, made only if they do not exist yet. */
export function textsOf(entry: ClosedEntry): readonly string[] {
  return entry instanceof WrittenEntry ? entry.texts : entry.rows.map(textOfRow);
}
