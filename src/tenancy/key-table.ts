import { hash } from 'node:crypto';
import type { JsonObject } from '../core/json.ts';
import { compileWildcard, type Wildcard } from '../core/wildcard.ts';

/** Whose key it is and what it may use. Holds the hash of the key, never the key. */
export interface Identity {
  /** SHA-256 of the key in hex. */
  readonly keyHash: string;
  readonly isAdmin: boolean;
  readonly alias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly isBlocked: boolean;
  /** Model groups it may use, as configured; empty means all. */
  readonly models: readonly string[];
  /** What the operator wrote beside the key, in LiteLLM's names. */
  readonly metadata: JsonObject;
  /** The same in telemetry's words; one object per key, so that whoever counts by it can keep it as a key. */
  readonly caller: Caller;
}

/** Who a key belongs to, as far as logs and metrics may know. */
export interface Caller {
  readonly keyHash: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly teamId?: string;
}

/** What a key is declared with. */
export interface KeyDeclaration {
  readonly key: string;
  readonly alias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly models: readonly string[];
  readonly blocked: boolean;
  readonly metadata?: JsonObject;
}

/** Hashes a key for storage and lookup. A key has 256 random bits, so a plain hash is enough. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/**
 * The keys declared in the configuration, found by hash: a lookup compares no secret byte by byte, so its time tells nothing.
 * Immutable; a reload makes a new table.
 */
export class KeyTable {
  readonly #identities = new Map<string, Identity>();
  readonly #wildcards = new Map<string, readonly Wildcard[]>();

  constructor(masterKey: string, declarations: readonly KeyDeclaration[]) {
    for (const { key, models, blocked, alias, userId, teamId, metadata = {} } of declarations) {
      const keyHash = hashKey(key);
      const owner = { ...(userId !== undefined && { userId }), ...(teamId !== undefined && { teamId }) };
      this.#identities.set(keyHash, {
        keyHash,
        isAdmin: false,
        isBlocked: blocked,
        models,
        metadata,
        ...(alias !== undefined && { alias }),
        ...owner,
        caller: { keyHash, ...(alias !== undefined && { keyAlias: alias }), ...owner },
      });
      this.#wildcards.set(keyHash, models.filter((model) => model.includes('*')).map(compileWildcard));
    }
    // Last, so that a declared key that equals the master key cannot take its rights away.
    const keyHash = hashKey(masterKey);
    this.#identities.set(keyHash, {
      keyHash,
      isAdmin: true,
      alias: 'master-key',
      userId: 'default_user_id',
      isBlocked: false,
      models: [],
      metadata: {},
      // LiteLLM's words for the master key in labels and logs.
      caller: { keyHash: 'litellm-master-key', keyAlias: 'master-key', userId: 'default_user_id' },
    });
  }

  find(key: string): Identity | undefined {
    return this.#identities.get(hashKey(key));
  }

  /** Whether the key may use a model group by this name. `names` are all names the group goes by for this request. */
  mayUse(identity: Identity, names: readonly string[]): boolean {
    if (identity.models.length === 0) return true;
    for (const name of names) {
      if (identity.models.includes(name) || identity.models.includes('all-proxy-models')) return true;
    }
    const wildcards = this.#wildcards.get(identity.keyHash);
    return wildcards?.some((wildcard) => names.some((name) => wildcard.match(name) !== undefined)) ?? false;
  }
}
