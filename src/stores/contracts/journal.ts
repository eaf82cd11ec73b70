/**
 * The log of requests under way, on this machine's disk: written before a request is sent and when it is over, so that a process
 * that is killed at any moment loses nothing. Every call has reached the operating system when it returns (which survives the
 * process, not the machine; `fsync: true` survives both). Records are dropped once the ledger has what they say.
 */
import type { PicoUsd } from '../../core/money.ts';
import type { Settlement } from './claims.ts';
import type { LedgerRow } from './ledger.ts';

/** What is known of a request when it is sent: enough to book it should nobody live to say how it ended. */
export interface OpenEntry {
  readonly callId: string;
  /** What the claim holds; what is booked for an orphan. Undefined: no claim was needed, or nothing is priced. */
  readonly hold: PicoUsd | undefined;
  /** The row as an orphan's: status `orphan`, cost the hold. */
  readonly row: LedgerRow;
}

/** A request that is over: its rows, and the settlement of its claim where it had one. */
export interface ClosedEntry {
  readonly callId: string;
  readonly rows: readonly LedgerRow[];
  readonly settlement?: Settlement;
}

export interface Journal {
  /** Throws where the disk takes nothing: the caller decides whether to serve on. */
  open(entry: OpenEntry): void;
  /** The hold grew. */
  hold(callId: string, hold: PicoUsd): void;
  /**
   * The request is over. Where its claim is still being settled the ledger is told of it once that is done; the journal has it at
   * once.
   */
  close(entry: ClosedEntry, settled?: Promise<void>): void;
  /** The request was never sent: nothing is to be booked. */
  drop(callId: string): void;
  /** Requests that are over and not in the ledger yet. */
  readonly waiting: number;
  /** Writes everything that waits to the ledger now, but for what is still being settled; rejects while the database is away. */
  flush(): Promise<void>;
  /** Flushes once more, as far as the database lets it, and lets go of the files. */
  end(): Promise<void>;
}

/**
 * What a process that is gone left behind: settled requests to deliver, open ones to book as orphans. Much of it comes in several
 * parts, the orphans with the last.
 */
export interface LeftBehind {
  readonly closed: readonly ClosedEntry[];
  readonly orphans: readonly OpenEntry[];
}

/** Takes a lock that the kernel gives back when the process ends, whatever ends it; undefined: another process has it. */
export type TakeLock = (path: string) => { release(): void } | undefined;

/**
 * `full`: the disk takes nothing. `unavailable`: the ledger takes nothing. `damaged`: lines that cannot be read were skipped.
 * `refused`: the ledger takes everything but one entry, which is kept in a file of its own.
 */
export interface JournalTrouble {
  readonly kind: 'full' | 'unavailable' | 'damaged' | 'refused';
  readonly reason: unknown;
}

/** The disk takes no more of the journal: full, read-only or failing. Ends by itself when it takes writes again. */
export class JournalFullError extends Error {
  override readonly name = 'JournalFullError';
  constructor(path: string, cause: unknown) {
    const reason = (cause as { readonly code?: string } | undefined)?.code ?? 'no space left';
    super(`The journal cannot be written (${reason}): ${path}`, { cause });
  }
}
