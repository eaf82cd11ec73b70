/** Whose answers a request may be given: a scope is part of every key. */
import type { CacheConfig } from '../../config/gateway-config.ts';
import type { CacheScope } from '../../exchange/cached-answers.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { NO_USER } from '../../tenancy/make-identity.ts';

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
      return userScope(userId);
    case 'team':
      return named('team', teamId);
    case 'org':
      return named('org', organizationId);
    case undefined:
      if (from === 'master') return undefined;
      return named('team', teamId) ?? userScope(userId) ?? { kind: 'key', id: keyHash };
  }
}

const named = (kind: CacheScope['kind'], id: string | undefined): CacheScope | undefined =>
  id === undefined || id === '' ? undefined : { kind, id };

/** All keys that the master key makes without naming a user have the same one: what they share is no scope. */
const userScope = (userId: string | undefined): CacheScope | undefined =>
  userId === NO_USER ? undefined : named('user', userId);
