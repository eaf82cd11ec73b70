import type { Key } from '../../stores/contracts/directory.ts';
import type { ManagementContext } from '../contract.ts';

/** What answers say of a key besides its hash. */
type NamedKey = Pick<Key, 'models'> &
  Partial<Pick<Key, 'name' | 'alias' | 'userId' | 'teamId' | 'maxBudget' | 'expiresAtMs'>>;

/** Keys by their hashes: the file's, the directory's and the master key. Those that were deleted are left out. */
export async function namedKeys(
  { directory, declared, masterKeyHash }: ManagementContext,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, NamedKey>> {
  const known = new Map<string, NamedKey>([[masterKeyHash, { alias: 'master-key', models: [] }]]);
  for (const { objects } of declared().keys) if (objects.key !== undefined) known.set(objects.key.hash, objects.key);
  const others = hashes.filter((hash) => hash !== '' && !known.has(hash));
  const found = others.length === 0 ? [] : await directory.getMany('key', others);
  for (const key of found) known.set(key.hash, key);
  return known;
}
