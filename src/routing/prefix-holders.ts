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

interface HolderOptions {
  readonly entries?: number;
  /** Tells other instances what a deployment holds from now on. */
  readonly tell?: ((news: { deploymentId: string; lifeMs: number; keys: readonly number[] }) => void) | undefined;
}

const DEFAULT_ENTRIES = 100_000;
/** A head that all requests share is held everywhere: more holders of one prefix than these need not be known. */
const MOST_HOLDERS = 32;

/**
 * Which deployments hold which prefixes of prompts, as far as it can be known from where prompts were sent. Bounded: entries live
 * in two generations, the older of which is dropped whole when the younger is full.
 */
export class PrefixHolders {
  readonly #clock: Clock;
  readonly #tell: HolderOptions['tell'];
  readonly #perGeneration: number;
  #young = new Map<PrefixKey, HeldPrefix>();
  #old = new Map<PrefixKey, HeldPrefix>();

  constructor(clock: Clock, { entries = DEFAULT_ENTRIES, tell }: HolderOptions = {}) {
    this.#clock = clock;
    this.#tell = tell;
    this.#perGeneration = Math.max(1, Math.ceil(entries / 2));
  }

  /** How many prefixes are remembered at most now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** A deployment wrote or read all of a prompt: it holds each prefix for a life from now on. */
  keep({ keys }: PromptChain, deploymentId: string, lifeMs: number): void {
    const news: number[] = [];
    for (const key of keys) {
      const isNews = this.#hold(key, deploymentId, lifeMs, 1);
      if (isNews && typeof key === 'number') news.push(key);
    }
    if (news.length > 0) this.#tell?.({ deploymentId, lifeMs, keys: news });
  }

  /** Another instance said what a deployment holds. */
  learn({ deploymentId, lifeMs, keys }: { deploymentId: string; lifeMs: number; keys: readonly number[] }): void {
    for (const key of keys) this.#hold(key, deploymentId, lifeMs, 0);
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

  /** How many tokens of a prompt a deployment holds, about. */
  heldTokens({ keys, tokens }: PromptChain, deploymentId: string): number {
    for (let steps = keys.length; steps > 0; steps -= 1) {
      const place = this.placeOf(keys[steps - 1] as PrefixKey);
      if (place?.deploymentIds.includes(deploymentId) === true) return tokens[steps - 1] ?? 0;
    }
    return 0;
  }

  /** Whether it is worth telling: unknown until now, or known to end soon. */
  #hold(key: PrefixKey, deploymentId: string, lifeMs: number, prompts: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    const held = this.#recall(key);
    if (held !== undefined) return extend(held, deploymentId, nowMs, lifeMs, prompts);
    this.#store(key, { prompts: 1, holders: [{ deploymentId, untilMs: nowMs + lifeMs }] });
    return true;
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

function extend(held: HeldPrefix, deploymentId: string, nowMs: number, lifeMs: number, prompts: number): boolean {
  const { holders } = held;
  const untilMs = nowMs + lifeMs;
  held.prompts = holders.some((holder) => holder.untilMs > nowMs) ? held.prompts + prompts : 1;
  const known = holders.find((holder) => holder.deploymentId === deploymentId);
  if (known !== undefined) {
    const isNews = known.untilMs < nowMs + lifeMs / 2;
    known.untilMs = Math.max(known.untilMs, untilMs);
    return isNews;
  }
  if (holders.length < MOST_HOLDERS) holders.push({ deploymentId, untilMs });
  else {
    const expired = holders.findIndex((holder) => holder.untilMs <= nowMs);
    holders[expired === -1 ? 0 : expired] = { deploymentId, untilMs };
  }
  return true;
}
