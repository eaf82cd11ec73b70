/** Finds the journals of dead processes, books their content, and deletes them. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { ClosedEntry, LeftBehind, OpenEntry, TakeLock } from '../contracts/journal.ts';
import { orphanOf } from './orphan-cost.ts';
import { readSegment } from './segment.ts';
import { segmentNumbers, segmentPath } from './segments.ts';

/** What adopting journals needs. */
interface AdoptOptions {
  /** Where the journals of all processes are. */
  readonly folder: string;
  readonly takeLock: TakeLock;
  readonly clock: Clock;
  /**
   * Books what was left behind: writes rows to the ledger, settles claims. Called in parts, in order; the files are
   * deleted when all calls have resolved. After a rejection a later search repeats the call with the same entries:
   * booking goes by their ids.
   */
  readonly book: (left: LeftBehind) => Promise<void>;
  /**
   * Whether the ledger has a request that the journal marks as delivered. A database that lost its end (half a
   * write-ahead log) lost the last delivery first: if that is missing, all younger than `tellAgainMs` is delivered
   * again. Undefined: the mark is trusted.
   */
  readonly isInLedger?: (callId: string) => Promise<boolean>;
  /** The age of the oldest row that may be delivered again: older ones may be missing because they were deleted. */
  readonly tellAgainMs?: number;
  /** Called if lines in the middle of a file cannot be read. */
  readonly onDamaged: (path: string, lines: number) => void;
  /** How many closed entries are given at once. */
  readonly partSize?: number;
}

const PART_SIZE = 2_000;
/** How many lines are read in one turn of the event loop. */
const LINES_A_TURN = 500;
/** The owner of a lock makes the folder at once: a lock that is this old and has no folder has no owner. */
const STRAY_AFTER_MS = 3_600_000;

/** Adopts every journal whose owner is dead; resolves to how many, and rejects with the error of `book`. */
export async function adoptLeftBehind(options: AdoptOptions): Promise<number> {
  const { folder, takeLock, clock } = options;
  if (!existsSync(folder)) return 0;
  let adopted = 0;
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, found.name);
    if (!found.isDirectory()) {
      if (isStray(path, clock.nowMs())) rmSync(path, { force: true });
      continue;
    }
    const lock = takeLock(`${path}.lock`);
    if (lock === undefined) continue;
    try {
      // Another process may have adopted it meanwhile.
      if (existsSync(path)) {
        await bookFolder(path, options);
        rmSync(path, { recursive: true, force: true });
        adopted += 1;
      }
      rmSync(`${path}.lock`, { force: true });
    } finally {
      lock.release();
    }
  }
  return adopted;
}

/**
 * Reads the files twice, because the end of a request comes after its begin, and neither all of them fit into memory at
 * once.
 */
async function bookFolder(folder: string, options: AdoptOptions): Promise<void> {
  const { book, onDamaged, partSize = PART_SIZE } = options;
  const open = new Map<string, OpenEntry>();
  const sentAtMs = new Map<string, number>();
  // Requests whose mark is missing were not sent, unless an older version wrote the file.
  const isMarked = new Set<string>();
  const lastSignOfLifeMs = lastWriteMs(folder);
  // A shared store has the first line of an ending (number 0) before the ledger may; the line with its number follows
  // then.
  const unnumbered = new Set<string>();
  let delivered = 0;
  const undelivered = new Map<number, Delivered>();
  let lastDelivered: Delivered | undefined;
  let damaged = 0;
  for await (const record of recordsOf(folder)) {
    switch (record?.kind) {
      case 'open':
        open.set(record.entry.callId, record.entry);
        if (record.isMarked) isMarked.add(record.entry.callId);
        break;
      case 'sent':
        if (open.has(record.callId) && !sentAtMs.has(record.callId)) sentAtMs.set(record.callId, record.atMs);
        break;
      case 'alive':
        break;
      case 'hold': {
        const entry = open.get(record.callId);
        if (entry !== undefined) open.set(record.callId, withHold(entry, record.hold));
        break;
      }
      case 'closed':
        for (const known of [open, sentAtMs, isMarked]) known.delete(record.entry.callId);
        if (record.number === 0) unnumbered.add(record.entry.callId);
        else unnumbered.delete(record.entry.callId);
        if (record.number > 0) undelivered.set(record.number, deliveredOf(record.entry));
        break;
      case 'dropped':
        for (const known of [open, sentAtMs, isMarked]) known.delete(record.callId);
        break;
      case 'delivered':
        delivered = Math.max(delivered, record.number);
        lastDelivered = undelivered.get(record.number) ?? lastDelivered;
        for (const number of undelivered.keys()) if (number <= delivered) undelivered.delete(number);
        break;
      default:
        damaged += 1;
    }
  }
  if (damaged > 0) onDamaged(folder, damaged);
  const isLost = lastDelivered !== undefined && (await isMissing(lastDelivered, options));
  let closed: ClosedEntry[] = [];
  for await (const record of recordsOf(folder)) {
    if (record?.kind !== 'closed') continue;
    const isTold = record.number === 0 ? !unnumbered.has(record.entry.callId) : record.number <= delivered;
    if (!isTold) closed.push(record.entry);
    // Its claim was settled: a counter that starts now is seeded from the ledger.
    else if (isLost && isYoung(deliveredOf(record.entry), options)) {
      closed.push({ callId: record.entry.callId, rows: record.entry.rows });
    } else continue;
    if (closed.length < partSize) continue;
    await book({ closed, orphans: [], unsent: [] });
    closed = [];
  }
  const orphans: OpenEntry[] = [];
  const unsent: string[] = [];
  for (const [callId, entry] of open) {
    const sentMs = sentAtMs.get(callId);
    if (sentMs === undefined && isMarked.has(callId)) unsent.push(callId);
    else orphans.push(orphanOf(entry, sentMs, lastSignOfLifeMs));
  }
  if (closed.length > 0 || open.size > 0) await book({ closed, orphans, unsent });
}

async function* recordsOf(folder: string) {
  let lines = 0;
  for (const number of segmentNumbers(folder)) {
    for (const { record } of readSegment(segmentPath(folder, number))) {
      yield record;
      lines += 1;
      if (lines % LINES_A_TURN === 0) await nextTurn();
    }
  }
}

/** What must be known of an entry that the ledger should have. */
interface Delivered {
  readonly callId: string;
  readonly endedAtMs: number;
}

function deliveredOf({ callId, rows }: ClosedEntry): Delivered {
  return { callId, endedAtMs: rows[0]?.endedAtMs ?? 0 };
}

async function isMissing(last: Delivered, options: AdoptOptions): Promise<boolean> {
  const { isInLedger } = options;
  return isInLedger !== undefined && isYoung(last, options) && !(await isInLedger(last.callId));
}

function isYoung({ endedAtMs }: Delivered, { clock, tellAgainMs = 0 }: AdoptOptions): boolean {
  return endedAtMs > clock.nowMs() - tellAgainMs;
}

/** The hold grew because a stream ran on or a further attempt began: then the pace of the first attempt says too little. */
function withHold({ callId, row }: OpenEntry, hold: bigint): OpenEntry {
  return { callId, hold, row: { ...row, cost: hold, hold } };
}

/** When the process wrote its last line. */
function lastWriteMs(folder: string): number {
  return Math.max(0, ...segmentNumbers(folder).map((number) => statSync(segmentPath(folder, number)).mtimeMs));
}

/** A lock whose process ended between taking it and making the folder, or between deleting the folder and the lock. */
function isStray(path: string, nowMs: number): boolean {
  if (!basename(path).endsWith('.lock') || existsSync(path.slice(0, -'.lock'.length))) return false;
  const madeAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return madeAtMs !== undefined && nowMs - madeAtMs > STRAY_AFTER_MS;
}
