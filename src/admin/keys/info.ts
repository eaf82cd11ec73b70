import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { seesAll, unknownObject } from '../authority.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { textOf } from '../query-fields.ts';
import { EVERYONE } from '../roles.ts';
import { showSpent, spentOfOne } from '../spent.ts';
import { findReadable, hashOf } from './find-key.ts';
import { keySpender, showKey } from './show-key.ts';

/** `GET /key/info`: one key; without a parameter the caller's own. The key is named by its hash, never by its text. */
export const keyInfo: ManagementRoute = {
  method: 'GET',
  paths: ['/key/info'],
  roles: EVERYONE,
  answer: async (call) => {
    const asked = textOf(call.query, 'key');
    const hash = asked === undefined ? call.caller.keyHash : hashOf(asked);
    return { body: { key: hash, info: await describe(call, hash) } };
  },
};

/** `POST /v2/key/info`: several keys; those that the caller may not see are left out. */
export const keysInfo: ManagementRoute = {
  method: 'POST',
  paths: ['/v2/key/info'],
  roles: EVERYONE,
  answer: async (call) => {
    const fields = new Fields(call.body);
    const keys = fields.texts('keys') ?? [];
    fields.refuseOthers();
    if (keys.length === 0) throw fields.wrong('keys', 'is required');
    if (keys.length > 500) throw fields.wrong('keys', 'must not have more than 500 entries');
    const info: JsonObject[] = [];
    for (const key of keys) {
      try {
        info.push({ ...(await describe(call, hashOf(key))), token: hashOf(key) });
      } catch (error) {
        if (!(error instanceof GatewayError && error.code === 'unknown_object')) throw error;
      }
    }
    return { body: { key: keys.map(hashOf), info } };
  },
};

/** All that is known of a key but its hash, which stands beside it. */
async function describe(call: ManagementCall, hash: string): Promise<JsonObject> {
  const { context, caller } = call;
  if (hash === context.masterKeyHash || (caller.from === 'master' && hash === caller.keyHash)) {
    if (!seesAll(call)) throw unknownObject('key', 'key');
    return await describeMaster(call);
  }
  const key = await findReadable(call, hash);
  const { token: _hash, ...shown } = showKey(key, await spentOfOne(context, keySpender(key)), context.clock.nowMs());
  return shown;
}

/** The master key, as LiteLLM shows it: it is no stored object and has no limits. */
async function describeMaster({ context }: ManagementCall): Promise<JsonObject> {
  const accounts = [accountOf.key(context.masterKeyHash), accountOf.key('litellm-master-key')];
  const totals = await context.ledger.totals(accounts);
  const spent = [...totals.values()].reduce((sum, total) => sum + total, 0n);
  return {
    key_name: null,
    key_alias: 'master-key',
    user_id: 'default_user_id',
    user_role: 'proxy_admin',
    ...showSpent({ spent }),
    models: [],
    metadata: {},
    blocked: false,
    expires: null,
    declared: true,
  };
}
