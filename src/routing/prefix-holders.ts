import type { Clock } from '../core/clock.ts';
import type { PrefixKey, PromptChain } from '../core/prompt-chain.ts';

/** A deployment that has a prefix in its prompt cache. */
interface Holder {
  readonly deploymentId: string;
  untilMs: number;
}

/** A prefix that some deployment holds. */
interface HeldPrefix {
  /** How many prompts had it since no deployment held it. */
  prompts: number;
  readonly holders: Holder[];
}

/** Where a prefix is held now. */
interface PrefixPlace {
  readonly deploymentIds: readonly string[];
  /** How many prompts had it: of a conversation's own end few, of instructions that many share many. */
  readonly prompts: number;
}

const DEFAULT_ENTRIES = 200_000;
/** A head that all requests share is held everywhere: more holders of one prefix than these need not be known. */
const MOST_HOLDERS = 32;

/**
 * Which deployments hold which prefixes of prompts, as far as it can be known from where prompts were sent. Bounded: entries live
 * in two generations, the older of which is dropped whole when the younger is full.
 */
export class PrefixHolders {
  readonly #clock: Clock;
  readonly #perGeneration: number;
  #young = new Map<PrefixKey, HeldPrefix>();
  #old = new Map<PrefixKey, HeldPrefix>();

  constructor(clock: Clock, { entries = DEFAULT_ENTRIES }: { readonly entries?: number } = {}) {
    this.#clock = clock;
    this.#perGeneration = Math.max(1, Math.ceil(entries / 2));
  }

  /** How many prefixes are remembered at most now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** A deployment wrote or read all of a prompt: it holds each prefix for a life from now on. */
  keep({ keys }: PromptChain, deploymentId: string, lifeMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    for (const key of keys) {
      const held = this.#recall(key);
      if (held === undefined) this.#store(key, { prompts: 1, holders: [{ deploymentId, untilMs: nowMs + lifeMs }] });
      else extend(held, deploymentId, nowMs, nowMs + lifeMs);
    }
  }

  /** Where a prefix is held now; undefined: nowhere, as far as is known. */
  placeOf(key: PrefixKey): PrefixPlace | undefined {
    const held = this.#recall(key);
    if (held === undefined) return undefined;
    const nowMs = this.#clock.monotonicMs();
    const deploymentIds: string[] = [];
    for (const holder of held.holders) if (holder.untilMs > nowMs) deploymentIds.push(holder.deploymentId);
    return deploymentIds.length === 0 ? undefined : { deploymentIds, prompts: held.prompts };
  }

  #recall(key: PrefixKey): HeldPrefix | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#store(key, old);
    return old;
  }

  #store(key: PrefixKey, held: HeldPrefix): void {
    if (this.#young.size >= this.#perGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, held);
  }
}

function extend(held: HeldPrefix, deploymentId: string, nowMs: number, untilMs: number): void {
  const { holders } = held;
  held.prompts = holders.some((holder) => holder.untilMs > nowMs) ? held.prompts + 1 : 1;
  const known = holders.find((holder) => holder.deploymentId === deploymentId);
  if (known !== undefined) known.untilMs = Math.max(known.untilMs, untilMs);
  else if (holders.length < MOST_HOLDERS) holders.push({ deploymentId, untilMs });
  else {
    const expired = holders.findIndex((holder) => holder.untilMs <= nowMs);
    holders[expired === -1 ? 0 : expired] = { deploymentId, untilMs };
  }
}
