import type { ManagementRoute } from '../contract.ts';
import { ADMIN, EVERYONE, KEY_CHANGERS, TEAM_ADMINS, USERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { blockKey, unblockKey } from './block.ts';
import { deleteKeys } from './delete.ts';
import { generateKey, generateServiceAccountKey, keyHealth } from './generate.ts';
import { keyInfo, keysInfo } from './info.ts';
import { listKeyAliases, listKeys } from './list.ts';
import { regenerateKey } from './regenerate.ts';
import { resetKeySpend } from './reset-spend.ts';
import { updateKey, updateKeys, updateTeamKeys } from './update.ts';

const REGENERATE = ['/key/regenerate', '/key/:key/regenerate'] as const;

/** Routes of keys. */
export const KEY_ROUTES: readonly ManagementRoute[] = [
  post('/key/generate', KEY_CHANGERS, generateKey, 'Makes a key. Only this answer shows its text.'),
  post(
    '/key/service-account/generate',
    KEY_CHANGERS,
    generateServiceAccountKey,
    'Makes a key of a team that belongs to no user.',
  ),
  post('/key/update', KEY_CHANGERS, updateKey, 'Changes the fields of a key that are sent.'),
  post('/key/bulk_update', ADMIN, updateKeys, 'Changes several keys one by one; lists which were changed.'),
  post(
    '/team/key/bulk_update',
    TEAM_ADMINS,
    updateTeamKeys,
    'Makes the same changes to several keys of a team, or to all of them.',
  ),
  post('/key/delete', KEY_CHANGERS, deleteKeys, 'Deletes keys by text, hash or alias: all of them or none.'),
  get('/key/info', EVERYONE, keyInfo, 'Shows one key; without `key` the caller’s own.'),
  post('/v2/key/info', EVERYONE, keysInfo, 'Shows several keys; leaves out those the caller may not see.'),
  post(
    REGENERATE,
    KEY_CHANGERS,
    regenerateKey,
    'Gives a key a new text; with `grace_period` the old text stays valid for that long.',
  ),
  post('/key/:key/reset_spend', TEAM_ADMINS, resetKeySpend, 'Lowers what a key has spent.'),
  get('/key/list', USERS, listKeys, 'Lists keys in pages: hashes, or whole keys with `return_full_object=true`.'),
  get('/key/aliases', USERS, listKeyAliases, 'Lists aliases of keys in pages.'),
  post('/key/block', TEAM_ADMINS, blockKey, 'Refuses requests with a key from now on.'),
  post('/key/unblock', TEAM_ADMINS, unblockKey, 'Accepts requests with a blocked key again.'),
  post('/key/health', EVERYONE, keyHealth, 'Shows whether the calling key works.'),
];
