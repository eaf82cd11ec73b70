/** Where time comes from. A test hands in its own clock; nothing reads the machine's clock directly. */
export interface Clock {
  /** Milliseconds since the epoch, by the wall clock: for dates, never for durations. */
  nowMs(): number;
  /** Milliseconds on a clock that never jumps, with fractions: for durations and deadlines. */
  monotonicMs(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
