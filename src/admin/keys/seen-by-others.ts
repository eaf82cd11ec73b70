/** Which keys were shown to somebody who is not their user: their texts are good for models, and never for acting as the user. */

import type { Key } from '../../stores/contracts/directory.ts';
import { isSeenByOthers, SEEN_BY_OTHERS } from '../../tenancy/make-identity.ts';
import { isAdmin } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';

/**
 * A key whose text this call shows, with whether others than its user have seen it. An admin of a team makes keys for members, whose
 * rights elsewhere are not the admin's to use. A new text that takes the old one's place is its user's own again.
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
