import type { Identity } from './identity.ts';

/**
 * Whose prompts may share what a provider keeps of them where tenants are kept apart: those of its team, else of its user, else of
 * its key.
 */
export function cacheOwnerOf({ teamId, userId, keyHash }: Identity): string {
  if (teamId !== undefined && teamId !== '') return `team:${teamId}`;
  return userId === undefined || userId === '' ? `key:${keyHash}` : `user:${userId}`;
}
