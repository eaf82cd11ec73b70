/**
 * The log of requests under way, on this machine's disk: written before a request is sent and when it is over, so that
 * a process that is killed at any moment loses nothing. The operating system has a record (which survives the process, not
 * the machine; `fsync: true` survives both) when `sent` and `hold` return, and otherwise when this turn of the event loop is
 * over: then nothing depends on it yet. Records are dropped once the ledger has their content.
 */
import type { PicoUsd } from '../../core/money.ts';
import type { Settlement } from './claims.ts';
import type { LedgerRow } from './ledger.ts';

/** What is known of a request when it is sent: enough to book it if this process dies before the request ends. */
export interface OpenEntry {
  readonly callId: string;
  /** What the claim holds; what is booked for an orphan. Undefined: no claim was needed, or nothing is priced. */
  readonly hold: PicoUsd | undefined;
  /** The row as an orphan's: status `orphan`, cost the hold. */
  readonly row: LedgerRow;
  /**
   * The most that a provider can bill for it in a time: the prompt, and what can be written in a second. Undefined: only
   * the hold is known.
   */
  readonly pace?: { readonly fixed: PicoUsd; readonly perSecond: PicoUsd } | undefined;
}

/** A request that is over: its rows, and the settlement of its claim if it had one. */
export interface ClosedEntry {
  readonly callId: string;
  readonly rows: readonly LedgerRow[];
  readonly settlement?: Settlement | undefined;
}

export interface Journal {
  /** A request that is killed before `sent` costs nothing, so its record is written with that mark at the latest. */
  open(entry: OpenEntry): void;
  /**
   * A provider gets the request now: its begin and the mark are written when the call returns. False if the disk refuses them: the
   * caller decides whether to send the request.
   */
  sent(callId: string): boolean;
  /** The hold grew. */
  hold(callId: string, hold: PicoUsd): void;
  /**
   * The request is over. The journal has it when this turn is over: a process that is killed before, as one that is killed a moment
   * earlier, books what the request held. The ledger gets it when `settled` is done, if the claim is still being settled; then
   * the journal has it at once.
   */
  close(entry: ClosedEntry, settled?: Promise<void>): void;
  /** The request was never sent: nothing will be booked. */
  drop(callId: string): void;
  /** Requests that are over and not in the ledger yet. */
  readonly waiting: number;
  /**
   * Writes everything that waits to the ledger, except what is still being settled; rejects while the database is
   * unavailable.
   */
  flush(): Promise<void>;
  /** Flushes once more, as far as the database allows, and closes the files. */
  end(): Promise<void>;
}

/** Takes a lock that the kernel releases when the process ends, however it ends; undefined: another process has it. */
export type TakeLock = (path: string) => { release(): void } | undefined;

/**
 * `full`: the disk refuses writes. `unavailable`: the ledger refuses writes. `damaged`: lines that cannot be read were
 * skipped. `refused`: the ledger refuses one entry, which is kept in a file of its own.
 */
export interface JournalTrouble {
  readonly kind: 'full' | 'unavailable' | 'damaged' | 'refused';
  readonly reason: unknown;
}

/**
 * The disk refuses to store the journal: full, read-only or failing. The trouble ends when the disk accepts writes
 * again.
 */
export class JournalFullError extends Error {
  override readonly name = 'JournalFullError';
  constructor(path: string, cause: unknown) {
    const reason = (cause as { readonly code?: string } | undefined)?.code ?? 'no space left';
    super(`The journal cannot be written (${reason}): ${path}`, { cause });
  }
}
