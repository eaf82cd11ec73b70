/** What is known of the prompt cache behind one upstream key: what it keeps, and what its prompts look like. Bounded. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Prefix } from './prefixes.ts';
import { RecentMap } from './recent-map.ts';
import type { Life } from './worth.ts';

interface Kept {
  readonly life: Exclude<Life, undefined>;
  readonly untilMs: number;
  /** How many tokens it has at the least. */
  readonly tokens: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MOST_KEPT = 50_000;
const MOST_CACHES = 4_096;
/** About, over all languages and tokenisers; corrected by what the provider counts. */
const TOKENS_PER_BYTE = 0.25;
/** How much a further answer changes what is known. */
const NEWS = 0.2;

const lifeMsOf = (life: Kept['life'], { lifeMinutes }: PromptCacheFacts): number =>
  life === 'hour' ? HOUR_MS : lifeMinutes * MINUTE_MS;

/** Providers know keys and no deployments: two deployments with one key at one address share what is kept. */
export function cacheIdOf({ target }: Deployment, scope: string): string {
  const key = target.apiKey ?? target.token ?? '';
  const parts = [target.baseUrl, target.model, key, scope];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

/** What is kept at all providers. */
export class UpstreamCaches {
  readonly #clock: Clock;
  readonly #kept = new RecentMap<Kept>(MOST_KEPT);
  readonly #density = new RecentMap<number>(MOST_CACHES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long the prompt is kept up to here; undefined: not, as far as is known. */
  keptFor(cache: string, { hash }: Prefix): Life {
    const kept = this.#kept.get(cache + hash);
    return kept !== undefined && kept.untilMs > this.#clock.monotonicMs() ? kept.life : undefined;
  }

  /** What was kept of it, also if its time is over: since and until when, from now. */
  evidenceOf(cache: string, { hash }: Prefix, facts: PromptCacheFacts) {
    const kept = this.#kept.get(cache + hash);
    if (kept === undefined) return undefined;
    const expiresMs = kept.untilMs - this.#clock.monotonicMs();
    return { life: kept.life, expiresMs, seenMs: expiresMs - lifeMsOf(kept.life, facts) };
  }

  /** The provider kept it, or read it, at this time. */
  keep(
    cache: string,
    { hash }: Prefix,
    life: Kept['life'],
    facts: PromptCacheFacts,
    { atMs, tokens }: { readonly atMs: number; readonly tokens: number },
  ): void {
    const known = this.#kept.get(cache + hash)?.tokens ?? 0;
    this.#kept.set(cache + hash, { life, untilMs: atMs + lifeMsOf(life, facts), tokens: Math.max(known, tokens) });
  }

  /** How many tokens of the prompt up to here are kept at the least; 0 if it is not kept, as far as is known. */
  tokensOf(cache: string, prefix: Prefix): number {
    return this.keptFor(cache, prefix) === undefined ? 0 : (this.#kept.get(cache + prefix.hash)?.tokens ?? 0);
  }

  /** It was used, and lives on for as long as it was kept for. */
  refresh(cache: string, prefix: Prefix, facts: PromptCacheFacts, atMs: number): void {
    const life = this.keptFor(cache, prefix);
    if (life !== undefined) this.keep(cache, prefix, life, facts, { atMs, tokens: 0 });
  }

  /** The provider did not have it. */
  drop(cache: string, { hash }: Prefix): void {
    this.#kept.delete(cache + hash);
  }

  /** About how many tokens the provider counts in so many bytes. */
  tokensIn(cache: string, bytes: number): number {
    return bytes * (this.#density.get(cache) ?? TOKENS_PER_BYTE);
  }

  /** What the provider counted of a prompt. */
  learn(cache: string, bytes: number, { inputTokens }: Usage): void {
    if (bytes === 0 || inputTokens === 0) return;
    const known = this.#density.get(cache);
    const seen = inputTokens / bytes;
    this.#density.set(cache, known === undefined ? seen : known + NEWS * (seen - known));
  }
}
