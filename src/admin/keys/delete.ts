import type { Key } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { findChangeable } from './find-key.ts';

/** `POST /key/delete`: deletes keys, by their texts, hashes or aliases; all of them or, where one is not the caller's, none. */
export const deleteKeys: ManagementRoute = {
  method: 'POST',
  paths: ['/key/delete'],
  roles: ['internal_user', 'team_admin', 'org_admin', 'proxy_admin'],
  answer: async (call) => {
    const { directory } = call.context;
    const fields = new Fields(call.body);
    const named = fields.texts('keys') ?? [];
    const aliases = fields.texts('key_aliases') ?? [];
    fields.refuseOthers();
    if (named.length + aliases.length === 0) throw fields.wrong('keys', 'or `key_aliases` is required');
    const keys: Key[] = [];
    for (const key of named) keys.push(await findChangeable(call, key, '/key/delete'));
    for (const alias of aliases) {
      const [key] = await directory.list('key', { alias }, { limit: 1, offset: 0 });
      if (key === undefined) throw unknownObject('key', 'key_aliases');
      keys.push(await findChangeable(call, key.hash, '/key/delete'));
    }
    const hashes = [...new Set(keys.map(({ hash }) => hash))];
    const deleted = await directory.delete('key', hashes, (key) =>
      changeEntry(call, 'deleted', TABLES.key, key.hash, { before: key }),
    );
    return { body: { deleted_keys: deleted.map(({ hash }) => hash) } };
  },
};
