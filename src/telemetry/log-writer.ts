/**
 * Where log lines go: gathered in memory, written in large pieces without blocking, thrown away and counted if no reader takes
 * them fast enough. Written for this because pino's own destination measures the gathered text again with every line.
 */
import { write, writeSync } from 'node:fs';

/** How a writer is set up. */
interface LogWriterOptions {
  readonly fd: number;
  /** Most bytes held in memory while the reader is slow; 4 MiB by default. */
  readonly maxBytes?: number;
  /** Longest time a line waits for company, in milliseconds; 200 by default, 0 writes each line at once. */
  readonly delayMs?: number;
  /**
   * Several processes write to the same pipe: pieces then stay below the 4,096 bytes that Linux never interleaves, at the price
   * of more system calls.
   */
  readonly isShared?: boolean;
}

/** A write wakes a thread of the pool, which costs as much as making a dozen lines: pieces are large. */
const PIECE_BYTES = 64 * 1024;
const ATOMIC_PIPE_BYTES = 4096;
const BUSY_RETRY_MS = 20;
/** How long the last lines of a dying process are tried against a full pipe. */
const LAST_WORDS_MS = 500;
const LINE_FEED = 10;

/** A bounded writer of lines to a file descriptor. */
export class LogWriter {
  readonly #fd: number;
  readonly #maxBytes: number;
  readonly #delayMs: number;
  readonly #pieceBytes: number;
  #text = '';
  #lines = 0;
  #inFlight: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;
  #dropped = 0;
  #idle: (() => void)[] = [];

  constructor(options: LogWriterOptions) {
    this.#fd = options.fd;
    this.#maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.#delayMs = options.delayMs ?? 200;
    this.#pieceBytes = options.isShared === true ? ATOMIC_PIPE_BYTES : Number.POSITIVE_INFINITY;
  }

  /** Lines thrown away since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line that ends in a line feed. Returns at once and never throws. */
  write(line: string): void {
    if (this.#isBroken || this.#text.length + (this.#inFlight?.length ?? 0) + line.length > this.#maxBytes) {
      this.#dropped++;
      return;
    }
    this.#text += line;
    this.#lines++;
    if (this.#inFlight !== undefined) return;
    if (this.#text.length >= PIECE_BYTES || this.#delayMs === 0) this.#begin();
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.#begin(), this.#delayMs).unref();
  }

  /** Resolves when everything taken so far is written, or when the time is up. */
  flush(timeoutMs = 1000): Promise<void> {
    if (this.#inFlight === undefined) this.#begin();
    if (this.#inFlight === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, timeoutMs);
      this.#idle.push(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  /** Writes what is left, blocking: for the moment a process dies. */
  flushSync(): void {
    // What is in flight has been handed to the system already; writing it again would double it.
    const buffer = this.#take();
    if (buffer === undefined) return;
    const giveUpAt = performance.now() + LAST_WORDS_MS;
    let offset = 0;
    while (offset < buffer.length) {
      try {
        offset += writeSync(this.#fd, buffer, offset, this.#pieceEnd(buffer, offset) - offset);
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_RETRY_MS);
      }
    }
  }

  #take(): Buffer | undefined {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text === '') return undefined;
    const buffer = Buffer.from(this.#text);
    this.#text = '';
    this.#lines = 0;
    return buffer;
  }

  #begin(): void {
    const lines = this.#lines;
    const buffer = this.#take();
    if (buffer === undefined || this.#isBroken) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#inFlight = buffer;
    this.#writeFrom(buffer, 0, lines);
  }

  #writeFrom(buffer: Buffer, offset: number, lines: number): void {
    write(this.#fd, buffer, offset, this.#pieceEnd(buffer, offset) - offset, null, (error, written) => {
      if (error !== null) {
        if (isBusy(error)) {
          setTimeout(() => this.#writeFrom(buffer, offset, lines), BUSY_RETRY_MS).unref();
          return;
        }
        // A closed pipe stays closed; a full disk may have room again later.
        this.#isBroken = error.code === 'EPIPE' || error.code === 'EBADF';
        this.#dropped += lines;
      } else if (offset + written < buffer.length) {
        this.#writeFrom(buffer, offset + written, lines);
        return;
      }
      this.#inFlight = undefined;
      this.#begin();
    });
  }

  /** Where a piece ends: behind the last whole line that fits. */
  #pieceEnd(buffer: Buffer, offset: number): number {
    if (buffer.length - offset <= this.#pieceBytes) return buffer.length;
    const end = offset + this.#pieceBytes;
    const lineEnd = buffer.lastIndexOf(LINE_FEED, end - 1);
    return lineEnd > offset ? lineEnd + 1 : end;
  }
}

function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EBUSY';
}
