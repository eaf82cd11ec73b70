import type { Clock } from '../core/clock.ts';
import type { Database } from './contracts/directory.ts';

export interface RetentionOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** How long rows of the ledger and of the audit log are kept; undefined: for ever. */
  readonly ledgerRetentionMs: number | undefined;
  readonly auditRetentionMs: number | undefined;
  readonly onPruned: (deleted: { readonly ledgerRows: number; readonly auditEntries: number }) => void;
  readonly onFault: (what: string, error: unknown) => void;
  readonly firstAfterMs?: number;
  readonly everyMs?: number;
}

const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 3_600_000;
/** When it was last done, by whichever instance: the others need not do the same work. */
const NOTE = 'retention/last';

/** Deletes what is older than it is to be kept, from time to time. Sums of spend stay. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #pruning: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
    const { ledgerRetentionMs, auditRetentionMs, firstAfterMs = FIRST_AFTER_MS } = options;
    if (ledgerRetentionMs !== undefined || auditRetentionMs !== undefined) this.#plan(firstAfterMs);
  }

  /** Ends; resolves when nothing is being deleted. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#pruning;
    clearTimeout(this.#timer);
  }

  #plan(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#pruning = this.#prune()
        .catch((error: unknown) =>
          this.#options.onFault('old rows of the ledger or the audit log are kept for now', error),
        )
        .then(() => this.#plan(this.#options.everyMs ?? EVERY_MS));
    }, afterMs);
    this.#timer.unref();
  }

  async #prune(): Promise<void> {
    const { database, clock, ledgerRetentionMs, auditRetentionMs, onPruned, everyMs = EVERY_MS } = this.#options;
    const { directory, ledger } = database;
    const nowMs = clock.nowMs();
    const last = Number((await directory.note(NOTE)) ?? 0);
    // A clock that was set back must not keep it from being done until then.
    if (last <= nowMs && nowMs - last < everyMs / 2) return;
    await directory.setNote(NOTE, String(nowMs));
    const ledgerRows = ledgerRetentionMs === undefined ? 0 : await ledger.prune(nowMs - ledgerRetentionMs);
    const auditEntries = auditRetentionMs === undefined ? 0 : await directory.pruneAudit(nowMs - auditRetentionMs);
    if (ledgerRows + auditEntries > 0) onPruned({ ledgerRows, auditEntries });
  }
}
