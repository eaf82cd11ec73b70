import { getHeapStatistics } from 'node:v8';
import { GatewayError } from '../../core/errors.ts';
import type { Excess } from './connection-limits.ts';
import { HeavyTurns } from './heavy-turns.ts';
import type { LoopWatch } from './loop-watch.ts';

/** What every request under way is charged besides its bytes: its objects, sockets and buffers. */
const REQUEST_BYTES = 32_768;
/** A compressed body, and an answer, may always grow to this size: it harms no one. */
const HARMLESS_BYTES = 1_048_576;
const MEBIBYTE = 1_048_576;
const RETRY_AFTER_MS = 1_000;
/** Keys without anything under way are forgotten when there are this many. */
const MOST_IDLE_SHARES = 10_000;

/** The settings of overload. */
interface OverloadSettings {
  readonly maxRequestBytes: number;
  /** Undefined: by the memory of this process. */
  readonly maxBytesUnderWay?: number | undefined;
  /** How much of it one key may have, 0 to 1. */
  readonly maxShareOfOneKey: number;
  readonly maxCompressionRatio: number;
  /** 0: the event loop is not considered. */
  readonly maxEventLoopLagMs: number;
}

/** What one key has under way. */
interface Share {
  bytes: number;
  requests: number;
}

/** What one request has under way. */
export interface Load {
  heldBytes: number;
  /** How much of that is an answer that is kept until it is whole. */
  answerBytes: number;
  share: Share | undefined;
}

/** How many requests were refused, by reason. */
interface Refusals {
  bytes: number;
  keyShare: number;
  eventLoop: number;
  connections: number;
  answers: number;
}

/**
 * Counts what is under way against one budget of bytes: bodies as they arrive and as they are unpacked, answers that are kept
 * until they are whole, and a fixed amount for each request. Above it, new work is refused before memory is short; and so it is
 * while the event loop is behind for seconds. A key that has nothing under way is the last to be refused.
 */
export class OverloadManager {
  readonly heavyTurns = new HeavyTurns();
  readonly refusals: Refusals = { bytes: 0, keyShare: 0, eventLoop: 0, connections: 0, answers: 0 };
  readonly #loop: Pick<LoopWatch, 'standingLagMs'>;
  readonly #shares = new Map<string, Share>();
  #settings: OverloadSettings;
  #budgetBytes = 0;
  #shareBytes = 0;
  #busyShares = 0;
  #requests = 0;
  #bytes = 0;

  constructor(loop: Pick<LoopWatch, 'standingLagMs'>, settings: OverloadSettings) {
    this.#loop = loop;
    this.#settings = settings;
    this.#setLimits(settings);
  }

  /** Bytes under way now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many bytes may be under way. */
  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** Takes over the settings of a configuration; costs a comparison if they are the same. */
  follow(settings: OverloadSettings): void {
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.#setLimits(settings);
  }

  /** Lets a request of a key begin, or throws `overloaded`. */
  begin(load: Load, owner: string): void {
    const share = this.#shareOf(owner);
    const { maxEventLoopLagMs } = this.#settings;
    if (maxEventLoopLagMs > 0 && this.#loop.standingLagMs > maxEventLoopLagMs && this.#isPart(share)) {
      this.refusals.eventLoop += 1;
      throw refusal('It is seconds behind with the requests that it has.');
    }
    load.share = share;
    if (share.requests === 0) this.#busyShares += 1;
    share.requests += 1;
    this.#requests += 1;
    this.hold(load, REQUEST_BYTES);
  }

  /** Charges further bytes that a client sends, or throws `overloaded`. */
  hold(load: Load, bytes: number): void {
    const { share } = load;
    if (share === undefined) return;
    if (this.#bytes + bytes > this.#budgetBytes) {
      this.refusals.bytes += 1;
      throw refusal('The requests that it is serving take up all of the memory that it may use for them.');
    }
    if (share.bytes + bytes > this.#shareBytes) {
      this.refusals.keyShare += 1;
      throw refusal('The requests of this key take up all of the memory that one key may use.');
    }
    this.#note(load, bytes);
  }

  /**
   * Charges bytes of an answer, which are there already and keep new work out. Returns false if it may not grow any further: answers
   * have filled as much again as new work may have, and this is not one of the small ones.
   */
  noteAnswer(load: Load, bytes: number): boolean {
    const { share } = load;
    if (share === undefined) return true;
    this.#note(load, bytes);
    load.answerBytes += bytes;
    if (load.answerBytes <= HARMLESS_BYTES) return true;
    if (share.bytes <= 2 * this.#shareBytes && this.#bytes <= 2 * this.#budgetBytes) return true;
    this.refusals.answers += 1;
    return false;
  }

  #note(load: Load, bytes: number): void {
    const { share } = load;
    if (share === undefined) return;
    share.bytes += bytes;
    this.#bytes += bytes;
    load.heldBytes += bytes;
  }

  /** Refuses a request on a connection that is one too many of its address, or of all. */
  refuseConnection(excess: Excess): never {
    this.refusals.connections += 1;
    throw refusal(
      excess === 'address'
        ? 'Your address has too many connections open. Use those that you have.'
        : 'It has as many connections open as it may have.',
    );
  }

  /** Gives back everything that a request was charged. */
  release(load: Load): void {
    const { share, heldBytes } = load;
    if (share === undefined) return;
    load.share = undefined;
    load.heldBytes = 0;
    load.answerBytes = 0;
    share.bytes -= heldBytes;
    share.requests -= 1;
    this.#bytes -= heldBytes;
    this.#requests -= 1;
    if (share.requests === 0) this.#busyShares -= 1;
  }

  /** The largest size that a compressed body of a size may be unpacked to. */
  largestUnpacked(packedBytes: number, maxBytes: number): number {
    return Math.min(maxBytes, Math.max(HARMLESS_BYTES, packedBytes * this.#settings.maxCompressionRatio));
  }

  #shareOf(owner: string): Share {
    let share = this.#shares.get(owner);
    if (share === undefined) {
      if (this.#shares.size >= MOST_IDLE_SHARES + 2 * this.#busyShares) this.#forgetIdle();
      share = { bytes: 0, requests: 0 };
      this.#shares.set(owner, share);
    }
    return share;
  }

  /** All at once and seldom: a map of which entries are deleted one by one is rebuilt again and again. */
  #forgetIdle(): void {
    for (const [owner, { requests }] of this.#shares) if (requests === 0) this.#shares.delete(owner);
  }

  /** Whether a key has at least its even part of what is under way. */
  #isPart({ requests }: Share): boolean {
    return requests > 0 && requests * this.#busyShares >= this.#requests;
  }

  /** A body of the largest size always fits if little else is under way. */
  #setLimits({ maxBytesUnderWay = budgetOfProcess(), maxShareOfOneKey, maxRequestBytes }: OverloadSettings): void {
    const largest = maxRequestBytes + REQUEST_BYTES;
    this.#budgetBytes = Math.max(maxBytesUnderWay, 2 * largest);
    this.#shareBytes = Math.max(this.#budgetBytes * maxShareOfOneKey, largest);
  }
}

/** Several times as much is needed while a body is parsed and written again, so it is a small part of the memory. */
function budgetOfProcess(): number {
  const memory = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const bytes = Math.min(getHeapStatistics().heap_size_limit / 4, memory / 8);
  return Math.min(256 * MEBIBYTE, Math.max(128 * MEBIBYTE, bytes));
}

function refusal(why: string): GatewayError {
  return new GatewayError('overloaded', `This instance of the gateway is overloaded. ${why} Try again in a moment.`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
