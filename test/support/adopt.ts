/** Books the journals of dead processes with what a test gives. */
import type { ClosedEntry, OpenEntry } from '../../src/stores/contracts/journal.ts';
import { findLeftBehind } from '../../src/stores/journal/find-left-behind.ts';

/** What was left behind, or a part of it. */
export interface LeftBehind {
  readonly closed: readonly ClosedEntry[];
  readonly orphans: readonly OpenEntry[];
  readonly unsent: readonly string[];
}

type AdoptOptions = Parameters<typeof findLeftBehind>[0] & {
  /** Called in parts, in order. */
  readonly book: (left: LeftBehind) => Promise<void>;
  readonly partSize?: number;
};

/** Adopts every journal whose owner is dead; resolves to how many, and rejects with the error of `book`. */
export async function adoptLeftBehind(options: AdoptOptions): Promise<number> {
  const { book, partSize = 500 } = options;
  const journals = await findLeftBehind(options);
  try {
    for (const journal of journals) {
      const { orphans, unsent } = journal;
      if (orphans.length + unsent.length > 0) await book({ closed: [], orphans, unsent });
      for await (const closed of journal.parts(partSize)) {
        await book({ closed, orphans: [], unsent: [] });
        journal.noteBooked(closed.length);
      }
      journal.delete();
    }
  } finally {
    for (const journal of journals) journal.release();
  }
  return journals.length;
}
