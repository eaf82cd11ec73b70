/**
 * Closed entries that are not in the ledger yet, in order. A bounded part of them is held in memory; further ones,
 * while the database is unavailable, are counted, and read from the files again later.
 */
import type { ClosedEntry } from '../contracts/journal.ts';
import type { Place, Segments } from './segments.ts';

/** A closed entry with its number and its file. */
interface WaitingEntry {
  readonly entry: ClosedEntry;
  readonly number: number;
  readonly segment: number;
}

/** The queue of closed entries for the ledger. */
export class Waiting {
  readonly #segments: Segments;
  readonly #mostHeld: number;
  readonly #onDamaged: () => void;
  #held: WaitingEntry[] = [];
  /** The place of the first entry that is not in memory. */
  #beyondFrom: Place | undefined;
  #beyond = 0;

  constructor(segments: Segments, options: { readonly mostHeld: number; readonly onDamaged: () => void }) {
    this.#segments = segments;
    this.#mostHeld = options.mostHeld;
    this.#onDamaged = options.onDamaged;
  }

  get size(): number {
    return this.#held.length + this.#beyond;
  }

  /** How many are in memory. */
  get held(): number {
    return this.#held.length;
  }

  /** The first file that is still needed; undefined if none is. */
  get firstSegment(): number | undefined {
    return this.#held[0]?.segment ?? this.#beyondFrom?.segment;
  }

  /** Adds an entry that was just written at a place. */
  push(entry: ClosedEntry, number: number, place: Place): void {
    if (this.#beyondFrom === undefined && this.#held.length < this.#mostHeld) {
      this.#held.push({ entry, number, segment: place.segment });
      return;
    }
    this.#beyondFrom ??= place;
    this.#beyond += 1;
  }

  /** The first entries, at most this many. */
  first(most: number): readonly WaitingEntry[] {
    if (this.#held.length < most && this.#beyondFrom !== undefined) this.#readBeyond(this.#beyondFrom, most);
    return this.#held.slice(0, most);
  }

  /** Removes the first entries. */
  shift(count: number): void {
    this.#held = this.#held.slice(count);
  }

  #readBeyond(from: Place, wanted: number): void {
    for (const { record, place } of this.#segments.readFrom(from)) {
      this.#beyondFrom = place;
      if (record === undefined) this.#onDamaged();
      if (record?.kind !== 'closed' || record.number === 0) continue;
      this.#held.push({ entry: record.entry, number: record.number, segment: place.segment });
      this.#beyond -= 1;
      if (this.#held.length >= wanted) return;
    }
    // Everything that was written is in memory now, whatever was counted.
    this.#beyondFrom = undefined;
    this.#beyond = 0;
  }
}
