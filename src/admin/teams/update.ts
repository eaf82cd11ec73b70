/** Changing, blocking and deleting teams. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Team } from '../../stores/contracts/directory.ts';
import {
  administersOrganization,
  isAdmin,
  managedTeam,
  notYours,
  permissionsOf,
  readTeam,
  unknownObject,
} from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { isDeclared } from '../declared-directory.ts';
import { beyond } from '../delegation.ts';
import { Fields, wrongField } from '../fields.ts';
import { keepControls } from '../keys/controls.ts';
import { deleteModelsOf } from '../models/of-teams.ts';
import { changedNow } from '../stamps.ts';
import { changeObject, deleteObjects } from '../stored.ts';
import { checkTeam } from './new.ts';
import { describeTeam } from './show-team.ts';
import { changeTeam, readPermissions, readTeamFields, rightsOfTeam, TEAM_ADMIN_FIELDS } from './team-fields.ts';

/** `POST /team/update`: changes what is sent and leaves the rest. */
export async function updateTeam(call: ManagementCall): Promise<JsonValue> {
  const team = await update(call, new Fields(call.body).requiredText('team_id'));
  return { team_id: team.id, data: await describeTeam(call.context, team) };
}

/** `PATCH /team/{team_id}`: does the same. */
export async function patchTeam(call: ManagementCall): Promise<JsonValue> {
  const id = call.params.team_id ?? '';
  const inBody = new Fields(call.body).text('team_id');
  if (typeof inBody === 'string' && inBody !== id) throw wrongField('team_id', 'differs from the team in the path');
  return await describeTeam(call.context, await update(call, id));
}

async function update(call: ManagementCall, id: string): Promise<Team> {
  const fields = new Fields(call.body);
  fields.ignore('team_id');
  const changes = readTeamFields(fields, call.context.clock.nowMs());
  fields.finish(call);
  const team = await managedTeam(call, id);
  const change = (before: Team): Team => changeTeam(before, changes, changedNow(call));
  const after = change(team);
  if (after.organizationId !== team.organizationId && !isAdmin(call)) {
    throw notYours('move a team to another organisation: only a proxy admin may', 'organization_id');
  }
  if (!administersOrganization(call, team.organizationId)) checkOwnTeam(fields.names, team, after);
  if (!isAdmin(call)) keepControls(team, after);
  const inherited = await checkTeam(call, after, team);
  return await changeObject(call, 'team', id, (before) => ({ ...change(before), ...inherited }));
}

/** An admin of a team may lower its limits and not raise them: others gave them to it. */
function checkOwnTeam(names: readonly string[], before: Team, after: Team): void {
  const others = 'An admin of its organisation or a proxy admin may.';
  const denied = names.find((name) => !TEAM_ADMIN_FIELDS.includes(name));
  const field = denied ?? beyond(rightsOfTeam(after), { rights: rightsOfTeam(before), isEnforced: false });
  if (field === undefined) return;
  const what = denied === undefined ? `raise \`${field}\` of your own team` : `set \`${field}\` of your own team`;
  throw new GatewayError('route_denied', `You may not ${what}. ${others}`, { param: field });
}

/** `POST /team/block`: all keys of the team are refused from now on. */
export async function blockTeam(call: ManagementCall): Promise<JsonValue> {
  return await setBlocked(call, true);
}

/** `POST /team/unblock`: the keys of the team are accepted again. */
export async function unblockTeam(call: ManagementCall): Promise<JsonValue> {
  return await setBlocked(call, false);
}

async function setBlocked(call: ManagementCall, blocked: boolean): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('team_id');
  fields.finish(call);
  const action = blocked ? 'block' : 'unblock';
  await teamOfOwnOrganization(call, id, action);
  return await change(call, id, { blocked }, `${action}ed`);
}

/** `POST /team/delete`: deletes teams with their memberships and keys. */
export async function deleteTeams(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const ids = fields.requiredTexts('team_ids');
  fields.finish(call);
  for (const id of ids) await teamOfOwnOrganization(call, id, 'delete');
  const deleted = (await deleteObjects(call, 'team', ids)).map(({ id }) => id);
  await deleteModelsOf(call, deleted);
  return { deleted_teams: deleted };
}

/** `POST /team/model/add`: models that the team may use besides those it has. */
export async function addTeamModels(call: ManagementCall): Promise<JsonValue> {
  return await changeModels(call, (models, named) => [...new Set([...models, ...named])]);
}

/** `POST /team/model/delete`: models that the team may no longer use. */
export async function removeTeamModels(call: ManagementCall): Promise<JsonValue> {
  return await changeModels(call, (models, named) => models.filter((model) => !named.includes(model)));
}

async function changeModels(
  call: ManagementCall,
  changed: (models: readonly string[], named: readonly string[]) => readonly string[],
): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('team_id');
  const named = fields.requiredTexts('models');
  fields.finish(call);
  const team = await teamOfOwnOrganization(call, id, 'change the models of');
  const models = changed(team.models, named);
  // An empty list would mean all models.
  if (models.length === 0 && team.models.length > 0) {
    throw fields.wrong('models', 'would leave the team without any model: add `no-default-models` first');
  }
  await checkTeam(call, { ...team, models }, team);
  return await change(call, id, (before) => ({ models: changed(before.models, named) }));
}

/** `POST /team/permissions_update`: sets which management routes plain members of a team may call. */
export async function updatePermissions(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('team_id');
  const memberPermissions = readPermissions(fields, 'team_member_permissions') ?? [];
  fields.finish(call);
  await managedTeam(call, id);
  return await change(call, id, { memberPermissions });
}

/** `POST /team/permissions_bulk_update`: adds to what plain members of several teams, or of all, may call. */
export async function addPermissions(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const permissions = readPermissions(fields, 'permissions') ?? [];
  const named = fields.texts('team_ids') ?? [];
  const isAll = fields.flag('apply_to_all_teams') ?? false;
  fields.finish(call);
  if (permissions.length === 0) throw fields.wrong('permissions', 'is required');
  if (isAll === named.length > 0) throw fields.wrong('team_ids', 'or `apply_to_all_teams` is required, and not both');
  let updated = 0;
  for await (const teams of isAll ? everyTeam(call) : [await teamsNamed(call, named)]) {
    for (const team of teams) {
      if (permissions.every((each) => permissionsOf(team).includes(each))) continue;
      await change(call, team.id, (before) => ({
        memberPermissions: [...new Set([...permissionsOf(before), ...permissions])],
      }));
      updated += 1;
    }
  }
  return {
    message: `${updated} teams were changed.`,
    teams_updated: updated,
    permissions_appended: [...permissions],
  };
}

async function teamsNamed({ context, roles }: ManagementCall, named: readonly string[]): Promise<readonly Team[]> {
  const teams = await context.directory.getMany('team', named);
  if (teams.length < new Set(named).size) throw unknownObject({ roles }, 'a team', 'team_ids');
  return teams;
}

/** All teams that the API can change, in pages. */
async function* everyTeam({ context }: ManagementCall): AsyncGenerator<readonly Team[]> {
  for (let offset = 0; ; offset += PAGE) {
    const teams = await context.directory.list('team', {}, { limit: PAGE, offset, sortBy: 'id' });
    yield teams.filter((team) => !isDeclared(team));
    if (teams.length < PAGE) return;
  }
}

const PAGE = 1_000;

/** A team of an organisation that the caller administers; a proxy admin administers all. */
async function teamOfOwnOrganization(call: ManagementCall, id: string, action: string): Promise<Team> {
  const team = await readTeam(call, id);
  if (administersOrganization(call, team.organizationId)) return team;
  throw notYours(`${action} a team outside your organisations`, 'team_id');
}

async function change(
  call: ManagementCall,
  id: string,
  members: Partial<Team> | ((before: Team) => Partial<Team>),
  action?: 'blocked' | 'unblocked',
): Promise<JsonValue> {
  const changed = (before: Team): Team => {
    const set = typeof members === 'function' ? members(before) : members;
    return { ...before, ...set, ...changedNow(call) };
  };
  return await describeTeam(call.context, await changeObject(call, 'team', id, changed, action));
}
