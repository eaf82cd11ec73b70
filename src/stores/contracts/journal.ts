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
  close(entry: ClosedEntry): void;
  /** The request was never sent: nothing is to be booked. */
  drop(callId: string): void;
  /** Requests that are over and not in the ledger yet. */
  readonly waiting: number;
  /** Writes everything that waits to the ledger now; rejects while the database is away. */
  flush(): Promise<void>;
  /** Flushes once more, as far as the database lets it, and lets go of the files. */
  end(): Promise<void>;
}

/** What a journal finds that another process left behind: settled ones to deliver, open ones to book as orphans. */
export interface LeftBehind {
  readonly closed: readonly ClosedEntry[];
  readonly orphans: readonly OpenEntry[];
}
