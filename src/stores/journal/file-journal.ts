/** The journal in files of a folder of its own, with the delivery that writes closed entries to the ledger. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { ClosedEntry, Journal, JournalTrouble, OpenEntry, TakeLock } from '../contracts/journal.ts';
import type { Ledger } from '../contracts/ledger.ts';
import { SIGN_OF_LIFE_EVERY_MS } from '../contracts/sign-of-life.ts';
import { Delivery } from './delivery.ts';
import { Gathered } from './gathered.ts';
import {
  ALIVE_TEXT,
  closedText,
  deliveredText,
  droppedText,
  holdText,
  openOfText,
  openText,
  sentText,
} from './record.ts';
import { type Place, Segments } from './segments.ts';
import { Troubles } from './troubles.ts';
import { Waiting } from './waiting.ts';
import { WrittenEntry } from './written-entry.ts';

/** What a journal needs. */
export interface FileJournalOptions {
  /** Where the journals of all processes are: `<data folder>/journal`. */
  readonly folder: string;
  /** A name that no other process ever had. */
  readonly instanceId: string;
  readonly ledger: Pick<Ledger, 'write' | 'writeTexts'>;
  readonly takeLock: TakeLock;
  readonly clock: Clock;
  readonly fsync: boolean;
  /** Called at most once a minute for each kind. */
  readonly onTrouble: (trouble: JournalTrouble) => void;
  /** At which size a new file begins. */
  readonly segmentBytes?: number;
  /** How many closed entries are held in memory at most; those beyond are read from the files again. */
  readonly mostHeld?: number;
  /** How often closed entries are delivered to the ledger. */
  readonly everyMs?: number;
}

interface UnderWay {
  /** The record that was written: of its begin, or of its end if its claim is not settled yet. */
  text: string;
  /** The mark that a provider has it; undefined: not yet. */
  sentText: string | undefined;
  segment: number;
}

const SEGMENT_BYTES = 8 * 1_024 * 1_024;
const MOST_HELD = 20_000;
const EVERY_MS = 100;
const BATCH_ENTRIES = 500;
/** How many requests under way are copied out of an old file in one turn of the event loop. */
const CARRIED_AT_ONCE = 200;
const END_WITHIN_MS = 5_000;

/** The journal of this process. */
export class FileJournal implements Journal {
  readonly #folder: string;
  readonly #lockPath: string;
  readonly #lock: { release(): void };
  readonly #segments: Segments;
  readonly #gathered: Gathered;
  readonly #waiting: Waiting;
  readonly #delivery: Delivery;
  readonly #troubles: Troubles;
  readonly #clock: Clock;
  readonly #signsOfLife: NodeJS.Timeout;
  /** Requests under way, those in the oldest file first. */
  readonly #open = new Map<string, UnderWay>();
  /**
   * Requests that are over and that the disk refused; undefined: the ledger has it, and only the end must be written.
   */
  readonly #unwritten = new Map<string, ClosedEntry | undefined>();
  #lastNumber = 0;
  /** Requests that are over and whose claims are not settled yet. */
  #unsettled = 0;

  /** Throws if the folder cannot be written. */
  constructor(options: FileJournalOptions) {
    const { folder, instanceId } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = join(folder, instanceId);
    this.#lockPath = `${this.#folder}.lock`;
    // The lock comes before the folder: a process that finds a folder and gets its lock knows that the owner is dead.
    const lock = options.takeLock(this.#lockPath);
    if (lock === undefined) throw new Error(`Another process has the journal ${this.#folder}`);
    this.#lock = lock;
    this.#clock = options.clock;
    this.#signsOfLife = setInterval(() => this.#showLife(), SIGN_OF_LIFE_EVERY_MS).unref();
    this.#troubles = new Troubles(options.clock, options.onTrouble);
    this.#segments = new Segments(this.#folder, {
      mostBytes: options.segmentBytes ?? SEGMENT_BYTES,
      fsync: options.fsync,
    });
    this.#gathered = new Gathered(this.#segments, (error) => this.#troubles.report('full', error));
    this.#waiting = new Waiting(this.#segments, {
      mostHeld: options.mostHeld ?? MOST_HELD,
      onDamaged: () => this.#troubles.report('damaged', `A damaged line in ${this.#folder} was skipped`),
    });
    this.#delivery = new Delivery({
      everyMs: options.everyMs ?? EVERY_MS,
      ledger: options.ledger,
      next: () => this.#nextBatch(),
      waiting: () => this.#waiting.size,
      onDelivered: (entries) => this.#delivered(entries),
      onTurn: () => this.#tidy(),
      troubles: this.#troubles,
      refusedPath: join(folder, `refused-${instanceId}.log`),
    });
  }

  get waiting(): number {
    this.#gathered.write();
    let unwritten = 0;
    for (const entry of this.#unwritten.values()) if (entry !== undefined) unwritten += 1;
    return this.#waiting.size + unwritten + this.#unsettled;
  }

  /** How many requests are under way. */
  get underWay(): number {
    return this.#open.size;
  }

  /** How many closed entries are in memory. */
  get heldInMemory(): number {
    this.#gathered.write();
    return this.#waiting.held + this.#unwritten.size;
  }

  open(entry: OpenEntry): void {
    const { callId } = entry;
    const text = openText(entry);
    const underWay: UnderWay = { text, sentText: undefined, segment: this.#segments.current };
    this.#open.set(callId, underWay);
    this.#gathered.add(text, (place) => {
      if (place !== undefined) underWay.segment = place.segment;
      else if (this.#open.get(callId) === underWay) this.#open.delete(callId);
    });
  }

  sent(callId: string): boolean {
    const underWay = this.#open.get(callId);
    if (underWay === undefined) return false;
    if (underWay.sentText !== undefined) return true;
    const text = sentText(callId, this.#clock.nowMs());
    if (this.#gathered.addNow(text) === undefined || this.#open.get(callId) !== underWay) return false;
    underWay.sentText = text;
    return true;
  }

  hold(callId: string, hold: PicoUsd): void {
    const underWay = this.#open.get(callId);
    if (underWay === undefined) return;
    // The pace of the first attempt is left out: it no longer covers what is under way.
    const row = openOfText(underWay.text)?.row;
    if (row !== undefined) underWay.text = openText({ callId, hold, row: { ...row, cost: hold, hold } });
    this.#tryAdd(holdText(callId, hold));
  }

  close(entry: ClosedEntry, settled?: Promise<void>): void {
    if (settled !== undefined) {
      // On the disk at once; it stays under way, which keeps its record, until it may go to the ledger.
      const text = closedText(entry, 0);
      const place = this.#tryAdd(text);
      // From here on its end is carried into later files: its begin alone would be booked as broken off.
      if (place !== undefined) this.#keepLast(entry.callId, { text, sentText: undefined, segment: place.segment });
      this.#unsettled += 1;
      settled
        .catch(() => undefined)
        .finally(() => {
          this.#unsettled -= 1;
          this.close(entry);
        });
      return;
    }
    this.#open.delete(entry.callId);
    const { text, note } = this.#ending(entry);
    this.#gathered.add(text, (place) => {
      if (place === undefined) this.#unwritten.set(entry.callId, entry);
      else note(place);
    });
  }

  drop(callId: string): void {
    if (!this.#open.delete(callId)) return;
    this.#gathered.add(droppedText(callId), (place) => {
      if (place === undefined) this.#unwritten.set(callId, undefined);
    });
  }

  /** Does not wait for what is closed after the call: under load there would always be more. */
  async flush(): Promise<void> {
    this.#gathered.write();
    let upTo = this.#lastNumber;
    const unwritten = new Set(this.#unwritten.keys());
    const isThere = (): boolean => {
      for (const callId of unwritten) {
        if (this.#unwritten.get(callId) !== undefined) return false;
        // It was delivered, or written in the meantime, and then it has a number of its own.
        unwritten.delete(callId);
        upTo = this.#lastNumber;
      }
      const [first] = this.#waiting.first(1);
      return first === undefined || first.number > upTo;
    };
    while (!isThere()) await this.#delivery.deliver();
  }

  async end(): Promise<void> {
    this.#delivery.stop();
    clearInterval(this.#signsOfLife);
    const flushed = this.flush().catch((error: unknown) => this.#troubles.report('unavailable', error));
    await Promise.race([flushed, wait(END_WITHIN_MS, undefined, { ref: false })]);
    this.#tidy();
    this.#gathered.close();
    this.#segments.close();
    const isEmpty = this.waiting === 0 && this.#open.size === 0 && this.#unwritten.size === 0;
    // What could not be delivered to the ledger stays for the next process.
    if (isEmpty) {
      rmSync(this.#folder, { recursive: true, force: true });
      rmSync(this.#lockPath, { force: true });
    }
    this.#lock.release();
  }

  #showLife(): void {
    if (this.#open.size > 0) this.#tryAdd(ALIVE_TEXT);
  }

  /** Requests under way are in the order of their files. */
  #keepLast(callId: string, underWay: UnderWay): void {
    this.#open.delete(callId);
    this.#open.set(callId, underWay);
  }

  /** The record of how a request ended, and what to note once it is written. Numbers may be left out, but never come twice. */
  #ending(entry: ClosedEntry): { readonly text: string; readonly note: (place: Place) => void } {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const written = new WrittenEntry(entry);
    return { text: closedText(written, number), note: (place) => this.#waiting.push(written, number, place) };
  }

  #writeClosed(entry: ClosedEntry): boolean {
    const { text, note } = this.#ending(entry);
    const place = this.#tryAdd(text);
    if (place !== undefined) note(place);
    return place !== undefined;
  }

  #tryAdd(text: string): Place | undefined {
    return this.#gathered.addNow(text);
  }

  #nextBatch(): readonly ClosedEntry[] {
    const batch: ClosedEntry[] = [];
    for (const entry of this.#unwritten.values()) {
      if (batch.length >= BATCH_ENTRIES) return batch;
      if (entry !== undefined) batch.push(entry);
    }
    for (const { entry } of this.#waiting.first(BATCH_ENTRIES - batch.length)) batch.push(entry);
    return batch;
  }

  #delivered(entries: readonly ClosedEntry[]): void {
    const delivered = new Set(entries.map(({ callId }) => callId));
    for (const [callId, entry] of this.#unwritten) {
      if (entry !== undefined && delivered.has(callId)) this.#unwritten.set(callId, undefined);
    }
    const line = this.#waiting.first(entries.length);
    const count = line.findIndex(({ entry }) => !delivered.has(entry.callId));
    const shifted = count === -1 ? line.length : count;
    const last = line[shifted - 1];
    this.#waiting.shift(shifted);
    // Only saves the next process work: without it, the ledger ignores by id what it has already.
    if (last !== undefined) this.#tryAdd(deliveredText(last.number));
  }

  /** Writes what the disk refused before, and deletes files that are not needed any more. */
  #tidy(): void {
    for (const [callId, entry] of this.#unwritten) {
      const isWritten =
        entry === undefined ? this.#tryAdd(droppedText(callId)) !== undefined : this.#writeClosed(entry);
      if (!isWritten) break;
      this.#unwritten.delete(callId);
    }
    const needed = this.#waiting.firstSegment ?? this.#segments.current;
    let carried = 0;
    for (const [callId, { text, sentText, segment }] of this.#open) {
      if (segment >= needed) break;
      if (carried === CARRIED_AT_ONCE) break;
      const place = this.#tryAdd(text);
      if (place === undefined) break;
      if (sentText !== undefined && this.#tryAdd(sentText) === undefined) break;
      this.#keepLast(callId, { text, sentText, segment: place.segment });
      carried += 1;
    }
    const [oldest] = this.#open.values();
    try {
      this.#segments.deleteBelow(Math.min(needed, oldest?.segment ?? needed));
    } catch (error) {
      this.#troubles.report('full', error);
    }
  }
}
