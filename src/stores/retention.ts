import type { Clock } from '../core/clock.ts';
import type { Database } from './contracts/database.ts';

export interface RetentionOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** How long rows of the ledger and of the audit log are kept; undefined: without end. */
  readonly ledgerRetentionMs: number | undefined;
  readonly auditRetentionMs: number | undefined;
  /** The values of notes with this prefix say how long the notes are needed. */
  readonly datedNotes: string;
  readonly onPruned: (deleted: { readonly ledgerRows: number; readonly auditEntries: number }) => void;
  readonly onFault: (what: string, error: unknown) => void;
  readonly firstAfterMs?: number;
  readonly everyMs?: number;
}

const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 3_600_000;
/** When any instance last did this: the others need not repeat the work. */
const NOTE = 'retention/last';

/** Deletes rows that are older than the configured retention, from time to time. Sums of spend stay. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #pruning: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? EVERY_MS;
    this.#plan(options.firstAfterMs ?? FIRST_AFTER_MS);
  }

  /** Stops; resolves when no deletion is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#pruning;
  }

  #plan(afterMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#pruning = this.#prune()
        .catch((error: unknown) =>
          this.#options.onFault(
            'The rows that are older than the configured retention could not be deleted now',
            error,
          ),
        )
        .then(() => this.#plan(this.#everyMs));
    }, afterMs);
    this.#timer.unref();
  }

  async #prune(): Promise<void> {
    const { database, clock, ledgerRetentionMs, auditRetentionMs, datedNotes, onPruned } = this.#options;
    const { directory, ledger, responses, conversations } = database;
    const nowMs = clock.nowMs();
    const last = Number((await directory.note(NOTE)) ?? 0);
    // A clock that was set back must not stop it until the old time is reached again.
    if (last <= nowMs && nowMs - last < this.#everyMs / 2) return;
    await directory.setNote(NOTE, String(nowMs));
    const ledgerRows = ledgerRetentionMs === undefined ? 0 : await ledger.prune(nowMs - ledgerRetentionMs);
    const auditEntries = auditRetentionMs === undefined ? 0 : await directory.pruneAudit(nowMs - auditRetentionMs);
    await responses.prune(nowMs);
    await conversations.prune(nowMs);
    await directory.pruneNotes(datedNotes, new Date(nowMs).toISOString());
    if (ledgerRows + auditEntries > 0) onPruned({ ledgerRows, auditEntries });
  }
}
