import type { CacheConfig } from '../../config/gateway-config.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CachedAnswers, CacheScope } from '../../exchange/cached-answers.ts';
import type { AnswerStore } from '../../stores/contracts/answers.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Erasures } from './erasures.ts';
import type { Places } from './places.ts';
import { scopeOf } from './scope-of.ts';
import type { SemanticCache } from './semantic/semantic-cache.ts';

/** What the cache is now; undefined: off. */
type Now = () =>
  | { readonly config: CacheConfig; readonly store: AnswerStore; readonly semantic: SemanticCache | undefined }
  | undefined;

/** Shows and erases what is cached. */
export class CacheDesk implements CachedAnswers {
  readonly #places: Places;
  readonly #erasures: Erasures;
  readonly #now: Now;

  constructor(places: Places, erasures: Erasures, now: Now) {
    this.#places = places;
    this.#erasures = erasures;
    this.#now = now;
  }

  get facts(): CachedAnswers['facts'] {
    const now = this.#now();
    if (now === undefined) return undefined;
    const { scope, namespace, ttlMs, longestTtlMs, isOnByDefault, operations } = now.config;
    return { ...now.store.status(), scope, namespace, ttlMs, longestTtlMs, isOnByDefault, operations: [...operations] };
  }

  get semanticReport(): JsonObject | undefined {
    return this.#now()?.semantic?.report;
  }

  async ping(): Promise<void> {
    await this.#now()?.store.ping();
  }

  async info(): Promise<string | undefined> {
    return this.#now()?.store.info();
  }

  scopeOf(caller: Identity): CacheScope | undefined {
    const now = this.#now();
    return now === undefined ? undefined : scopeOf(caller, now.config.scope);
  }

  async delete(scope: CacheScope, keys: readonly string[]): Promise<number> {
    return (await this.#now()?.store.delete(this.#places.nameOf(scope), keys)) ?? 0;
  }

  async erase(scope: CacheScope): Promise<void> {
    if (this.#now() !== undefined) await this.#erasures.erase(this.#places.nameOf(scope));
  }
}
