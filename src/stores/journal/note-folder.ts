/** Notes as files of one folder, or in memory where there is none. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NoteStore } from '../contracts/notes.ts';

const NAME = /^[\w-]{1,128}$/;
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** Notes in a folder, which is made with the first one. */
export class NoteFolder implements NoteStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  names(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => NAME.test(name));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.#path(name), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  write(name: string, text: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
    // Never half of it: another process may read it now, and this one may end. Its name is no name of a note.
    const half = `${this.#path(name)}.${process.pid}.half`;
    writeFileSync(half, text, { mode: PRIVATE_FILE, flush: true });
    renameSync(half, this.#path(name));
  }

  remove(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    if (!NAME.test(name)) throw new RangeError('a note has a name of letters, digits, - and _');
    return join(this.#folder, name);
  }
}

/** Notes that end with the process. */
export class MemoryNotes implements NoteStore {
  readonly #notes = new Map<string, string>();

  names(): readonly string[] {
    return [...this.#notes.keys()];
  }

  read(name: string): string | undefined {
    return this.#notes.get(name);
  }

  write(name: string, text: string): void {
    this.#notes.set(name, text);
  }

  remove(name: string): void {
    this.#notes.delete(name);
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
