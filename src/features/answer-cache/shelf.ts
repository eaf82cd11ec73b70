import type { AnswerStore, FoundAnswer } from '../../stores/contracts/answers.ts';
import { type Entry, readEntry, writeEntry } from './entry.ts';
import { sealBytes, unsealBytes } from './sealed-bytes.ts';

/** What was found for some keys of a scope. */
export interface Found {
  readonly entries: readonly (Entry | undefined)[];
  /** The life of the scope, which has to be named for what is kept; undefined if the store did not answer: then nothing is kept. */
  readonly life: string | undefined;
}

/** An answer that is to be kept. */
interface ToKeep {
  readonly key: string;
  readonly entry: Entry;
}

/** Commands with more bytes could take longer than a store may. */
const MOST_AT_ONCE_BYTES = 1_048_576;

/** Entries in a store, encrypted if there is a secret for it. A store that fails is an empty one. */
export class Shelf {
  readonly #store: AnswerStore;
  readonly #secret: Buffer | undefined;
  readonly #counts: { kept: number; failures: number };

  constructor(store: AnswerStore, secret: Buffer | undefined, counts: { kept: number; failures: number }) {
    this.#counts = counts;
    this.#store = store;
    this.#secret = secret;
  }

  find(scope: string, keys: readonly string[]): Found | Promise<Found> {
    const found = this.#store.find(scope, keys);
    if (!(found instanceof Promise)) return this.#read(keys, found);
    return found.then(
      (answers) => this.#read(keys, answers),
      () => {
        this.#counts.failures += 1;
        return { entries: keys.map(() => undefined), life: undefined };
      },
    );
  }

  /** Keeps answers under the life that was found; in the background if the store takes its time. */
  keep(scope: string, life: string, ttlMs: number, answers: readonly ToKeep[]): void {
    if (ttlMs <= 0) return;
    const kept = answers.map(({ key, entry }) => ({ key, value: this.#write(key, entry), ttlMs, life }));
    void this.#keepInParts(scope, kept);
  }

  async #keepInParts(scope: string, answers: Parameters<AnswerStore['keep']>[1]): Promise<void> {
    try {
      for (let from = 0; from < answers.length; ) {
        let to = from;
        for (let bytes = 0; to < answers.length && (to === from || bytes < MOST_AT_ONCE_BYTES); to += 1)
          bytes += answers[to]?.value.length ?? 0;
        const keeping = this.#store.keep(scope, answers.slice(from, to));
        if (keeping instanceof Promise) await keeping;
        this.#counts.kept += to - from;
        from = to;
      }
    } catch {
      this.#counts.failures += 1;
    }
  }

  #read(keys: readonly string[], found: readonly FoundAnswer[]): Found {
    const entries = found.map(({ value }, index) =>
      value === undefined ? undefined : this.#entry(keys[index], value),
    );
    return { entries, life: found[0]?.life };
  }

  #entry(key = '', value: Buffer): Entry | undefined {
    const bytes = this.#secret === undefined ? value : unsealBytes(this.#secret, key, value);
    return bytes === undefined ? undefined : readEntry(bytes);
  }

  #write(key: string, entry: Entry): Buffer {
    const bytes = writeEntry(entry);
    return this.#secret === undefined ? bytes : sealBytes(this.#secret, key, bytes);
  }
}
