/**
 * What a relayed stream says at its two ends, where providers put usage and the end mark. The chunks pass by untouched; only
 * the first 16 kB and about the last 64 kB stay referenced, and nothing is decoded before someone asks.
 */
import { asBuffer } from './envelope.ts';
import { endOfEvent, startOfEvent } from './event-boundary.ts';
import { SseSplitter } from './sse.ts';

/** One server-sent event, framing removed. */
export interface SseEvent {
  readonly data: string;
  readonly eventName: string | undefined;
}

/** What closes a whole stream in a format: an event with exactly this data (`[DONE]`), or with this name (`message_stop`). */
type EndMark = { readonly data: string } | { readonly eventName: string };

const BLANK_LINE = '\n\n';
/** No answer is larger; a stream without any event would be kept as a whole otherwise. */
const LARGEST_LAST_EVENT = 32 * 1024 * 1024;

/** The blank line before an event shows where it begins. */
const bounded = (eventBytes: number, least: number): number =>
  Math.min(Math.max(eventBytes + BLANK_LINE.length, least), LARGEST_LAST_EVENT);

/** How many of the last events may be the end mark: a few providers send comments or cost notes behind it. */
const MARK_WINDOW = 3;

/** Watches one relayed stream. O(1) per chunk; chunks must not be altered after they were handed over. */
export class StreamEnds {
  /** Bytes seen so far. */
  totalBytes = 0;
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailFrom = 0;
  #tailBytes = 0;
  #joinedTail: Buffer | undefined;
  /** Bytes since the beginning of the last event; undefined if that is small in this format. */
  #lastEventBytes: number | undefined;

  /** `keepsLastEvent`: the last event repeats the whole answer, and is kept however large it is. */
  constructor(headLimit: number = 16 * 1024, tailLimit: number = 64 * 1024, keepsLastEvent = false) {
    this.#headLimit = headLimit;
    this.#tailLimit = tailLimit;
    this.#lastEventBytes = keepsLastEvent ? 0 : undefined;
  }

  /** Notes the next bytes of the stream. */
  push(chunk: Uint8Array): void {
    const length = chunk.length;
    if (length === 0) return;
    const bytes = asBuffer(chunk);
    this.totalBytes += length;
    this.#joinedTail = undefined;
    if (this.#headBytes < this.#headLimit) {
      const room = this.#headLimit - this.#headBytes;
      this.#head.push(length <= room ? bytes : bytes.subarray(0, room));
      this.#headBytes += Math.min(length, room);
    }
    const limit = this.#lastEventBytes === undefined ? this.#tailLimit : this.#limitWithLastEvent(bytes);
    this.#tail.push(length <= limit ? bytes : bytes.subarray(length - limit));
    this.#tailBytes += Math.min(length, limit);
    this.#dropOldTail(limit);
  }

  /** How much of the tail is kept so that the last event, or the one that has just ended, is in it as a whole. */
  #limitWithLastEvent(bytes: Buffer): number {
    const { length } = bytes;
    const before = this.#lastEventBytes ?? 0;
    const last = bytes.lastIndexOf(BLANK_LINE, undefined, 'latin1');
    const end = last + BLANK_LINE.length;
    if (last === -1) this.#lastEventBytes = before + length;
    else if (end < length) this.#lastEventBytes = length - end;
    else {
      // The chunk ends with an event: that is the last one, until another begins.
      const previous = last === 0 ? -1 : bytes.lastIndexOf(BLANK_LINE, last - 1, 'latin1');
      const kept = previous === -1 ? before + length : length - previous - BLANK_LINE.length;
      this.#lastEventBytes = 0;
      return bounded(kept, this.#tailLimit);
    }
    return bounded(this.#lastEventBytes, this.#tailLimit);
  }

  /** The complete events the stream began with, oldest first, as far as the kept head holds them. */
  *firstEvents(): Generator<SseEvent, void> {
    const bytes = this.#head.length === 1 ? (this.#head[0] as Buffer) : Buffer.concat(this.#head);
    let start = 0;
    for (;;) {
      const end = endOfEvent(bytes, start);
      if (end === -1) {
        // A stream that ended inside the head may lack its last blank line.
        if (this.totalBytes === bytes.length) yield* readEvents(bytes.subarray(start));
        return;
      }
      yield* readEvents(bytes.subarray(start, end));
      start = end;
    }
  }

  /**
   * The last events, newest first, as far as the kept tail holds them whole. Lazy: a caller that finds what it wants in the
   * newest one pays for one. The newest may lack its blank line, and its end if the stream was cut.
   */
  *lastEvents(): Generator<SseEvent, void> {
    const bytes = this.#tailText();
    const isWhole = bytes.length === this.totalBytes;
    let end = bytes.length;
    while (end > 0) {
      const start = startOfEvent(bytes, end, 0);
      // The first bytes of a tail that has lost its beginning may be half an event.
      if (start === 0 && !isWhole) return;
      yield* readEvents(bytes.subarray(start, end));
      end = start;
    }
  }

  /** Whether one of the last events is an end mark of the format. */
  endedWith(marks: readonly EndMark[]): boolean {
    let seen = 0;
    for (const event of this.lastEvents()) {
      for (const mark of marks) {
        if ('data' in mark ? mark.data === event.data.trim() : mark.eventName === event.eventName) return true;
      }
      seen += 1;
      if (seen === MARK_WINDOW) return false;
    }
    return false;
  }

  #dropOldTail(limit: number): void {
    let oldest = this.#tail[this.#tailFrom];
    while (oldest !== undefined && this.#tailBytes - oldest.length >= limit) {
      this.#tailBytes -= oldest.length;
      this.#tailFrom += 1;
      oldest = this.#tail[this.#tailFrom];
    }
    // Compacting when half of the list is dead keeps the cost per chunk constant and lets the buffers go.
    if (this.#tailFrom > 64 && this.#tailFrom * 2 > this.#tail.length) {
      this.#tail = this.#tail.slice(this.#tailFrom);
      this.#tailFrom = 0;
    }
  }

  #tailText(): Buffer {
    this.#joinedTail ??=
      this.#tail.length - this.#tailFrom === 1
        ? (this.#tail[this.#tailFrom] as Buffer)
        : Buffer.concat(this.#tail.slice(this.#tailFrom), this.#tailBytes);
    return this.#joinedTail;
  }
}

function readEvents(bytes: Buffer): SseEvent[] {
  const events: SseEvent[] = [];
  const splitter = new SseSplitter((data, eventName) => events.push({ data, eventName }));
  splitter.push(bytes);
  splitter.end();
  return events;
}
