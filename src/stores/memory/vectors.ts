import type { Clock } from '../../core/clock.ts';
import type { Alike, Partition, Remembered, Search, VectorStore, VectorStoreStatus } from '../contracts/vectors.ts';
import { Directions } from './directions.ts';

/** What an entry costs beside its direction and its texts. */
const OVERHEAD_BYTES = 400;

interface Entry extends Remembered {
  readonly id: string;
  readonly shelf: Shelf;
  readonly expiresAtMs: number;
  readonly bytes: number;
  /** Where its direction is. */
  at: number;
}

/** The questions of one partition. */
interface Shelf {
  readonly id: string;
  readonly scope: string;
  readonly directions: Directions;
  readonly entries: Entry[];
}

/** Directions in the memory of this process, bounded in number and bytes: those that were not found for the longest go first. */
export class MemoryVectors implements VectorStore {
  readonly #clock: Clock;
  readonly #mostEntries: number;
  readonly #mostBytes: number;
  /** The one that was used last stands last. */
  readonly #entries = new Map<string, Entry>();
  readonly #shelves = new Map<string, Shelf>();
  readonly #scopes = new Map<string, Set<Shelf>>();
  #bytes = 0;

  constructor(clock: Clock, mostEntries: number, mostBytes: number) {
    this.#clock = clock;
    this.#mostEntries = mostEntries;
    this.#mostBytes = mostBytes;
  }

  /** What is kept now. */
  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries.size, bytes: this.#bytes };
  }

  search({ life, direction, least, most, ...partition }: Search): readonly Alike[] {
    const shelf = this.#shelves.get(idOf(partition));
    if (shelf === undefined) return [];
    const nowMs = this.#clock.nowMs();
    const found: Alike[] = [];
    const ended: Entry[] = [];
    for (const { at, similarity } of shelf.directions.nearest(direction, least, most)) {
      const entry = shelf.entries[at];
      if (entry === undefined) continue;
      if (entry.expiresAtMs <= nowMs || entry.life !== life) {
        ended.push(entry);
        continue;
      }
      this.#entries.delete(entry.id);
      this.#entries.set(entry.id, entry);
      found.push({ key: entry.key, question: entry.question, life: entry.life, similarity });
    }
    for (const entry of ended) this.#drop(entry);
    return found;
  }

  keep(partition: Partition, direction: Float32Array, remembered: Remembered, ttlMs: number): void {
    const { key, question, life } = remembered;
    const id = idOf(partition, key);
    this.#drop(this.#entries.get(id));
    const bytes = OVERHEAD_BYTES + 2 * (question.length + key.length) + Directions.bytesOf(direction.length);
    if (bytes > this.#mostBytes) return;
    while (
      this.#entries.size > 0 &&
      (this.#entries.size >= this.#mostEntries || this.#bytes + bytes > this.#mostBytes)
    ) {
      const [oldest] = this.#entries.values();
      this.#drop(oldest);
    }
    const shelf = this.#shelves.get(idOf(partition)) ?? this.#open(partition);
    const at = shelf.directions.add(direction);
    const entry = { id, key, question, life, shelf, at, bytes, expiresAtMs: this.#clock.nowMs() + ttlMs };
    shelf.entries[at] = entry;
    this.#entries.set(id, entry);
    this.#bytes += bytes;
  }

  forget(partition: Partition, key: string): void {
    this.#drop(this.#entries.get(idOf(partition, key)));
  }

  erase(scope: string): void {
    for (const shelf of this.#scopes.get(scope) ?? []) for (const entry of [...shelf.entries]) this.#drop(entry);
  }

  status(): VectorStoreStatus {
    return { place: 'memory', isUp: true, entries: this.#entries.size };
  }

  close(): void {
    this.#entries.clear();
    this.#shelves.clear();
    this.#scopes.clear();
    this.#bytes = 0;
  }

  #open(partition: Partition): Shelf {
    const { scope, size } = partition;
    const shelf: Shelf = { id: idOf(partition), scope, directions: new Directions(size), entries: [] };
    this.#shelves.set(shelf.id, shelf);
    const shelves = this.#scopes.get(scope);
    if (shelves === undefined) this.#scopes.set(scope, new Set([shelf]));
    else shelves.add(shelf);
    return shelf;
  }

  /** The last one of the partition takes its place. */
  #drop(entry: Entry | undefined): void {
    if (entry === undefined || !this.#entries.delete(entry.id)) return;
    this.#bytes -= entry.bytes;
    const { shelf, at } = entry;
    shelf.directions.removeAt(at);
    const last = shelf.entries.pop();
    if (last !== undefined && last !== entry) {
      last.at = at;
      shelf.entries[at] = last;
    }
    if (shelf.entries.length > 0) return;
    this.#shelves.delete(shelf.id);
    const shelves = this.#scopes.get(shelf.scope);
    shelves?.delete(shelf);
    if (shelves?.size === 0) this.#scopes.delete(shelf.scope);
  }
}

/** What a partition, or a question in it, is called: no two run together. */
const idOf = ({ scope, name, size }: Partition, key = ''): string =>
  `${size}:${scope.length}:${scope}${name.length}:${name}${key}`;
