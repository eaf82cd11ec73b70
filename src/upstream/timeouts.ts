import type { Clock } from '../core/clock.ts';
import { Slots, type Slotted } from '../core/slots.ts';

/** How long each phase of a call may take, in milliseconds in which the event loop was not late. */
export interface CallTimeouts {
  /**
   * From sending the request to the first content of the answer; its head, or a stream that only opens, does not count.
   */
  readonly firstByteMs: number;
  /** From sending the request to the head of the answer. */
  readonly headersMs: number;
  /** Between two pieces of the answer, while the client is reading. */
  readonly idleMs: number;
  /** From sending the request to the end of the answer. */
  readonly totalMs: number;
  /** How long a client may refuse to read before the call is given up. */
  readonly slowClientMs: number;
}

export type TimeoutKind = 'first-byte' | 'headers' | 'idle' | 'total' | 'slow-client';

/**
 * A call whose phases are watched. `sawActivity` is set by the call on every piece it receives and cleared by the
 * watch.
 */
export interface Watched extends Slotted {
  readonly timeouts: CallTimeouts;
  hasFirstByte: boolean;
  hasHead: boolean;
  sawActivity: boolean;
  isPaused: boolean;
  /** `onQuiet` was called for the present silence. */
  wasToldQuiet?: boolean;
  watchStartedMs: number;
  watchLastActivityMs: number;
  onTimeout(kind: TimeoutKind): void;
  /** Nothing has come for a while, in the middle of the answer; called once for each silence. */
  onQuiet?(): void;
}

const TICK_MS = 50;
/** A later tick counts as this much: while the event loop was late, an answer that had arrived could not be read. */
const LONGEST_TICK_MS = 60;
/** Longer than providers take from the last word to the end mark. */
const QUIET_MS = 3_000;

/**
 * Watches all calls with one timer that ticks every 50 ms: a call costs one addition to a list and one removal, and a
 * piece of an answer one boolean, where a timer per call and phase would be armed and cleared on every piece.
 */
export class TimeoutWatch {
  readonly #clock: Clock;
  readonly #calls = new Slots<Watched>();
  /** Milliseconds in which the event loop could have read, until the last tick. */
  #readableMs = 0;
  #lastTickMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(call: Watched): void {
    if (this.#timer === undefined) {
      this.#lastTickMs = this.#clock.monotonicMs();
      this.#timer = setInterval(() => this.tick(), TICK_MS);
    }
    const now = this.#readableNow();
    call.watchStartedMs = now;
    call.watchLastActivityMs = now;
    this.#calls.add(call);
  }

  remove(call: Watched): void {
    this.#calls.remove(call);
    if (this.#calls.size === 0 && this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Checks every call once. Public so that a test with its own clock can drive it. */
  tick(): void {
    const now = this.#readableNow();
    this.#readableMs = now;
    this.#lastTickMs = this.#clock.monotonicMs();
    for (const call of this.#calls) {
      const { timeouts } = call;
      if (call.sawActivity) {
        call.sawActivity = false;
        call.wasToldQuiet = false;
        call.watchLastActivityMs = now;
      }
      const quietMs = now - call.watchLastActivityMs;
      if (now - call.watchStartedMs > timeouts.totalMs) call.onTimeout('total');
      else if (call.isPaused) {
        if (quietMs > timeouts.slowClientMs) call.onTimeout('slow-client');
      } else if (!call.hasFirstByte) {
        if (now - call.watchStartedMs > timeouts.firstByteMs) call.onTimeout('first-byte');
        else if (!call.hasHead && now - call.watchStartedMs > timeouts.headersMs) call.onTimeout('headers');
      } else if (quietMs > timeouts.idleMs) call.onTimeout('idle');
      else if (quietMs > QUIET_MS && call.wasToldQuiet !== true) {
        call.wasToldQuiet = true;
        call.onQuiet?.();
      }
    }
  }

  #readableNow(): number {
    return this.#readableMs + Math.min(this.#clock.monotonicMs() - this.#lastTickMs, LONGEST_TICK_MS);
  }
}
