import { hash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

/** LiteLLM's default of `deployment_affinity_ttl_seconds`. */
const DEFAULT_TTL_SECONDS = 3_600;
const DEFAULT_ENTRIES = 50_000;
const LONGEST_PLAIN_KEY = 64;

/** What may tie the requests of a conversation together. */
interface AffinitySources {
  readonly user?: string | undefined;
  readonly sessionHeader?: string | undefined;
}

/** The affinity key of a request: its session, else its user; undefined if it has neither. */
export function affinityKeyOf({ user, sessionHeader }: AffinitySources): string | undefined {
  if (sessionHeader) return `s:${bounded(sessionHeader)}`;
  return user ? `u:${bounded(user)}` : undefined;
}

/** Names come from clients; what is kept of them is short. */
function bounded(name: string): string {
  return name.length <= LONGEST_PLAIN_KEY ? name : hash('sha256', name, 'base64url');
}

interface ReadThroughCache {
  deploymentId: string;
  untilMs: number;
}

/**
 * Which deployment a conversation was last answered by, so that it stays where its prompt cache is warm. Bounded:
 * entries live in two generations, the older of which is dropped whole when the younger is full, which forgets about
 * the least recently used. (A Map kept in order of use would need a deletion and an insertion for every request; V8
 * then rebuilds it all the time.)
 */
export class AffinityMemory {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #perGeneration: number;
  #young = new Map<string, ReadThroughCache>();
  #old = new Map<string, ReadThroughCache>();

  constructor(clock: Clock, options: { readonly ttlSeconds?: number; readonly entries?: number } = {}) {
    this.#clock = clock;
    this.#ttlMs = (options.ttlSeconds ?? DEFAULT_TTL_SECONDS) * 1_000;
    this.#perGeneration = Math.max(1, Math.ceil((options.entries ?? DEFAULT_ENTRIES) / 2));
  }

  /** The deployment that last answered this conversation in this group, if it is remembered still. */
  recall(group: string, affinityKey: string): string | undefined {
    const key = `${group}\n${affinityKey}`;
    let entry = this.#young.get(key);
    if (entry === undefined) {
      entry = this.#old.get(key);
      if (entry === undefined) return undefined;
      this.#keep(key, entry);
    }
    return entry.untilMs > this.#clock.monotonicMs() ? entry.deploymentId : undefined;
  }

  /** A deployment answered: the conversation stays there for the time to live, counted from now. */
  remember(group: string, affinityKey: string, deploymentId: string): void {
    const key = `${group}\n${affinityKey}`;
    const untilMs = this.#clock.monotonicMs() + this.#ttlMs;
    const entry = this.#young.get(key);
    if (entry === undefined) this.#keep(key, { deploymentId, untilMs });
    else {
      entry.deploymentId = deploymentId;
      entry.untilMs = untilMs;
    }
  }

  /** How many conversations are remembered at most now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #keep(key: string, entry: ReadThroughCache): void {
    if (this.#young.size >= this.#perGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }
}
