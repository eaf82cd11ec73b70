/**
 * A lock on a file that the kernel releases when its process ends, however it ends. Node.js has no such lock of its
 * own. An open exclusive transaction on an SQLite file is one, on every system and between containers on one machine.
 */
import { DatabaseSync } from 'node:sqlite';

/** A lock that is held. */
export interface FileLock {
  /** Releases it; a second call does nothing. */
  release(): void;
}

/** SQLite's primary result codes, in the lowest byte of an error's `errcode`. */
const BUSY = 5;
const LOCKED = 6;

/** Takes the lock on a file, which is made if it is missing; undefined while another process, or this one, has it. */
export function takeFileLock(path: string): FileLock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const code = ((error as { readonly errcode?: number }).errcode ?? 0) & 0xff;
    if (code === BUSY || code === LOCKED) return undefined;
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}
