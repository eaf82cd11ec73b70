/** Whose answers a request may be given: a scope is part of every key. */
import type { CacheConfig } from '../../config/gateway-config.ts';
import type { Identity } from '../../tenancy/identity.ts';

/** A scope: its kind and what it is called. */
interface CacheScope {
  readonly kind: string;
  readonly id: string;
}

/**
 * The scope of a caller; undefined: nothing is kept for it. An operator who wants answers kept for users gets none for a key that has
 * none, rather than answers that all such keys share. The master key has no owner, so it has a scope only if one is chosen that
 * it has.
 */
export function scopeOf(identity: Identity, choice: CacheConfig['scope']): CacheScope | undefined {
  const { keyHash, userId, teamId, organizationId, from } = identity;
  switch (choice) {
    case 'global':
      return { kind: 'global', id: '' };
    case 'key':
      return { kind: 'key', id: keyHash };
    case 'user':
      return named('user', userId);
    case 'team':
      return named('team', teamId);
    case 'org':
      return named('org', organizationId);
    case undefined:
      if (from === 'master') return undefined;
      return named('team', teamId) ?? named('user', userId) ?? { kind: 'key', id: keyHash };
  }
}

const named = (kind: string, id: string | undefined): CacheScope | undefined =>
  id === undefined || id === '' ? undefined : { kind, id };
