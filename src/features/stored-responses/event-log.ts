import type { StoredEvents } from '../../stores/contracts/responses.ts';

/** Stores a batch of events. False if the response is not being made any more. */
type PutEvents = (events: StoredEvents) => Promise<boolean>;

/** Some events, and the number of the one behind them. */
interface SomeEvents {
  readonly text: string;
  readonly next: number;
}

/** Events are stored together if they come within this time, up to this size. */
const GATHERED_MS = 200;
const MOST_BATCH_BYTES = 65_536;
/** So much may wait for the database before the answer has to wait too. */
const MOST_WAITING_BYTES = 1_048_576;
/** So much of what is stored stays here for those who follow closely. */
const MOST_TAIL_BYTES = 262_144;
const TRY_AGAIN_MS = 1_000;

/**
 * The events of one response that is streamed in the background on this instance. Those who follow it closely get them from here at
 * once; all others from the store, so that a slow reader takes no memory.
 */
export class EventLog {
  readonly #put: PutEvents;
  readonly #onLost: () => void;
  /** Called when there is room for more again. */
  onRoom: (() => void) | undefined;
  /** The last events, stored or not; the first of them has the number `#first`. */
  #tail: string[] = [];
  #first = 0;
  #tailBytes = 0;
  /** The number of the first event that is not stored. */
  #unstored = 0;
  #waitingBytes = 0;
  #bytes = 0;
  #visible = 0;
  #isOver = false;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();

  /**
   * `stored`: the first events, which are stored with the response. `onLost`: the response is not being made any more, because it was
   * ended or deleted elsewhere.
   */
  constructor(stored: readonly string[], put: PutEvents, onLost: () => void) {
    this.#put = put;
    this.#onLost = onLost;
    for (const event of stored) this.#push(event);
    this.#unstored = this.next;
    this.#waitingBytes = 0;
    this.#visible = this.next;
  }

  /** The number of the next event. */
  get next(): number {
    return this.#first + this.#tail.length;
  }

  /** How large all events are. */
  get bytes(): number {
    return this.#bytes;
  }

  get hasRoom(): boolean {
    return this.#waitingBytes < MOST_WAITING_BYTES;
  }

  /** Whether nothing more comes. */
  get isOver(): boolean {
    return this.#isOver;
  }

  add(event: string): void {
    if (this.#isClosing) return;
    this.#push(event);
    this.#visible = this.next;
    this.#wake();
    if (this.#waitingBytes >= MOST_BATCH_BYTES) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), GATHERED_MS);
  }

  /** Events from a number on, as far as they are there; undefined if they are in the store only. */
  read(from: number): SomeEvents | undefined {
    if (from < this.#first) return undefined;
    let end = from;
    let bytes = 0;
    while (end < this.#visible && bytes < MOST_BATCH_BYTES) bytes += this.#tail[end++ - this.#first]?.length ?? 0;
    return { text: this.#tail.slice(from - this.#first, end - this.#first).join(''), next: Math.max(from, end) };
  }

  /** Resolves when there may be more to read, or after this time. */
  change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  /** Resolves when what came so far is stored, if the database takes it. */
  async stored(): Promise<void> {
    await this.#flush();
  }

  /** The last events, which are stored together with the end of the response, and are hidden until `finish`. */
  async close(last: (number: number) => string): Promise<StoredEvents> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    await this.#flushing;
    this.#push(last(this.next));
    return this.#batch(Number.POSITIVE_INFINITY);
  }

  /** All is said: shows what was hidden. */
  finish(): void {
    this.#isClosing = true;
    this.#isOver = true;
    this.#visible = this.next;
    clearTimeout(this.#timer);
    this.#wake();
  }

  #push(event: string): void {
    const bytes = Buffer.byteLength(event);
    this.#tail.push(event);
    this.#tailBytes += bytes;
    this.#waitingBytes += bytes;
    this.#bytes += bytes;
  }

  #batch(mostBytes: number): StoredEvents {
    const start = this.#unstored - this.#first;
    let end = start;
    let bytes = 0;
    while (end < this.#tail.length && bytes < mostBytes) bytes += Buffer.byteLength(this.#tail[end++] ?? '');
    return { first: this.#unstored, data: this.#tail.slice(start, end).join('') };
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#unstored < this.next && !this.#isClosing) {
      const batch = this.#batch(MOST_BATCH_BYTES);
      let isRunning: boolean;
      try {
        isRunning = await this.#put(batch);
      } catch {
        // What waits is bounded, and the last events are stored with the response.
        if (!this.#isClosing) this.#timer = setTimeout(() => void this.#flush(), TRY_AGAIN_MS);
        return;
      }
      if (!isRunning) {
        this.#onLost();
        return;
      }
      this.#noteStored(batch);
    }
  }

  #noteStored({ data }: StoredEvents): void {
    const had = this.hasRoom;
    let bytes = Buffer.byteLength(data);
    this.#waitingBytes -= bytes;
    while (bytes > 0) {
      bytes -= Buffer.byteLength(this.#tail[this.#unstored - this.#first] ?? data);
      this.#unstored += 1;
    }
    let dropped = 0;
    while (this.#tailBytes > MOST_TAIL_BYTES && this.#first + dropped < this.#unstored) {
      this.#tailBytes -= Buffer.byteLength(this.#tail[dropped++] ?? '');
    }
    this.#tail = this.#tail.slice(dropped);
    this.#first += dropped;
    if (!had && this.hasRoom) this.onRoom?.();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
