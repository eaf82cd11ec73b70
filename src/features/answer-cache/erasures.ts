/** Erases scopes for certain: what could not be erased is noted, and erased later, by a later process if need be. */
import type { NoteStore } from '../../stores/contracts/notes.ts';

/** Something of which scopes are erased. */
interface Erased {
  erase(scope: string): void | Promise<void>;
  status(): { readonly place: string };
}

const NOTE = 'erase-';
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** The erasures of a gateway. */
export class Erasures {
  readonly #notes: NoteStore;
  readonly #targets: () => readonly Erased[];
  readonly #onFault: (what: string, error: unknown) => void;
  #retry: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isClosed = false;

  /** `targets`: what is in use now. */
  constructor(notes: NoteStore, targets: () => readonly Erased[], onFault: (what: string, error: unknown) => void) {
    this.#notes = notes;
    this.#targets = targets;
    this.#onFault = onFault;
  }

  /** Erases a scope; rejects if that is not done yet, and then does it later. */
  async erase(scope: string): Promise<void> {
    const targets = this.#targets();
    // What is in memory goes at once, and ends with the process.
    const mayFail = targets.some((target) => target.status().place !== 'memory');
    if (mayFail) this.#note(scope);
    const results = await Promise.allSettled(targets.map(async (target) => target.erase(scope)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      this.#later();
      throw failed.reason;
    }
    if (mayFail) this.#quietly(() => this.#notes.remove(NOTE + scope));
  }

  /** Goes on with what is noted. */
  resume(): void {
    void this.#eraseNoted();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }

  async #eraseNoted(): Promise<void> {
    let names: readonly string[] = [];
    this.#quietly(() => {
      names = this.#notes.names();
    });
    for (const name of names) {
      if (!name.startsWith(NOTE)) continue;
      try {
        await this.erase(name.slice(NOTE.length));
      } catch {
        // It is tried again; the store says why it is not up.
        return;
      }
    }
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  #later(): void {
    clearTimeout(this.#retry);
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => void this.#eraseNoted(), this.#pauseMs);
    this.#retry.unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #note(scope: string): void {
    this.#quietly(() => this.#notes.write(NOTE + scope, ''));
  }

  /** A full disk must not keep anything from being erased now. */
  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onFault('what is to be erased of the cache could not be noted', error);
    }
  }
}
