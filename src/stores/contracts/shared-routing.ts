/**
 * What the instances of a cluster share of their routing, so that together they treat an upstream as one gateway would.
 */
import type { ErrorCode } from '../../core/errors.ts';

/** Whether a deployment is tried: freely, not at all, or by one probe per interval. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * A change of a breaker that one instance announces to the others. Times are durations, because clocks of machines
 * differ.
 */
export interface BreakerChange {
  readonly state: BreakerState;
  /** How much longer it is open, or how long its probe may take. */
  readonly forMs: number;
}

/**
 * Shares the breakers of all instances, so that a cluster discovers a failure once and sends one probe, not one per
 * instance.
 */
export interface BreakerShare {
  publish(id: string, change: BreakerChange): void;
  /**
   * Calls back for changes that other instances published, never for our own, and for breakers that were open before we
   * joined.
   */
  onChange(callback: (id: string, change: BreakerChange) => void): void;
  /**
   * Takes the one probe of this interval. If it is a promise, it is awaited in the background: a later request is the
   * probe.
   */
  takeProbe(id: string, intervalMs: number): boolean | Promise<boolean>;
  /** The probe that we took has ended or was never sent: the next one may be taken before the interval is over. */
  releaseProbe(id: string): void;
}

/** Attempts at an upstream: first tries of requests, and further tries. */
export interface AttemptCounts {
  readonly first: number;
  readonly further: number;
}

/** Counts the attempts of one instance in memory, where requests read and write them without waiting. */
export interface AttemptCounter {
  /** Every upstream that it knows, with the attempts since the last call. */
  drain(): Iterable<readonly [upstream: string, counts: AttemptCounts]>;
  /** Adds the attempts of other instances since the last time. */
  addOthers(upstream: string, counts: AttemptCounts): void;
}

/** Prefixes of prompts that a deployment has in its prompt cache from now on, by keys that all instances compute alike. */
export interface HeldPrefixes {
  readonly deploymentId: string;
  readonly lifeMs: number;
  readonly keys: readonly number[];
}

/** Tells instances where each other's prompts are cached. Nothing of it is stored, and what gets lost costs a cold cache. */
interface PrefixShare {
  /** Tells the others within a moment, as far as there is room. */
  announceHeld(held: HeldPrefixes): void;
  /** Calls back for what other instances announced, never for our own. */
  onHeld(callback: (held: HeldPrefixes) => void): void;
}

/** What the health check of a deployment found. */
export interface HealthNews {
  /** A code of the table of errors; undefined: it answered. */
  readonly error: ErrorCode | undefined;
  readonly latencyMs: number;
  /** How long ago, because clocks of machines differ. */
  readonly ageMs: number;
}

/** Lets one instance check a deployment for all. */
export interface HealthShare {
  readonly isUp: boolean;
  /** Tells the others, and those that join within `keptMs`. */
  tellHealth(id: string, found: Omit<HealthNews, 'ageMs'>, keptMs: number): void;
  /** Calls back for what other instances found, never for our own. */
  onHealth(callback: (id: string, news: HealthNews) => void): void;
  /** What an instance found last, ourselves among them; undefined if none did, or if none can be asked. */
  lastHealth(id: string): Promise<HealthNews | undefined>;
  /** Takes a check for as long as it may last. Released like a probe. */
  takeProbe: BreakerShare['takeProbe'];
  releaseProbe: BreakerShare['releaseProbe'];
}

/** One instance's part in a cluster's routing. No request ever waits for it. */
export interface SharedRouting extends BreakerShare, PrefixShare, HealthShare {
  /** False while other instances cannot be reached: each instance then acts on its own observations. */
  readonly isUp: boolean;
  /** Sets the counter whose attempts are exchanged with the other instances. */
  countWith(counter: AttemptCounter): void;
  /**
   * Sends our attempts to the other instances and receives theirs, for each upstream that this instance counts, from
   * its first exchange of that upstream on. Stores that work over a network also do this by themselves, about once a
   * second. Never rejects.
   */
  exchange(): Promise<void>;
  close(): Promise<void>;
}
