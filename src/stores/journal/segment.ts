/**
 * A file of the journal: lines are added at its end and read from its start. When a call returns, the operating system
 * has the line. If the disk wrote only half of a line, that half is removed.
 */
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { JournalFullError } from '../contracts/journal.ts';
import { type JournalRecord, LINE_END, mostBytesOf, putLine, readLine } from './record.ts';

const READ_BYTES = 256 * 1_024;
/** Lines are encoded in one buffer: a string would be converted three times, to be counted, checked and written. */
const LINE_BYTES = 64 * 1_024;

/** Writes to one file. */
export class SegmentWriter {
  readonly path: string;
  readonly #fd: number;
  readonly #fsync: boolean;
  readonly #buffer = Buffer.allocUnsafe(LINE_BYTES);
  #size: number;
  /**
   * A half-written line could not be removed: the next one begins with a line end, which makes the half a line of its
   * own.
   */
  #isTorn = false;
  #isClosed = false;

  constructor(path: string, fsync: boolean) {
    this.path = path;
    this.#fd = openSync(path, 'a', 0o600);
    this.#fsync = fsync;
    this.#size = fstatSync(this.#fd).size;
  }

  /** Where the next line begins, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Adds texts as lines and returns where they begin; throws a JournalFullError if the disk does not store all of them. */
  addAll(texts: readonly string[]): readonly number[] {
    // The descriptor of a closed file may belong to another file by now.
    if (this.#isClosed) throw new JournalFullError(this.path, { code: 'closed' });
    let most = 1;
    for (const text of texts) most += mostBytesOf(text);
    const buffer = most <= LINE_BYTES ? this.#buffer : Buffer.allocUnsafe(most);
    buffer[0] = LINE_END;
    let length = 1;
    const begins = texts.map((text) => {
      const begin = this.#size + length - 1;
      length = putLine(buffer, length, text);
      return begin;
    });
    const from = this.#isTorn ? 0 : 1;
    let written = 0;
    try {
      written = writeSync(this.#fd, buffer, from, length - from);
      if (written === length - from) {
        if (this.#fsync) fdatasyncSync(this.#fd);
        this.#size += written;
        this.#isTorn = false;
        return begins;
      }
    } catch (error) {
      this.#removeTorn(written);
      throw new JournalFullError(this.path, error);
    }
    this.#removeTorn(written);
    throw new JournalFullError(this.path, undefined);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  #removeTorn(written: number): void {
    if (written === 0) return;
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      this.#isTorn = true;
      this.#size += written;
    }
  }
}

/** A record and where its line ends, in bytes. */
export interface ReadRecord<Record = JournalRecord> {
  /** Undefined: the line is damaged. */
  readonly record: Record | undefined;
  readonly endsAt: number;
}

/** The records of a file between two places; a last line without its end is left out. */
export function readSegment(path: string, from = 0, to = Number.POSITIVE_INFINITY): Generator<ReadRecord> {
  return readLines(path, readLine, from, to);
}

/** The same with another reader of lines. Needs no more memory than a piece of the file and its longest line. */
export function* readLines<Record>(
  path: string,
  read: (line: Buffer) => Record | undefined,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Generator<ReadRecord<Record>> {
  const fd = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    let at = from;
    while (at < to) {
      const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, to - at));
      const length = readSync(fd, piece, 0, piece.length, at);
      if (length === 0) return;
      const bytes = Buffer.concat([rest, piece.subarray(0, length)]);
      const beginsAt = at - rest.length;
      at += length;
      let start = 0;
      for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
        // A half-written line that was ended later is followed by an empty line.
        if (end > start) yield { record: read(bytes.subarray(start, end)), endsAt: beginsAt + end + 1 };
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    closeSync(fd);
  }
}
