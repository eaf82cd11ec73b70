/** Changing keys: one, several, or all of a team. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Key, Team } from '../../stores/contracts/directory.ts';
import { isAdmin, managedTeam, notYours, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { spenderOf } from '../spenders.ts';
import { setSpent } from '../spent.ts';
import { changedNow } from '../stamps.ts';
import { changeObject, checkExists } from '../stored.ts';
import { mayBlock } from './block.ts';
import { keepControls } from './controls.ts';
import { findChangeable } from './find-key.ts';
import { checkChange } from './granting.ts';
import { changeKey, type KeyChanges, readKeyFields } from './key-fields.ts';
import { boundedChange } from './key-params.ts';
import { checkAlias, refuseAdminFields } from './new-key.ts';
import { describeKey } from './show-key.ts';

/** How many keys one request changes, and how many are read at a time. */
const MOST_AT_ONCE = 500;

/** `POST /key/update`: changes what is sent and leaves the rest. */
export async function updateKey(call: ManagementCall): Promise<JsonValue> {
  const key = new Fields(call.body).requiredText('key');
  const changed = await update(call, { key, body: call.body }, '/key/update');
  return { ...changed, key: changed.token };
}

/** `POST /key/bulk_update`: changes several keys one by one; lists which were changed and which were not. */
export async function updateKeys(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const items = fields.objects('keys') ?? [];
  fields.finish(call);
  if (items.length === 0 || items.length > MOST_AT_ONCE) {
    throw fields.wrong('keys', `must have 1 to ${MOST_AT_ONCE} entries`);
  }
  const named = items.map((item) => ({ key: item.requiredText('key'), body: item.body }));
  return await updateEach(call, named, '/key/bulk_update');
}

/** `POST /team/key/bulk_update`: makes the same changes to several keys of a team, or to all of them. */
export async function updateTeamKeys(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const teamId = fields.requiredText('team_id');
  const named = fields.texts('key_ids') ?? [];
  const isAll = fields.flag('all_keys_in_team') ?? false;
  const body = fields.object('update_fields') ?? {};
  fields.finish(call);
  if (named.length === 0 && !isAll) throw fields.wrong('key_ids', 'or `all_keys_in_team` is required');
  if (named.length > MOST_AT_ONCE) throw fields.wrong('key_ids', `must not have more than ${MOST_AT_ONCE} entries`);
  // Read once before anything is changed: a wrong field is refused for all keys at once.
  readChanges(call, body);
  await managedTeam(call, teamId);
  const keys = isAll ? await keysOfTeam(call, teamId) : named;
  const items = keys.map((key) => ({ key, body, teamId }));
  return await updateEach(call, items, '/team/key/bulk_update');
}

async function keysOfTeam({ context }: ManagementCall, teamId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let offset = 0; ; offset += MOST_AT_ONCE) {
    const page = { limit: MOST_AT_ONCE, offset, sortBy: 'id' } as const;
    const keys = await context.directory.list('key', { teamId }, page);
    found.push(...keys.map(({ hash }) => hash));
    if (keys.length < MOST_AT_ONCE) return found;
  }
}

interface Item {
  readonly key: string;
  /** The changes; `key` in it counts as read. */
  readonly body: JsonObject;
  /** The team that the key must belong to. */
  readonly teamId?: string;
}

async function updateEach(call: ManagementCall, items: readonly Item[], permission: string): Promise<JsonObject> {
  const done: JsonObject[] = [];
  const failed: JsonObject[] = [];
  for (const item of items) {
    try {
      const info = await update(call, item, permission);
      done.push({ key: info.token, key_info: info });
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
      const key = item.key.startsWith('sk-') ? 'sk-...' : item.key;
      failed.push({ key, key_info: null, failed_reason: error.message });
    }
  }
  return { total_requested: items.length, successful_updates: done, failed_updates: failed };
}

async function update(
  call: ManagementCall,
  { key: asked, body, teamId }: Item,
  permission: string,
): Promise<JsonObject> {
  const { context } = call;
  const changes = readChanges(call, body);
  const key = await findChangeable(call, asked, permission);
  if (teamId !== undefined && key.teamId !== teamId) throw unknownObject(call, 'a key of this team', 'key_ids');
  refuseAdminFields(call, body);
  await checkKeyChange(call, key, changes);
  const changed = await changeObject(call, 'key', key.hash, (before) => changeKey(before, changes, changedNow(call)));
  if (changes.spend !== undefined) await setSpent(context, spenderOf.key(changed), changes.spend ?? 0n);
  return await describeKey(call, changed);
}

function readChanges(call: ManagementCall, body: JsonObject): KeyChanges {
  const { context } = call;
  const nowMs = context.clock.nowMs();
  const fields = new Fields(boundedChange(body, context.config().management, nowMs));
  fields.ignore('key');
  const changes = readKeyFields(fields, nowMs);
  fields.finish(call);
  return changes;
}

/** Throws if the caller may not make these changes to this key, or if they name something that does not exist. */
export async function checkKeyChange(call: ManagementCall, key: Key, changes: KeyChanges): Promise<void> {
  const after = changeKey(key, changes, changedNow(call));
  const isMoved = after.teamId !== key.teamId || after.userId !== key.userId;
  if (isMoved && !isAdmin(call)) throw notYours('move a key to another user or team: only a proxy admin may');
  if (!(await mayBlock(call, key))) {
    if (key.blocked && !after.blocked) {
      throw notYours('unblock this key: you manage neither its team nor its organisation', 'blocked');
    }
    keepControls(key, after);
  }
  if (changes.alias !== undefined) await checkAlias(call, after);
  const team = await teamOf(call, after);
  await checkExists(call, 'organization', changes.organizationId);
  if (changesRights(changes)) await checkChange(call, after, team);
}

/** The team of a key, which must exist. */
export async function teamOf(call: ManagementCall, { teamId }: Key): Promise<Team | undefined> {
  if (teamId === undefined) return undefined;
  const team = await call.context.directory.get('team', teamId);
  if (team === undefined) throw unknownObject(call, 'a team', 'team_id');
  return team;
}

/** Whether the changes touch anything that a giver must have itself. */
function changesRights(changes: KeyChanges): boolean {
  const { models, aliases, expiresAtMs, allowedRoutes, keyType, enforcedParams, limits } = changes;
  const rights = [models, aliases, expiresAtMs, allowedRoutes, keyType, enforcedParams, ...Object.values(limits)];
  return rights.some((change) => change !== undefined);
}
