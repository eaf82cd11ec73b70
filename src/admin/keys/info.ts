import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { seesAll, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { textOf } from '../query-fields.ts';
import { showSpent } from '../spent.ts';
import { findReadable, hashOf, isMasterKey } from './find-key.ts';
import { describeKey } from './show-key.ts';

/** `GET /key/info`: one key; without a parameter the caller's own. The answer names it by its hash, never by its text. */
export async function keyInfo(call: ManagementCall): Promise<JsonValue> {
  const asked = textOf(call.query, 'key');
  const hash = asked === undefined ? call.caller.keyHash : hashOf(asked);
  return { key: hash, info: await describe(call, hash) };
}

/** `POST /v2/key/info`: several keys; leaves out those that the caller may not see. */
export async function keysInfo(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const hashes = fields.requiredTexts('keys', 500).map(hashOf);
  fields.finish(call);
  const info: JsonObject[] = [];
  for (const token of hashes) {
    try {
      info.push({ ...(await describe(call, token)), token });
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'unknown_object')) throw error;
    }
  }
  return { key: hashes, info };
}

/** Everything about a key but its hash, which the answer has beside it. */
async function describe(call: ManagementCall, hash: string): Promise<JsonObject> {
  if (isMasterKey(call, hash)) {
    if (!seesAll(call)) throw unknownObject('a key', 'key');
    return await describeMaster(call);
  }
  const { token: _hash, ...shown } = await describeKey(call, await findReadable(call, hash));
  return shown;
}

/** The master key as LiteLLM shows it: it is not stored and has no limits. */
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
