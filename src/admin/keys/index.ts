/** Routes of keys. */
import type { ManagementRoute } from '../contract.ts';
import { blockKey, unblockKey } from './block.ts';
import { deleteKeys } from './delete.ts';
import { generateKey, generateServiceAccountKey } from './generate.ts';
import { keyHealth } from './health.ts';
import { keyInfo, keysInfo } from './info.ts';
import { listKeyAliases, listKeys } from './list.ts';
import { regenerateKey } from './regenerate.ts';
import { resetKeySpend } from './reset-spend.ts';
import { updateKey, updateKeys, updateTeamKeys } from './update.ts';

export const KEY_ROUTES: readonly ManagementRoute[] = [
  generateKey,
  generateServiceAccountKey,
  updateKey,
  updateKeys,
  updateTeamKeys,
  deleteKeys,
  keyInfo,
  keysInfo,
  regenerateKey,
  resetKeySpend,
  listKeys,
  listKeyAliases,
  blockKey,
  unblockKey,
  keyHealth,
];
