/** Changing keys: one, several, all of a team. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Key, Team } from '../../stores/contracts/directory.ts';
import { isAdmin, notYours, runTeam, unknownObject } from '../authority.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { Fields } from '../fields.ts';
import { setSpent, spentOfOne } from '../spent.ts';
import { mayBlock } from './block.ts';
import { keepControls } from './controls.ts';
import { findChangeable } from './find-key.ts';
import { checkChange } from './granting.ts';
import { changeKey, type KeyChanges, readKeyFields } from './key-fields.ts';
import { boundedChange } from './key-params.ts';
import { checkAlias, refuseAdminFields } from './new-key.ts';
import { keySpender, showKey } from './show-key.ts';

const CHANGERS: readonly Role[] = ['internal_user', 'team_admin', 'org_admin', 'proxy_admin'];

/** `POST /key/update`: changes what is sent and leaves the rest. */
export const updateKey: ManagementRoute = {
  method: 'POST',
  paths: ['/key/update'],
  roles: CHANGERS,
  answer: async (call) => {
    const key = new Fields(call.body).requiredText('key');
    const changed = await update(call, key, call.body, ['key'], '/key/update');
    return { body: { ...changed, key: changed.token } };
  },
};

/** `POST /key/bulk_update`: changes several keys, each on its own; says which were changed and which were not. */
export const updateKeys: ManagementRoute = {
  method: 'POST',
  paths: ['/key/bulk_update'],
  roles: ['proxy_admin'],
  answer: async (call) => {
    const fields = new Fields(call.body);
    const items = fields.objects('keys') ?? [];
    fields.refuseOthers();
    if (items.length === 0 || items.length > 500) throw fields.wrong('keys', 'must have 1 to 500 entries');
    return await updateEach(
      call,
      items.map((item, index) => {
        const entry = new Fields(item, `keys[${index}].`);
        return { key: entry.requiredText('key'), body: item };
      }),
      '/key/bulk_update',
    );
  },
};

/** `POST /team/key/bulk_update`: the same changes for several keys of a team, or for all of them. */
export const updateTeamKeys: ManagementRoute = {
  method: 'POST',
  paths: ['/team/key/bulk_update'],
  roles: ['team_admin', 'org_admin', 'proxy_admin'],
  answer: async (call) => {
    const fields = new Fields(call.body);
    const teamId = fields.requiredText('team_id');
    const named = fields.texts('key_ids') ?? [];
    const isAll = fields.flag('all_keys_in_team') ?? false;
    const changes = fields.object('update_fields') ?? {};
    fields.refuseOthers();
    await runTeam(call, teamId);
    if (named.length === 0 && !isAll) throw fields.wrong('key_ids', 'or `all_keys_in_team` is required');
    if (named.length > 500) throw fields.wrong('key_ids', 'must not have more than 500 entries');
    const keys = isAll ? await keysOfTeam(call, teamId) : named;
    return await updateEach(
      call,
      keys.map((key) => ({ key, body: changes, teamId })),
      '/team/key/bulk_update',
    );
  },
};

async function keysOfTeam({ context }: ManagementCall, teamId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const keys = await context.directory.list('key', { teamId }, { limit: PAGE, offset, sortBy: 'id' });
    found.push(...keys.map(({ hash }) => hash));
    if (keys.length < PAGE) return found;
  }
}

const PAGE = 500;

interface Item {
  readonly key: string;
  readonly body: JsonObject;
  /** The team that the key must belong to. */
  readonly teamId?: string;
}

async function updateEach(call: ManagementCall, items: readonly Item[], permission: string) {
  const done: JsonObject[] = [];
  const failed: JsonObject[] = [];
  for (const { key, body, teamId } of items) {
    try {
      const info = await update(call, key, body, ['key'], permission, teamId);
      done.push({ key: info.token, key_info: info });
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
      failed.push({ key: key.startsWith('sk-') ? 'sk-...' : key, key_info: null, failed_reason: error.message });
    }
  }
  return { body: { total_requested: items.length, successful_updates: done, failed_updates: failed } };
}

async function update(
  call: ManagementCall,
  asked: string,
  sent: JsonObject,
  alreadyRead: readonly string[],
  permission: string,
  teamId?: string,
): Promise<JsonObject> {
  const { context } = call;
  const nowMs = context.clock.nowMs();
  const fields = new Fields(boundedChange(sent, context.config().management, nowMs));
  fields.ignore(...alreadyRead);
  const changes = readKeyFields(fields, nowMs);
  fields.refuseOthers();
  const key = await findChangeable(call, asked, permission);
  if (teamId !== undefined && key.teamId !== teamId) throw unknownObject('key of this team', 'key_ids');
  refuseAdminFields(call, sent);
  const changed = await changeStoredKey(call, key, changes);
  return showKey(changed, await spentOfOne(context, keySpender(changed)), nowMs);
}

/** Stores the changes of a key after all that can be wrong with them was asked. */
export async function changeStoredKey(call: ManagementCall, key: Key, changes: KeyChanges): Promise<Key> {
  const { context } = call;
  const times = { nowMs: context.clock.nowMs(), by: changedBy(call) };
  await checkKeyChange(call, key, changes);
  const changed = await context.directory.update(
    'key',
    key.hash,
    (before) => changeKey(before, changes, times),
    (before, after) => changeEntry(call, 'updated', TABLES.key, key.hash, { before, after }),
  );
  if (changed === undefined) throw unknownObject('key', 'key');
  if (changes.spend !== undefined) await setSpent(context, keySpender(changed), changes.spend ?? 0n);
  return changed;
}

/** Throws where the caller may not make these changes of this key, or they cannot be. */
export async function checkKeyChange(call: ManagementCall, key: Key, changes: KeyChanges): Promise<void> {
  const { context } = call;
  const after = changeKey(key, changes, { nowMs: context.clock.nowMs(), by: '' });
  const isMoved = after.teamId !== key.teamId || after.userId !== key.userId;
  if (isMoved && !isAdmin(call)) throw notYours('move a key to another user or team');
  if (!(await mayBlock(call, key))) {
    if (key.blocked && !after.blocked) throw notYours('unblock a key of its own');
    keepControls(key, after);
  }
  if (changes.alias !== undefined) await checkAlias(call, after);
  const team = await teamOf(call, after);
  if (changes.organizationId !== undefined && changes.organizationId !== null) {
    const organization = await context.directory.get('organization', changes.organizationId);
    if (organization === undefined) throw unknownObject('organisation', 'organization_id');
  }
  if (changesRights(changes)) await checkChange(call, after, team);
}

/** The team of a key, which must exist. */
export async function teamOf({ context }: ManagementCall, { teamId }: Key): Promise<Team | undefined> {
  if (teamId === undefined) return undefined;
  const team = await context.directory.get('team', teamId);
  if (team === undefined) throw unknownObject('team', 'team_id');
  return team;
}

/** Whether the changes touch anything that can be handed on. */
function changesRights(changes: KeyChanges): boolean {
  const { models, aliases, expiresAtMs, allowedRoutes, keyType, enforcedParams, limits } = changes;
  const rights = [models, aliases, expiresAtMs, allowedRoutes, keyType, enforcedParams, ...Object.values(limits)];
  return rights.some((change) => change !== undefined);
}
