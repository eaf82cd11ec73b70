import type { Identity } from './identity.ts';
import { NO_USER } from './make-identity.ts';

/**
 * Whose prompts may share what a provider keeps of them where tenants are kept apart: those of its team, else of its user, else of
 * its key. Keys that the master key makes for no particular user all have the same one, so it is no owner.
 */
export function cacheOwnerOf({ teamId, userId, keyHash }: Identity): string {
  if (teamId !== undefined && teamId !== '') return `team:${teamId}`;
  return userId === undefined || userId === '' || userId === NO_USER ? `key:${keyHash}` : `user:${userId}`;
}
