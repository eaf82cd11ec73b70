/**
 * The files of one journal, in order: the last one is written to, the first ones are deleted when they are not needed
 * any more.
 */
import { mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadRecord, readSegment, SegmentWriter } from './segment.ts';

const NAME = /^(\d{8})\.log$/;

/** A place in the files: the number of a file and an offset in bytes. */
export interface Place {
  readonly segment: number;
  readonly at: number;
}

/** The numbers of a folder's files, in order. */
export function segmentNumbers(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((left, right) => left - right);
}

/** The path of the file with this number. */
export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.log`);
}

/** The files that one process writes. */
export class Segments {
  readonly #folder: string;
  readonly #mostBytes: number;
  readonly #fsync: boolean;
  #writer: SegmentWriter;
  #first = 1;
  #current = 1;

  constructor(folder: string, options: { readonly mostBytes: number; readonly fsync: boolean }) {
    this.#folder = folder;
    this.#mostBytes = options.mostBytes;
    this.#fsync = options.fsync;
    mkdirSync(folder, { recursive: true });
    this.#writer = new SegmentWriter(segmentPath(folder, 1), options.fsync);
  }

  /** The number of the file that is written to. */
  get current(): number {
    return this.#current;
  }

  /** Adds texts as lines, in one write, and returns where they begin; throws a JournalFullError, and has none of them then. */
  addAll(texts: readonly string[]): readonly Place[] {
    if (this.#writer.size >= this.#mostBytes) this.#rotate();
    const segment = this.#current;
    return this.#writer.addAll(texts).map((at) => ({ segment, at }));
  }

  /** The records from a place on. */
  *readFrom({ segment, at }: Place): Generator<ReadRecord & { readonly place: Place }> {
    for (let number = segment; number <= this.#current; number += 1) {
      const from = number === segment ? at : 0;
      const to = number === this.#current ? this.#writer.size : undefined;
      for (const read of readSegment(segmentPath(this.#folder, number), from, to)) {
        yield { ...read, place: { segment: number, at: read.endsAt } };
      }
    }
  }

  /** Deletes the files below a number, but never the current one. */
  deleteBelow(number: number): void {
    while (this.#first < Math.min(number, this.#current)) {
      unlinkSync(segmentPath(this.#folder, this.#first));
      this.#first += 1;
    }
  }

  close(): void {
    this.#writer.close();
  }

  #rotate(): void {
    let next: SegmentWriter;
    try {
      next = new SegmentWriter(segmentPath(this.#folder, this.#current + 1), this.#fsync);
    } catch {
      // There is no room for another file: this one grows further, and its next line shows whether the disk stores it.
      return;
    }
    this.#writer.close();
    this.#writer = next;
    this.#current += 1;
  }
}
