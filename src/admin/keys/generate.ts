import type { JsonObject } from '../../core/json.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { spentOfOne } from '../spent.ts';
import { type MadeKey, makeKey } from './new-key.ts';
import { keySpender, showKey } from './show-key.ts';

const MAKERS: readonly Role[] = ['internal_user', 'team_admin', 'org_admin', 'proxy_admin'];

/** `POST /key/generate`: a new key, whose text is shown here and never again. */
export const generateKey: ManagementRoute = {
  method: 'POST',
  paths: ['/key/generate'],
  roles: MAKERS,
  answer: async (call) => await showMade(call, await makeKey(call, call.body)),
};

/** `POST /key/service-account/generate`: a key of a team that belongs to no user. */
export const generateServiceAccountKey: ManagementRoute = {
  method: 'POST',
  paths: ['/key/service-account/generate'],
  roles: MAKERS,
  answer: async (call) => await showMade(call, await makeKey(call, call.body, { isServiceAccount: true })),
};

/** The one answer that holds a key's text. */
export async function showMade(call: ManagementCall, made: MadeKey): Promise<ManagementAnswer> {
  return { body: await describeMade(call, made) };
}

/** The members of an answer that holds a key's text. */
export async function describeMade({ context }: ManagementCall, { key, secret }: MadeKey): Promise<JsonObject> {
  const spent = await spentOfOne(context, keySpender(key));
  return { ...showKey(key, spent, context.clock.nowMs()), key: secret, token_id: key.hash };
}
