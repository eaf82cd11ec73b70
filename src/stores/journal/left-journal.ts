/** The journal of one dead process: the process that takes it reads what is left to book, and deletes it when all of it is booked. */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { defined } from '../../core/defined.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { Settlement } from '../contracts/claims.ts';
import type { ClosedEntry, OpenEntry } from '../contracts/journal.ts';
import { orphanOf } from './orphan-cost.ts';
import { type CountedRow, openRecordOf, readClosed, readCosts, readEvent } from './record.ts';
import { readLines } from './segment.ts';
import { segmentNumbers, segmentPath } from './segments.ts';

/** How many lines are read in one turn of the event loop. */
const LINES_A_TURN = 500;
/** The file that says how many closed entries were booked by those who had the journal before. */
const BOOKED = 'booked';

/** What a closed entry that is not booked yet adds to the sums of accounts. */
export interface LeftCosts {
  readonly rows: readonly CountedRow[];
  /** The shared store may not have this settlement: the process ended while it was under way. */
  readonly settlement?: Settlement;
}

/** A dead process's journal whose lock is held. */
export class LeftJournal {
  readonly folder: string;
  /** Requests that were under way, as they are booked. */
  readonly orphans: readonly OpenEntry[];
  /** Open requests that no provider got: they cost nothing. */
  readonly unsent: readonly string[];
  /**
   * The ledger lost what was delivered last (half a write-ahead log): what is marked as delivered and young enough is
   * delivered again.
   */
  readonly isLost: boolean;
  /** Lines that cannot be read. */
  readonly damaged: number;
  readonly #lock: { release(): void };
  /**
   * A shared store has the first line of an ending (number 0) before the ledger may; the line with its number follows
   * then. Those that have none yet.
   */
  readonly #unnumbered: ReadonlySet<string>;
  readonly #delivered: number;
  readonly #options: ReadOptions;
  #booked: number;

  private constructor(folder: string, options: ReadOptions, scan: Scan, isLost: boolean) {
    this.folder = folder;
    this.#options = options;
    this.#lock = options.lock;
    const { orphans, unsent, damaged } = endedBy(folder, scan);
    this.orphans = orphans;
    this.unsent = unsent;
    this.isLost = isLost;
    this.damaged = scan.damaged + damaged;
    this.#unnumbered = scan.unnumbered;
    this.#delivered = scan.delivered;
    this.#booked = bookedIn(folder);
  }

  /** Reads what the lines are about: the end of a request comes after its begin, and all of them may not fit into memory. */
  static async read(folder: string, options: ReadOptions): Promise<LeftJournal> {
    const open = new Map<string, OpenText>();
    const unnumbered = new Set<string>();
    const undelivered = new Map<number, Ended>();
    let lastDelivered: Ended | undefined;
    let delivered = 0;
    let damaged = 0;
    for await (const events of linesOf(folder, (path) => readLines(path, readEvent))) {
      for (const event of events) {
        switch (event?.kind) {
          case 'open':
            // An older version copied the begin of a request behind its end if the claim was not settled yet.
            if (unnumbered.has(event.callId)) break;
            // A line that is copied into a later file keeps its mark.
            open.set(event.callId, { text: event.text, ...defined({ sentAtMs: open.get(event.callId)?.sentAtMs }) });
            break;
          case 'sent': {
            const before = open.get(event.callId);
            if (before !== undefined) open.set(event.callId, { sentAtMs: event.atMs, ...before });
            break;
          }
          case 'alive':
            break;
          case 'hold': {
            const before = open.get(event.callId);
            if (before !== undefined) open.set(event.callId, { ...before, hold: event.hold });
            break;
          }
          case 'closed':
            open.delete(event.callId);
            if (event.number === 0) unnumbered.add(event.callId);
            else {
              unnumbered.delete(event.callId);
              undelivered.set(event.number, event);
            }
            break;
          case 'dropped':
            open.delete(event.callId);
            break;
          case 'delivered':
            delivered = Math.max(delivered, event.number);
            lastDelivered = undelivered.get(event.number) ?? lastDelivered;
            for (const number of undelivered.keys()) {
              if (number > delivered) break;
              undelivered.delete(number);
            }
            break;
          default:
            damaged += 1;
        }
      }
    }
    const isLost = lastDelivered !== undefined && (await isMissing(lastDelivered, options));
    return new LeftJournal(folder, options, { open, unnumbered, delivered, damaged }, isLost);
  }

  /** The shared store may lack some of the settlements. */
  get isUnsettled(): boolean {
    return this.#unnumbered.size > 0;
  }

  /** What the closed entries that are not booked add to the sums of accounts, in their order, some at a time. */
  async *costs(): AsyncGenerator<readonly LeftCosts[]> {
    const isLeft = this.#leftOnes();
    for await (const read of linesOf(this.folder, (path) => readLines(path, readCosts))) {
      const costs: LeftCosts[] = [];
      for (const closed of read) {
        if (closed === undefined || !isLeft(closed)) continue;
        const { rows, settlement } = closed;
        const isSettled = settlement === undefined || this.#isTold(closed);
        costs.push(isSettled ? { rows } : { rows, settlement });
      }
      if (costs.length > 0) yield costs;
    }
  }

  /** The closed entries that are not booked, in their order, in parts. */
  async *parts(size: number): AsyncGenerator<readonly ClosedEntry[]> {
    const isLeft = this.#leftOnes();
    let part: ClosedEntry[] = [];
    for await (const read of linesOf(this.folder, (path) => readLines(path, readClosed))) {
      for (const record of read) {
        if (record === 'damaged') this.#options.onDamaged?.(this.folder, 1);
        if (record === undefined || record === 'damaged') continue;
        const { entry, number } = record;
        const { callId, rows } = entry;
        const ended = { callId, number, endedAtMs: rows[0]?.endedAtMs ?? 0 };
        if (!isLeft(ended)) continue;
        // The claim of what was delivered before was settled: a counter that starts now is seeded from the ledger.
        part.push(this.#isTold(ended) ? { callId, rows } : entry);
        if (part.length < size) continue;
        yield part;
        part = [];
      }
    }
    if (part.length > 0) yield part;
  }

  /** Says of each closed entry in turn whether it is still to be booked. */
  #leftOnes(): (ended: NumberedEnd) => boolean {
    const booked = this.#booked;
    const seen = new Set<string>();
    let number = 0;
    return (ended) => {
      if (this.#isTold(ended) && !(this.isLost && isYoung(ended, this.#options))) return false;
      // The process ended after it had copied the line into a later file, and before it deleted the earlier one.
      if (ended.number === 0) {
        if (seen.has(ended.callId)) return false;
        seen.add(ended.callId);
      }
      number += 1;
      return number > booked;
    };
  }

  /** Whether the ledger has it, or another line of it follows. */
  #isTold({ callId, number }: NumberedEnd): boolean {
    return number === 0 ? !this.#unnumbered.has(callId) : number <= this.#delivered;
  }

  /** The next entries are booked: the process that takes this journal after us begins behind them. */
  noteBooked(count: number): void {
    this.#booked += count;
    appendFileSync(join(this.folder, BOOKED), `${this.#booked}\n`, { mode: 0o600 });
  }

  /** All of it is booked. */
  delete(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(`${this.folder}.lock`, { force: true });
    this.#lock.release();
  }

  /** Leaves it to a later look. */
  release(): void {
    this.#lock.release();
  }
}

/** What reading a journal needs. */
interface ReadOptions extends LossOptions {
  readonly lock: { release(): void };
  readonly clock: Clock;
  /** Hears of lines that turn out to be damaged while they are booked. */
  readonly onDamaged?: (path: string, lines: number) => void;
}

/** How a loss of the ledger is noticed. */
export interface LossOptions {
  /**
   * Whether the ledger has a request that the journal marks as delivered. A database that lost its end (half a
   * write-ahead log) lost the last delivery first. Undefined: the mark is trusted.
   */
  readonly isInLedger?: (callId: string) => Promise<boolean>;
  /** The age of the oldest row that may be delivered again: older ones may be missing because they were deleted. */
  readonly tellAgainMs?: number;
}

interface OpenText {
  readonly text: string;
  readonly hold?: PicoUsd;
  readonly sentAtMs?: number;
}

/** What must be known of an entry that the ledger should have. */
interface Ended {
  readonly callId: string;
  readonly endedAtMs: number;
}

interface NumberedEnd extends Ended {
  readonly number: number;
}

async function isMissing(last: Ended, options: ReadOptions): Promise<boolean> {
  const { isInLedger } = options;
  return isInLedger !== undefined && isYoung(last, options) && !(await isInLedger(last.callId));
}

function isYoung({ endedAtMs }: Ended, { clock, tellAgainMs = 0 }: ReadOptions): boolean {
  return endedAtMs > clock.nowMs() - tellAgainMs;
}

interface Scan {
  readonly open: ReadonlyMap<string, OpenText>;
  readonly unnumbered: ReadonlySet<string>;
  readonly delivered: number;
  readonly damaged: number;
}

/** The lines of all files, as many at a time as are read in one turn of the event loop. */
async function* linesOf<Read>(folder: string, read: (path: string) => Iterable<{ readonly record: Read | undefined }>) {
  let lines: (Read | undefined)[] = [];
  for (const number of segmentNumbers(folder)) {
    for (const { record } of read(segmentPath(folder, number))) {
      lines.push(record);
      if (lines.length < LINES_A_TURN) continue;
      yield lines;
      lines = [];
      await nextTurn();
    }
  }
  if (lines.length > 0) yield lines;
}

/** The requests that the end of the process broke off. */
function endedBy(folder: string, { open }: Scan): Pick<LeftJournal, 'orphans' | 'unsent' | 'damaged'> {
  const lastSignOfLifeMs = Math.max(
    0,
    ...segmentNumbers(folder).map((number) => statSync(segmentPath(folder, number)).mtimeMs),
  );
  const orphans: OpenEntry[] = [];
  const unsent: string[] = [];
  let damaged = 0;
  for (const [callId, { text, hold, sentAtMs }] of open) {
    const record = openRecordOf(text);
    if (record === undefined) {
      damaged += 1;
      continue;
    }
    // Requests whose mark is missing were not sent, unless an older version wrote the file.
    if (sentAtMs === undefined && record.isMarked) unsent.push(callId);
    else orphans.push(orphanOf(withHold(record.entry, hold), sentAtMs, lastSignOfLifeMs));
  }
  return { orphans, unsent, damaged };
}

/** The hold grew because a stream ran on or a further attempt began: then the pace of the first attempt says too little. */
function withHold(entry: OpenEntry, hold: PicoUsd | undefined): OpenEntry {
  if (hold === undefined) return entry;
  const { callId, row } = entry;
  return { callId, hold, row: { ...row, cost: hold, hold } };
}

/** A last line without its end does not count. */
function bookedIn(folder: string): number {
  const path = join(folder, BOOKED);
  if (!existsSync(path)) return 0;
  return Number(readFileSync(path, 'utf8').split('\n').at(-2) ?? 0) || 0;
}
