import { defined } from '../../core/defined.ts';
import type { ResponseOwner } from '../../stores/contracts/responses.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { accountOf } from '../../tenancy/scopes.ts';

/** Who owns what is stored for a key: its team; without a team its user; without either the key itself. */
export function ownerOf({ keyHash, teamId, userId, from }: Identity): ResponseOwner {
  return {
    scope: scopeOf(keyHash, teamId, userId, from),
    keyHash,
    isStoredKey: from === 'directory',
    ...defined({ userId, teamId }),
  };
}

function scopeOf(
  keyHash: string,
  teamId: string | undefined,
  userId: string | undefined,
  from: Identity['from'],
): string {
  // The master key may be changed; what it stored stays its own.
  if (from === 'master') return 'master';
  if (teamId !== undefined) return accountOf.team(teamId);
  return userId === undefined ? accountOf.key(keyHash) : accountOf.user(userId);
}
