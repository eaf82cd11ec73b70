import type { JsonObject } from '../core/json.ts';
import type { AnswerStoreStatus } from '../stores/contracts/answers.ts';
import type { Identity } from '../tenancy/identity.ts';

/** Who shares cached answers. */
export interface CacheScope {
  readonly kind: 'key' | 'user' | 'team' | 'org' | 'global';
  /** The hash of a key, or the id of what the kind says; empty for `global`. */
  readonly id: string;
}

/** The answers that are cached, for the routes that show and erase them. */
export interface CachedAnswers {
  /** How they are cached now; undefined: they are not. */
  readonly facts: CacheFacts | undefined;
  /** What the semantic cache does, or would have done; undefined: it is off. Holds no texts. */
  readonly semanticReport: JsonObject | undefined;
  /** Rejects with what is wrong with the store. */
  ping(): Promise<void>;
  /** What its Redis says of itself; undefined if it has none. */
  info(): Promise<string | undefined>;
  /** The scope of a caller; undefined: nothing is cached for it. */
  scopeOf(caller: Identity): CacheScope | undefined;
  /** Deletes answers of a scope by their keys; resolves to how many there were. */
  delete(scope: CacheScope, keys: readonly string[]): Promise<number>;
  /** Erases all answers of a scope. */
  erase(scope: CacheScope): Promise<void>;
}

/** How answers are cached. */
interface CacheFacts extends AnswerStoreStatus {
  readonly scope: CacheScope['kind'] | undefined;
  readonly namespace: string;
  readonly ttlMs: number;
  readonly longestTtlMs: number;
  readonly isOnByDefault: boolean;
  readonly operations: readonly string[];
}
