import type { JsonValue } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { deleteObjects } from '../stored.ts';
import { findChangeable } from './find-key.ts';

/** `POST /key/delete`: deletes keys by their texts, hashes or aliases; none of them if the caller may not delete one. */
export async function deleteKeys(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const named = fields.texts('keys') ?? [];
  const aliases = fields.texts('key_aliases') ?? [];
  fields.finish(call);
  if (named.length + aliases.length === 0) throw fields.wrong('keys', 'or `key_aliases` is required');
  const keys: Key[] = [];
  for (const name of [...named, ...aliases]) keys.push(await findChangeable(call, name, '/key/delete'));
  const hashes = keys.map(({ hash }) => hash);
  return { deleted_keys: (await deleteObjects(call, 'key', hashes)).map(({ hash }) => hash) };
}
