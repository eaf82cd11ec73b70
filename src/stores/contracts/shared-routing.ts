/** What the instances of a cluster share of their routing, so that together they treat an upstream as one gateway would. */

/** Whether a deployment is tried: freely, not at all, or by one probe per interval. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What one instance tells the others of a breaker. Times are durations, because clocks of machines differ. */
export interface BreakerChange {
  readonly state: BreakerState;
  /** How much longer it is open, or how long its probe may take. */
  readonly forMs: number;
}

/** What instances share of their breakers, so that a cluster knows of a failure once and sends one probe, not one each. */
export interface BreakerShare {
  publish(id: string, change: BreakerChange): void;
  /** Calls back for what other instances published, never for our own, and for what was open before we joined. */
  onChange(callback: (id: string, change: BreakerChange) => void): void;
  /** Claims the one probe of this interval. A promise is waited for in the background: the probe goes with a later request. */
  takeProbe(id: string, intervalMs: number): boolean | Promise<boolean>;
  /** The probe we claimed has ended or was never sent: the next one may be claimed before the interval is over. */
  releaseProbe(id: string): void;
}

/** Attempts at an upstream: requests that it saw for the first time, and further tries of those. */
export interface AttemptCounts {
  readonly first: number;
  readonly further: number;
}

/** Who counts the attempts of one instance in memory, where requests read and write them without waiting. */
export interface AttemptCounter {
  /** Every upstream it knows, with what was attempted there since it was last asked. */
  drain(): Iterable<readonly [upstream: string, counts: AttemptCounts]>;
  /** Adds what other instances attempted since the last time. */
  addOthers(upstream: string, counts: AttemptCounts): void;
}

/** One instance's part in a cluster's routing. Nothing here is ever waited for by a request. */
export interface SharedRouting extends BreakerShare {
  /** False while other instances cannot be reached: each then acts on what it sees itself. */
  readonly isUp: boolean;
  /** Says whose attempts are exchanged with the other instances from now on. */
  countWith(counter: AttemptCounter): void;
  /**
   * Tells the others what was attempted here and hears what they attempted, per upstream that this instance counts, from its
   * first exchange about it on. Stores that reach over a network also do this by themselves, about once a second. Never rejects.
   */
  exchange(): Promise<void>;
  close(): Promise<void>;
}
