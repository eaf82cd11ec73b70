import type { ClosedEntry, Journal } from '../contracts/journal.ts';
import type { Ledger } from '../contracts/ledger.ts';

/** How a journal in memory is set up. */
interface MemoryJournalOptions {
  readonly ledger: Ledger;
  /** Called if the ledger refuses writes; what waits is kept and tried again. */
  readonly onTrouble: (error: unknown) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 50;
const BATCH = 500;

/** The journal of a gateway without a data folder: its content is lost with the process. */
export class MemoryJournal implements Journal {
  readonly #ledger: Ledger;
  readonly #onTrouble: (error: unknown) => void;
  readonly #everyMs: number;
  #entries: ClosedEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isEnded = false;

  constructor({ ledger, onTrouble, everyMs = EVERY_MS }: MemoryJournalOptions) {
    this.#ledger = ledger;
    this.#onTrouble = onTrouble;
    this.#everyMs = everyMs;
  }

  get waiting(): number {
    return this.#entries.length;
  }

  open(): void {}

  sent(): boolean {
    return true;
  }

  hold(): void {}

  drop(): void {}

  close(entry: ClosedEntry, settled?: Promise<void>): void {
    if (settled !== undefined) {
      settled.catch(() => undefined).finally(() => this.close(entry));
      return;
    }
    this.#entries.push(entry);
    if (this.#timer !== undefined || this.#isEnded) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(this.#onTrouble);
    }, this.#everyMs);
    this.#timer.unref();
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#entries.length > 0) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.flush().catch(this.#onTrouble);
  }

  async #write(): Promise<void> {
    const batch = this.#entries.slice(0, BATCH);
    await this.#ledger.write(batch.flatMap(({ rows }) => rows));
    this.#entries = this.#entries.slice(batch.length);
  }
}
