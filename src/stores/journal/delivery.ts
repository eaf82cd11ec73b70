/**
 * Writes closed entries to the ledger: in batches, one at a time, and again while the database is unavailable. An entry
 * whose content the database refuses must not hold up all others: it is kept in a file of its own, and reported.
 */
import { appendFileSync } from 'node:fs';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { ClosedEntry } from '../contracts/journal.ts';
import type { Ledger } from '../contracts/ledger.ts';
import { closedText, lineOf } from './record.ts';
import type { Troubles } from './troubles.ts';
import { textsOf } from './written-entry.ts';

/** What a delivery needs. */
interface DeliveryOptions {
  readonly everyMs: number;
  readonly ledger: Pick<Ledger, 'write' | 'writeTexts'>;
  /** How many wait. */
  readonly waiting: () => number;
  /** The first entries that wait. */
  readonly next: () => readonly ClosedEntry[];
  readonly onDelivered: (entries: readonly ClosedEntry[]) => void;
  /** Called at every turn, even if there was nothing to deliver. */
  readonly onTurn: () => void;
  readonly troubles: Troubles;
  readonly refusedPath: string;
}

const MOST_MS = 5_000;
/** If this many entries have come meanwhile, they do not wait for the next turn. */
const GOES_AT_ONCE = 100;
/** How often a batch fails before its entries are written singly, to find the one that is refused. */
const SUSPICIOUS_AFTER = 3;

/** The writer behind a journal. Runs until it is stopped, and does not keep the process alive. */
export class Delivery {
  readonly #options: DeliveryOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #failures = 0;
  /** Failures in a row although the database was available. */
  #refusals = 0;
  #underWay: Promise<void> | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Delivers one batch, or joins the delivery that is under way; rejects with the error of the database. */
  deliver(): Promise<void> {
    this.#underWay ??= this.#deliverBatch().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const delayMs = Math.min(MOST_MS, this.#options.everyMs * 2 ** Math.min(this.#failures, 10));
    this.#timer = setTimeout(() => void this.#turn(), delayMs).unref();
  }

  async #turn(): Promise<void> {
    try {
      await this.deliver();
      // What has come meanwhile is delivered at once, or a backlog would never become shorter.
      while (!this.#isStopped && this.#options.waiting() >= GOES_AT_ONCE) await this.deliver();
    } catch (error) {
      this.#options.troubles.report('unavailable', error);
    }
    if (!this.#isStopped) this.#options.onTurn();
    this.#schedule();
  }

  async #deliverBatch(): Promise<void> {
    const entries = this.#options.next();
    if (entries.length === 0) return;
    try {
      await this.#write(entries);
    } catch (error) {
      this.#failures += 1;
      this.#refusals = isUnavailable(error) ? 0 : this.#refusals + 1;
      if (this.#refusals < SUSPICIOUS_AFTER || !(await this.#deliverSingly(entries))) throw error;
    }
    this.#failures = 0;
    this.#refusals = 0;
  }

  async #write(entries: readonly ClosedEntry[]): Promise<void> {
    const { ledger, onDelivered } = this.#options;
    if (ledger.writeTexts === undefined) await ledger.write(entries.flatMap(({ rows }) => rows));
    else await ledger.writeTexts(entries.flatMap(textsOf));
    onDelivered(entries);
  }

  /** Writes each entry on its own. False if none was accepted: then the reason is not their content. */
  async #deliverSingly(entries: readonly ClosedEntry[]): Promise<boolean> {
    const { ledger, troubles, refusedPath, onDelivered } = this.#options;
    const suspects: ClosedEntry[] = [];
    let good: ClosedEntry | undefined;
    for (const entry of entries) {
      if ((await this.#refusalOf(entry)) !== undefined) suspects.push(entry);
      else good = entry;
    }
    if (good === undefined) return false;
    for (const suspect of suspects) {
      // The database may just have come back: an entry is refused if it fails between two writes of another that do
      // not.
      await ledger.write(good.rows);
      const refusal = await this.#refusalOf(suspect);
      await ledger.write(good.rows);
      if (refusal === undefined) continue;
      appendFileSync(refusedPath, lineOf(closedText(suspect, 0)), { mode: 0o600 });
      troubles.report('refused', refusal);
    }
    onDelivered(entries);
    return true;
  }

  /** Why an entry is refused; undefined if it is accepted. Rejects while the database is unavailable. */
  async #refusalOf(entry: ClosedEntry): Promise<unknown> {
    try {
      await this.#options.ledger.write(entry.rows);
      return undefined;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return error ?? new Error('refused');
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DatabaseUnavailableError;
}
