import type { JsonObject, JsonValue } from '../../core/json.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { isUnknownObject, seesAll, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { textOf } from '../query-fields.ts';
import { showSpent } from '../spent.ts';
import { deletedKey } from './deleted-keys.ts';
import { findReadable, hashOf, isMasterKey } from './find-key.ts';
import { describeKey } from './show-key.ts';

/** `GET /key/info`: one key; without a parameter the caller's own. The answer names it by its hash, never by its text. */
export async function keyInfo(call: ManagementCall): Promise<JsonValue> {
  return await describe(call, textOf(call.query, 'key') ?? call.caller.keyHash);
}

/** `POST /v2/key/info`: several keys; leaves out those that the caller may not see. */
export async function keysInfo(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const names = fields.requiredTexts('keys', 500);
  fields.finish(call);
  const info: JsonObject[] = [];
  for (const name of names) {
    try {
      const { key, info: shown } = await describe(call, name);
      info.push({ ...shown, token: key });
    } catch (error) {
      if (!isUnknownObject(error)) throw error;
    }
  }
  return { key: names.map(hashOf), info };
}

/** The hash of a key, and everything else about it. Deleted keys are shown to those who see everything. */
async function describe(
  call: ManagementCall,
  name: string,
): Promise<{ readonly key: string; readonly info: JsonObject }> {
  const hash = hashOf(name);
  if (isMasterKey(call, hash)) {
    if (!seesAll(call)) throw unknownObject(call, 'a key', 'key');
    return { key: hash, info: await describeMaster(call) };
  }
  const { token, ...info } = await describeStored(call, name);
  return { key: typeof token === 'string' ? token : hash, info };
}

async function describeStored(call: ManagementCall, name: string): Promise<JsonObject> {
  try {
    return await describeKey(call, await findReadable(call, name));
  } catch (error) {
    const deleted = seesAll(call) && isUnknownObject(error) ? await deletedKey(call.context, hashOf(name)) : undefined;
    if (deleted === undefined) throw error;
    return deleted;
  }
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
