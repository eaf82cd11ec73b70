/** Finds the journals of dead processes, and takes them, so that no other process books them meanwhile. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { TakeLock } from '../contracts/journal.ts';
import { LeftJournal, type LossOptions } from './left-journal.ts';

/** What finding journals needs. */
interface FindOptions extends LossOptions {
  /** Where the journals of all processes are. */
  readonly folder: string;
  readonly takeLock: TakeLock;
  readonly clock: Clock;
  /** Called if lines in the middle of a file cannot be read. */
  readonly onDamaged: (path: string, lines: number) => void;
}

/** The owner of a lock makes the folder at once: a lock that is this old and has no folder has no owner. */
const STRAY_AFTER_MS = 3_600_000;

/** Takes every journal whose owner is dead. */
export async function findLeftBehind(options: FindOptions): Promise<LeftJournal[]> {
  const { folder, takeLock, clock, onDamaged } = options;
  const journals: LeftJournal[] = [];
  if (!existsSync(folder)) return journals;
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, found.name);
    if (!found.isDirectory()) {
      if (isStray(path, clock.nowMs())) rmSync(path, { force: true });
      continue;
    }
    const lock = takeLock(`${path}.lock`);
    if (lock === undefined) continue;
    try {
      // Another process may have booked it meanwhile.
      if (existsSync(path)) {
        const journal = await LeftJournal.read(path, { ...options, lock });
        if (journal.damaged > 0) onDamaged(path, journal.damaged);
        journals.push(journal);
        continue;
      }
      rmSync(`${path}.lock`, { force: true });
    } catch (error) {
      lock.release();
      for (const journal of journals) journal.release();
      throw error;
    }
    lock.release();
  }
  return journals;
}

/** A lock whose process ended between taking it and making the folder, or between deleting the folder and the lock. */
function isStray(path: string, nowMs: number): boolean {
  if (!basename(path).endsWith('.lock') || existsSync(path.slice(0, -'.lock'.length))) return false;
  const madeAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return madeAtMs !== undefined && nowMs - madeAtMs > STRAY_AFTER_MS;
}
