/** Finds the journals of dead processes, books their content, and deletes them. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { ClosedEntry, LeftBehind, OpenEntry, TakeLock } from '../contracts/journal.ts';
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
  // A shared store has the first line of an ending (number 0) before the ledger may; the line with its number follows
  // then.
  const unnumbered = new Set<string>();
  let delivered = 0;
  let damaged = 0;
  for await (const record of recordsOf(folder)) {
    switch (record?.kind) {
      case 'open':
        open.set(record.entry.callId, record.entry);
        break;
      case 'hold': {
        const entry = open.get(record.callId);
        if (entry !== undefined) open.set(record.callId, withHold(entry, record.hold));
        break;
      }
      case 'closed':
        open.delete(record.entry.callId);
        if (record.number === 0) unnumbered.add(record.entry.callId);
        else unnumbered.delete(record.entry.callId);
        break;
      case 'dropped':
        open.delete(record.callId);
        break;
      case 'delivered':
        delivered = Math.max(delivered, record.number);
        break;
      default:
        damaged += 1;
    }
  }
  if (damaged > 0) onDamaged(folder, damaged);
  let closed: ClosedEntry[] = [];
  for await (const record of recordsOf(folder)) {
    if (record?.kind !== 'closed') continue;
    const isTold = record.number === 0 ? !unnumbered.has(record.entry.callId) : record.number <= delivered;
    if (isTold) continue;
    closed.push(record.entry);
    if (closed.length < partSize) continue;
    await book({ closed, orphans: [] });
    closed = [];
  }
  if (closed.length > 0 || open.size > 0) await book({ closed, orphans: [...open.values()] });
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

function withHold(entry: OpenEntry, hold: bigint): OpenEntry {
  return { ...entry, hold, row: { ...entry.row, cost: hold, hold } };
}

/** A lock whose process ended between taking it and making the folder, or between deleting the folder and the lock. */
function isStray(path: string, nowMs: number): boolean {
  if (!basename(path).endsWith('.lock') || existsSync(path.slice(0, -'.lock'.length))) return false;
  const madeAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return madeAtMs !== undefined && nowMs - madeAtMs > STRAY_AFTER_MS;
}
