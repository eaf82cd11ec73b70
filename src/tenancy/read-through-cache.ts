/** A bounded cache of values that are read from a store. */
import type { Clock } from '../core/clock.ts';

/** How a cache is set up. */
export interface ReadThroughCacheOptions<Value> {
  readonly clock: Clock;
  /** Reads a value; undefined if there is none. */
  readonly load: (id: string) => Promise<Value | undefined>;
  /** The sources of a value, as `team:t1`: when one of them changes, the value is dropped. */
  readonly sourcesOf: (id: string, value: Value | undefined) => readonly string[];
  readonly capacity: number;
  /** How long a value is valid, and how long the absence of one. */
  readonly ttlMs: number;
  readonly absentTtlMs: number;
  /** Whether this error of `load` allows an expired value to be used. */
  readonly mayServeOld: (error: unknown) => boolean;
}

interface Entry<Value> {
  readonly value: Value | undefined;
  readonly sources: readonly string[];
  untilMs: number;
}

/** How often a read is tried because its sources changed meanwhile. */
const MOST_READS = 4;
/** How long an expired value is used while the store is unavailable, before the store is asked again. */
const OLD_SERVES_MS = 1_000;

/** Which share of the capacity absent values may take. */
const ABSENT_SHARE = 0.1;

function firstOf<T>(values: Iterable<T>): T | undefined {
  const [first] = values;
  return first;
}

/**
 * Returns cached values at once, and reads others once for any number that wait. A dropped value never returns from an older
 * read.
 */
export class ReadThroughCache<Value> {
  readonly #options: ReadThroughCacheOptions<Value>;
  readonly #entries = new Map<string, Entry<Value>>();
  /** Ids of absent values, oldest first: made-up keys must not displace real ones. */
  readonly #absent = new Set<string>();
  readonly #bySource = new Map<string, Set<string>>();
  readonly #loading = new Map<string, Promise<Value | undefined>>();
  /** Grows with every change: a read that began at another number may be outdated. */
  #changes = 0;

  constructor(options: ReadThroughCacheOptions<Value>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value; a promise only if it has to be read. Rejects with the error of `load`. */
  find(id: string): Value | undefined | Promise<Value | undefined> {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.untilMs > this.#options.clock.monotonicMs()) return entry.value;
    const loading = this.#loading.get(id);
    if (loading !== undefined) return loading;
    const read = this.#read(id, entry).finally(() => this.#loading.delete(id));
    this.#loading.set(id, read);
    return read;
  }

  /** Drops all values that were made from these sources. */
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
        // A revoked value is no longer among the entries, so it cannot be used here.
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
      // The oldest is dropped: maps and sets keep the order of insertion.
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
