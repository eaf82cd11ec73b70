import type { JsonValue } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { administersOrganization, administersTeam, notYours } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { changedNow } from '../stamps.ts';
import { changeObject } from '../stored.ts';
import { findReadable } from './find-key.ts';
import { describeKey } from './show-key.ts';

/** `POST /key/block`: the key is refused from now on. */
export async function blockKey(call: ManagementCall): Promise<JsonValue> {
  return await setBlocked(call, true);
}

/** `POST /key/unblock`: the key is accepted again. */
export async function unblockKey(call: ManagementCall): Promise<JsonValue> {
  return await setBlocked(call, false);
}

async function setBlocked(call: ManagementCall, blocked: boolean): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const asked = fields.requiredText('key');
  fields.finish(call);
  const key = await findReadable(call, asked);
  const action = blocked ? 'block' : 'unblock';
  if (!(await mayBlock(call, key)))
    throw notYours(`${action} this key: you manage neither its team nor its organisation`);
  const change = (before: Key): Key => ({ ...before, blocked, ...changedNow(call) });
  return await describeKey(call, await changeObject(call, 'key', key.hash, change, `${action}ed`));
}

/** Whether the caller manages the key's team or organisation. Its own user may not block it: it could then unblock it too. */
export async function mayBlock(call: ManagementCall, { organizationId, teamId }: Key): Promise<boolean> {
  if (administersOrganization(call, organizationId)) return true;
  const team = teamId === undefined ? undefined : await call.context.directory.get('team', teamId);
  return team !== undefined && administersTeam(call, team);
}
