/** Shared routing of instances in one process: of a single gateway, or of several in a test. */
import type { Clock } from '../../core/clock.ts';
import type {
  AttemptCounter,
  AttemptCounts,
  BreakerChange,
  HealthNews,
  HeldPrefixes,
  SharedRouting,
} from '../contracts/shared-routing.ts';

interface Lease {
  readonly holder: MemorySharedRouting;
  readonly untilMs: number;
}

interface OpenBreaker {
  readonly state: BreakerChange['state'];
  readonly untilMs: number;
}

interface Found extends Omit<HealthNews, 'ageMs'> {
  readonly atMs: number;
  readonly untilMs: number;
}

/** The state that the instances share. */
export class MemoryCluster {
  readonly clock: Clock;
  readonly instances = new Set<MemorySharedRouting>();
  readonly leases = new Map<string, Lease>();
  readonly open = new Map<string, OpenBreaker>();
  readonly found = new Map<string, Found>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Adds an instance. */
  join(): SharedRouting {
    return new MemorySharedRouting(this);
  }
}

class MemorySharedRouting implements SharedRouting {
  readonly isUp = true;
  readonly #cluster: MemoryCluster;
  #onChange: (id: string, change: BreakerChange) => void = () => undefined;
  #onHeld: (held: HeldPrefixes) => void = () => undefined;
  #onHealth: (id: string, news: HealthNews) => void = () => undefined;
  #counter: AttemptCounter | undefined;
  /** What the others attempted since our last exchange, for each upstream that we have exchanged once. */
  readonly #fromOthers = new Map<string, { first: number; further: number }>();

  constructor(cluster: MemoryCluster) {
    this.#cluster = cluster;
    cluster.instances.add(this);
  }

  publish(id: string, change: BreakerChange): void {
    const { clock, open } = this.#cluster;
    if (change.state === 'closed') open.delete(id);
    else open.set(id, { state: change.state, untilMs: clock.monotonicMs() + change.forMs });
    for (const other of this.#others()) other.#onChange(id, change);
  }

  onChange(callback: (id: string, change: BreakerChange) => void): void {
    this.#onChange = callback;
    const nowMs = this.#cluster.clock.monotonicMs();
    for (const [id, { state, untilMs }] of this.#cluster.open) {
      callback(id, { state, forMs: Math.max(0, untilMs - nowMs) });
    }
  }

  announceHeld(held: HeldPrefixes): void {
    for (const other of this.#others()) other.#onHeld(held);
  }

  onHeld(callback: (held: HeldPrefixes) => void): void {
    this.#onHeld = callback;
  }

  tellHealth(id: string, found: Omit<HealthNews, 'ageMs'>, keptMs: number): void {
    const atMs = this.#cluster.clock.monotonicMs();
    this.#cluster.found.set(id, { ...found, atMs, untilMs: atMs + keptMs });
    for (const other of this.#others()) other.#onHealth(id, { ...found, ageMs: 0 });
  }

  onHealth(callback: (id: string, news: HealthNews) => void): void {
    this.#onHealth = callback;
  }

  async lastHealth(id: string): Promise<HealthNews | undefined> {
    const nowMs = this.#cluster.clock.monotonicMs();
    const found = this.#cluster.found.get(id);
    if (found === undefined || found.untilMs <= nowMs) return undefined;
    return { error: found.error, latencyMs: found.latencyMs, ageMs: nowMs - found.atMs };
  }

  takeProbe(id: string, intervalMs: number): boolean {
    const { clock, leases } = this.#cluster;
    const nowMs = clock.monotonicMs();
    if (nowMs < (leases.get(id)?.untilMs ?? 0)) return false;
    leases.set(id, { holder: this, untilMs: nowMs + intervalMs });
    return true;
  }

  releaseProbe(id: string): void {
    if (this.#cluster.leases.get(id)?.holder === this) this.#cluster.leases.delete(id);
  }

  countWith(counter: AttemptCounter): void {
    this.#counter = counter;
  }

  async exchange(): Promise<void> {
    const counter = this.#counter;
    if (counter === undefined) return;
    for (const [upstream, own] of counter.drain()) {
      for (const other of this.#others()) other.#hear(upstream, own);
      const heard = this.#fromOthers.get(upstream);
      if (heard !== undefined && heard.first + heard.further > 0) counter.addOthers(upstream, heard);
      this.#fromOthers.set(upstream, { first: 0, further: 0 });
    }
  }

  async close(): Promise<void> {
    this.#cluster.instances.delete(this);
  }

  #hear(upstream: string, counts: AttemptCounts): void {
    const heard = this.#fromOthers.get(upstream);
    if (heard === undefined) return;
    heard.first += counts.first;
    heard.further += counts.further;
  }

  *#others(): Iterable<MemorySharedRouting> {
    for (const instance of this.#cluster.instances) if (instance !== this) yield instance;
  }
}
