/**
 * What was imported from elsewhere: which objects a run made and what it counted as spent, so that the next run adds only what is
 * new, and the last run can be undone.
 */
import type { PicoUsd } from '../../core/money.ts';
import type { ImportedKinds } from './imported-kinds.ts';
import type { MovedChange, MovedRow, MovedSums } from './moved.ts';

/** Something that an import may make, with the id it is known by (`members` have the ids of both their ends). */
interface ImportedId {
  readonly kind: keyof ImportedKinds;
  readonly id: string;
}

/** What an account spent elsewhere, to be counted at a moment. */
export interface ImportedSpend {
  readonly account: string;
  readonly atMs: number;
  readonly cost: PicoUsd;
}

/** An object that is made, and what it spent. */
export type ImportItem = {
  readonly [Kind in keyof ImportedKinds]: {
    readonly kind: Kind;
    readonly id: string;
    /** Undefined: it exists already, and only what it spent is new. */
    readonly value?: ImportedKinds[Kind];
    readonly spent: readonly ImportedSpend[];
    /** What the source said about its spend, for the next run to compare with. */
    readonly seen: string;
  };
}[keyof ImportedKinds];

/** One run of an import. */
export interface ImportRun {
  readonly id: string;
  /** Where it came from; two runs of one source add to each other. */
  readonly source: string;
  readonly begunAtMs: number;
  /** Undefined: it was interrupted. */
  readonly endedAtMs?: number;
}

/** An object that an undone run leaves where it is, and why. */
export interface KeptObject extends ImportedId {
  readonly why: 'changed' | 'in use';
}

/** One step of undoing a run. */
export interface UndoneStep {
  readonly removed: readonly ImportedId[];
  readonly kept: readonly KeptObject[];
  /** What was counted as spent and is no longer, but for what a reset had taken off already. */
  readonly takenBack: readonly ImportedSpend[];
  /** Whether something is left to undo. */
  readonly isMore: boolean;
}

/** Names that are taken by what is stored. */
export interface TakenNames {
  readonly ids: ReadonlySet<string>;
  /** Aliases of keys, or addresses of users in lower case, each with the id of the object that has it. */
  readonly names: ReadonlyMap<string, string>;
}

/** Imports of one database. Rejects as the directory does while the database is unavailable. */
export interface Imports {
  begin(run: ImportRun): Promise<void>;
  end(runId: string, atMs: number): Promise<void>;
  /** Runs that were not undone, newest first. */
  runs(): Promise<ImportRun[]>;
  /** What runs of a source recorded of objects, by their ids; those that they did not touch are left out. */
  seen(source: string, kind: keyof ImportedKinds, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Which of these ids, and of these unique names, are taken. */
  taken(kind: keyof ImportedKinds, ids: readonly string[], names: readonly string[]): Promise<TakenNames>;
  /** Makes objects, counts what they spent and records both: all of it, or nothing if it rejects. */
  add(run: Pick<ImportRun, 'id' | 'source'>, items: readonly ImportItem[]): Promise<void>;
  /** Those of the rows that are new here, or differ from what earlier runs of the source brought. */
  changesOf(source: string, rows: readonly MovedRow[]): Promise<readonly MovedChange[]>;
  /** Writes such rows, adds to sums what is new of them, and records both: all of it, or nothing if it rejects. */
  addRows(run: Pick<ImportRun, 'id' | 'source'>, changes: readonly MovedChange[]): Promise<void>;
  /** All money as it is now. */
  sums(): Promise<MovedSums>;
  /** What the next step of undoing a run may take back. */
  nextToUndo(runId: string): Promise<readonly ImportedSpend[]>;
  /**
   * Undoes some of what a run did, the last first. Objects that were changed or are used by newer ones stay. When nothing is left,
   * the run is forgotten.
   */
  undo(run: Pick<ImportRun, 'id' | 'source'>, nowMs: number): Promise<UndoneStep>;
}
