/**
 * What moves from one database to another of either kind: objects as they are stored, sums of spend, and if wanted every row of the
 * ledger and the log of changes. Sums move as they are and not by their rows, which may have been pruned.
 */
import type { PicoUsd } from '../../core/money.ts';
import type { ImportedKinds } from './imported-kinds.ts';

/** An object by the text that `encodeObject` made of it. */
export interface MovedObject {
  readonly kind: keyof ImportedKinds;
  readonly text: string;
}

/** A row that is not an object. */
export type MovedRow =
  /** What an account spent in the quarters of an hour of one day, each by its beginning. */
  | {
      readonly kind: 'spend';
      readonly account: string;
      readonly dayMs: number;
      readonly costs: readonly (readonly [atMs: number, cost: PicoUsd])[];
    }
  /** What an account spent in all, or since its last reset. */
  | { readonly kind: 'total'; readonly account: string; readonly cost: PicoUsd }
  | { readonly kind: 'reset'; readonly account: string; readonly atMs: number; readonly cost: PicoUsd }
  /** The sums of a day by dimensions, in the order of the table's columns; with a tag, those of the tag. */
  | {
      readonly kind: 'activity';
      readonly tag?: string;
      readonly by: readonly string[];
      readonly sums: readonly bigint[];
    }
  /** What mechanisms saved on a day, in the same way. */
  | { readonly kind: 'savings'; readonly by: readonly string[]; readonly sums: readonly bigint[] }
  /** An attempt that is in the sums and has no row. */
  | { readonly kind: 'attempt'; readonly id: string; readonly startedAtMs: number }
  /** A row of the ledger, as `textOfRow` writes it. */
  | {
      readonly kind: 'ledger';
      readonly id: string;
      readonly isOrphan: boolean;
      readonly cost?: PicoUsd;
      readonly text: string;
    }
  /** An entry of the log of changes; `text` is what was before and after. */
  | {
      readonly kind: 'change';
      readonly id: string;
      readonly atMs: number;
      readonly changedBy: string;
      readonly keyHash: string;
      readonly action: string;
      readonly table: string;
      readonly objectId: string;
      readonly text: string;
    };

/** The kinds of rows, in the order in which they move. */
export const MOVED_KINDS = ['spend', 'total', 'reset', 'activity', 'savings', 'attempt', 'ledger', 'change'] as const;

/** How many dimensions and sums a row of activity has. */
export const ACTIVITY_SHAPE = { by: 9, sums: 11 } as const;
/** And one of savings. */
export const SAVINGS_SHAPE = { by: 10, sums: 5 } as const;

/** A row that is new here, or differs from what an earlier run of the same source brought. */
export interface MovedChange {
  readonly row: MovedRow;
  readonly seenBefore?: string;
  /** What an orphan's row cost, which a true one replaces. */
  readonly replaced?: PicoUsd;
}

/** All money of a database, added up each way that it is kept, to be compared before and after. */
export interface MovedSums {
  /** Of all accounts, by the quarters of an hour. */
  readonly spend: PicoUsd;
  /** Of all accounts, since their resets. */
  readonly totals: PicoUsd;
  /** By day. */
  readonly activity: PicoUsd;
  /** The rows of the ledger. */
  readonly ledger: PicoUsd;
  readonly rows: number;
}

/** A database as it was at one moment, whatever is written to it meanwhile. Everything is read in parts. */
export interface Snapshot {
  objects(kind: keyof ImportedKinds): AsyncIterable<readonly MovedObject[]>;
  rows(kind: MovedRow['kind']): AsyncIterable<readonly MovedRow[]>;
  sums(): Promise<MovedSums>;
}

/** Reads a database to move it. */
export interface Exports {
  snapshot<Result>(use: (snapshot: Snapshot) => Promise<Result>): Promise<Result>;
}
