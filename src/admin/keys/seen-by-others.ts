/** Keys whose text was shown to someone other than their user: they may call models and never act as the user. */
import type { Key } from '../../stores/contracts/directory.ts';
import { isSeenByOthers, SEEN_BY_OTHERS } from '../../tenancy/make-identity.ts';
import { isAdmin } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';

/**
 * A key whose text this call shows, marked if someone other than its user sees it. An admin of a team makes keys for members and
 * must not use the members' rights elsewhere. If the user gets a new text in place of the old one, the mark is removed.
 */
export function withWitness<Shown extends Pick<Key, 'userId' | 'further'>>(
  call: ManagementCall,
  key: Shown,
  { replacesOldText = true }: { readonly replacesOldText?: boolean } = {},
): Shown {
  const isTrusted = isAdmin(call) || key.userId === undefined || key.userId === call.caller.userId;
  if (!isTrusted) return { ...key, further: { ...key.further, [SEEN_BY_OTHERS]: true } };
  if (!isSeenByOthers(key) || !replacesOldText) return key;
  const { [SEEN_BY_OTHERS]: _seen, ...further } = key.further;
  return { ...key, further };
}
