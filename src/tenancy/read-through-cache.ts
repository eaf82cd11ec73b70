/** A bounded memory of things that are read from a store: answers at once for what it knows, and asks once for what it does not. */
import type { Clock } from '../core/clock.ts';

/** How a memory is set up. */
export interface ReadThroughCacheOptions<Value> {
  readonly clock: Clock;
  /** Reads one; undefined where there is none. */
  readonly load: (id: string) => Promise<Value | undefined>;
  /** What a value was made of, as `team:t1`: when one of them changes the value is forgotten. */
  readonly sourcesOf: (id: string, value: Value | undefined) => readonly string[];
  readonly capacity: number;
  /** How long a value is believed without asking again, and how long that there is none. */
  readonly ttlMs: number;
  readonly absentTtlMs: number;
  /** Whether a value that is too old may still serve, because what it came from cannot be asked now. */
  readonly mayServeOld: (error: unknown) => boolean;
}

interface Entry<Value> {
  readonly value: Value | undefined;
  readonly sources: readonly string[];
  untilMs: number;
}

/** How often a read is made again because what it read changed meanwhile. */
const MOST_READS = 4;
/** How long an old value serves while the store is away, before it is asked again. */
const OLD_SERVES_MS = 1_000;

/** How much of the room what there is none of may take. */
const ABSENT_SHARE = 0.1;

function firstOf<T>(values: Iterable<T>): T | undefined {
  const [first] = values;
  return first;
}

/** The memory. What was forgotten never comes back from a read that began before. */
export class ReadThroughCache<Value> {
  readonly #options: ReadThroughCacheOptions<Value>;
  readonly #entries = new Map<string, Entry<Value>>();
  /** Ids of what there is none of, oldest first: keys that somebody makes up must not drive out those that there are. */
  readonly #absent = new Set<string>();
  readonly #bySource = new Map<string, Set<string>>();
  readonly #loading = new Map<string, Promise<Value | undefined>>();
  /** Grows with every change: a read that another number saw begin may hold what is no longer true. */
  #changes = 0;

  constructor(options: ReadThroughCacheOptions<Value>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value; a promise only where it has to be read. Rejects with what reading rejects with. */
  find(id: string): Value | undefined | Promise<Value | undefined> {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.untilMs > this.#options.clock.monotonicMs()) return entry.value;
    const loading = this.#loading.get(id);
    if (loading !== undefined) return loading;
    const read = this.#read(id, entry).finally(() => this.#loading.delete(id));
    this.#loading.set(id, read);
    return read;
  }

  /** Forgets everything that was made of these. */
  forget(sources: Iterable<string>): void {
    this.#changes++;
    for (const source of sources) {
      for (const id of [...(this.#bySource.get(source) ?? [])]) this.#drop(id);
    }
  }

  forgetAll(): void {
    this.#changes++;
    this.#entries.clear();
    this.#absent.clear();
    this.#bySource.clear();
  }

  async #read(id: string, old: Entry<Value> | undefined): Promise<Value | undefined> {
    const { load, sourcesOf, clock, ttlMs, absentTtlMs, mayServeOld } = this.#options;
    for (let reads = 1; ; reads++) {
      const seen = this.#changes;
      let value: Value | undefined;
      try {
        value = await load(id);
      } catch (error) {
        // What was revoked is no longer among the entries, so it is not what serves here.
        const kept = this.#entries.get(id);
        if (old?.value === undefined || kept !== old || !mayServeOld(error)) throw error;
        old.untilMs = clock.monotonicMs() + OLD_SERVES_MS;
        return old.value;
      }
      if (seen !== this.#changes && reads < MOST_READS) continue;
      if (seen === this.#changes) {
        const untilMs = clock.monotonicMs() + (value === undefined ? absentTtlMs : ttlMs);
        this.#keep(id, { value, sources: sourcesOf(id, value), untilMs });
      }
      return value;
    }
  }

  #keep(id: string, entry: Entry<Value>): void {
    this.#drop(id);
    const { capacity } = this.#options;
    const isAbsent = entry.value === undefined;
    const isFullOfAbsent = isAbsent && this.#absent.size >= Math.max(1, capacity * ABSENT_SHARE);
    if (isFullOfAbsent || this.#entries.size >= capacity) {
      // The oldest goes: maps and sets keep the order in which things came.
      const [oldest = firstOf(this.#entries.keys())] = this.#absent;
      if (oldest !== undefined) this.#drop(oldest);
    }
    this.#entries.set(id, entry);
    if (isAbsent) this.#absent.add(id);
    for (const source of entry.sources) {
      const ids = this.#bySource.get(source);
      if (ids === undefined) this.#bySource.set(source, new Set([id]));
      else ids.add(id);
    }
  }

  #drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#absent.delete(id);
    for (const source of entry.sources) {
      const ids = this.#bySource.get(source);
      ids?.delete(id);
      if (ids?.size === 0) this.#bySource.delete(source);
    }
  }
}
