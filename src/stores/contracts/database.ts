import type { ConversationStore } from './conversations.ts';
import type { Directory } from './directory.ts';
import type { Imports } from './imports.ts';
import type { Ledger } from './ledger.ts';
import type { Exports } from './moved.ts';
import type { RecordingStore } from './recordings.ts';
import type { ResponseStore } from './responses.ts';

/** The database, opened and migrated, which the directory and the ledger share. */
export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly responses: ResponseStore;
  readonly conversations: ConversationStore;
  readonly recordings: RecordingStore;
  readonly imports: Imports;
  readonly exports: Exports;
  /** Whether it answers now; resolves within a second. */
  ping(): Promise<boolean>;
  /** Whether this process ever had it, migrated. */
  readonly wasReached: boolean;
  /**
   * Takes the right to be the only instance on this database without shared counters. False if another instance has it.
   * It lasts until `close` or the end of the process, however it ends.
   */
  beAlone(): Promise<boolean>;
  close(): Promise<void>;
}
