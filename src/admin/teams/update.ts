/** Changing, blocking and deleting teams. */
import { GatewayError } from '../../core/errors.ts';
import type { Team } from '../../stores/contracts/directory.ts';
import {
  administersOrganization,
  isAdmin,
  notYours,
  permissionsOf,
  readTeam,
  runTeam,
  unknownObject,
} from '../authority.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { beyond } from '../delegation.ts';
import { Fields, wrongField } from '../fields.ts';
import { keepControls } from '../keys/controls.ts';
import { textOf } from '../query-fields.ts';
import { checkTeam } from './new.ts';
import { describeTeam } from './show-team.ts';
import {
  changeTeam,
  MEMBER_PERMISSIONS,
  readPermissions,
  readTeamFields,
  rightsOfTeam,
  TEAM_ADMIN_FIELDS,
} from './team-fields.ts';

const RUNNERS: readonly Role[] = ['team_admin', 'org_admin', 'proxy_admin'];
const ABOVE: readonly Role[] = ['org_admin', 'proxy_admin'];

/** `POST /team/update`: changes what is sent and leaves the rest. */
export const updateTeam: ManagementRoute = {
  method: 'POST',
  paths: ['/team/update'],
  roles: RUNNERS,
  answer: async (call) => {
    const team = await update(call, new Fields(call.body).requiredText('team_id'));
    return { body: { team_id: team.id, data: await describeTeam(call.context, team) } };
  },
};

/** `PATCH /team/{team_id}`: the same, in REST's words. */
export const patchTeam: ManagementRoute = {
  method: 'PATCH',
  paths: ['/team/:team_id'],
  roles: RUNNERS,
  answer: async (call) => {
    const id = call.params.team_id ?? '';
    const inBody = new Fields(call.body).text('team_id');
    if (typeof inBody === 'string' && inBody !== id) throw wrongField('team_id', 'differs from the team of the path');
    return { body: await describeTeam(call.context, await update(call, id)) };
  },
};

async function update(call: ManagementCall, id: string): Promise<Team> {
  const { context } = call;
  const nowMs = context.clock.nowMs();
  const fields = new Fields(call.body);
  fields.ignore('team_id');
  const changes = readTeamFields(fields, nowMs);
  fields.refuseOthers();
  const team = await runTeam(call, id);
  const times = { nowMs, by: changedBy(call) };
  const after = changeTeam(team, changes, times);
  if (after.organizationId !== team.organizationId && !isAdmin(call))
    throw notYours('move a team to another organisation');
  if (!administersOrganization(call, team.organizationId)) checkOwnTeam(fields.names, team, after);
  if (!isAdmin(call)) keepControls(team, after);
  await checkTeam(call, after, team);
  return await store(call, id, 'updated', (before) => changeTeam(before, changes, times));
}

/** Who only runs a team may make it smaller and never larger: what it has was given to it from above. */
function checkOwnTeam(names: readonly string[], before: Team, after: Team): void {
  const denied = names.find((name) => !TEAM_ADMIN_FIELDS.includes(name));
  const field = denied ?? beyond(rightsOfTeam(after), { rights: rightsOfTeam(before), isEnforced: false });
  if (field !== undefined) {
    throw new GatewayError(
      'route_denied',
      `user not allowed to set \`${field}\` so. Whoever stands above the team may.`,
      {
        param: field,
      },
    );
  }
}

/** `POST /team/block`: all keys of the team are refused from now on. */
export const blockTeam = blocking('/team/block', true);
/** `POST /team/unblock`: undoes that. */
export const unblockTeam = blocking('/team/unblock', false);

function blocking(path: string, blocked: boolean): ManagementRoute {
  return {
    method: 'POST',
    paths: [path],
    roles: ABOVE,
    answer: async (call) => {
      const fields = new Fields(call.body);
      const id = fields.requiredText('team_id');
      fields.refuseOthers();
      await aboveTeam(call, id);
      const nowMs = call.context.clock.nowMs();
      const team = await store(call, id, blocked ? 'blocked' : 'unblocked', (before) => ({
        ...before,
        blocked,
        updatedAtMs: nowMs,
        updatedBy: changedBy(call),
      }));
      return { body: await describeTeam(call.context, team) };
    },
  };
}

/** `POST /team/delete`: deletes teams with their memberships and keys. */
export const deleteTeams: ManagementRoute = {
  method: 'POST',
  paths: ['/team/delete'],
  roles: ABOVE,
  answer: async (call) => {
    const fields = new Fields(call.body);
    const ids = fields.texts('team_ids') ?? [];
    fields.refuseOthers();
    if (ids.length === 0) throw fields.wrong('team_ids', 'is required');
    for (const id of ids) await aboveTeam(call, id);
    const deleted = await call.context.directory.delete('team', [...new Set(ids)], (team) =>
      changeEntry(call, 'deleted', TABLES.team, team.id, { before: team }),
    );
    return { body: { deleted_teams: deleted.map(({ id }) => id) } };
  },
};

/** `POST /team/model/add` and `/team/model/delete`: models that the team may use besides, or no longer. */
export const addTeamModels = changingModels('/team/model/add', (models, named) => [...new Set([...models, ...named])]);
export const removeTeamModels = changingModels('/team/model/delete', (models, named) =>
  models.filter((model) => !named.includes(model)),
);

function changingModels(
  path: string,
  change: (models: readonly string[], named: readonly string[]) => readonly string[],
): ManagementRoute {
  return {
    method: 'POST',
    paths: [path],
    roles: ABOVE,
    answer: async (call) => {
      const fields = new Fields(call.body);
      const id = fields.requiredText('team_id');
      const named = fields.texts('models') ?? [];
      fields.refuseOthers();
      if (named.length === 0) throw fields.wrong('models', 'is required');
      const team = await aboveTeam(call, id);
      const models = change(team.models, named);
      // An empty list means all models, which taking the last one away does not.
      if (models.length === 0 && team.models.length > 0) {
        throw fields.wrong('models', 'would leave the team without any: add `no-default-models` first');
      }
      await checkTeam(call, { ...team, models }, team);
      const nowMs = call.context.clock.nowMs();
      const changed = await store(call, id, 'updated', (before) => ({
        ...before,
        models: change(before.models, named),
        updatedAtMs: nowMs,
        updatedBy: changedBy(call),
      }));
      return { body: await describeTeam(call.context, changed) };
    },
  };
}

/** `GET /team/permissions_list`: what plain members of a team may do, and what could be opened to them. */
export const listPermissions: ManagementRoute = {
  method: 'GET',
  paths: ['/team/permissions_list'],
  roles: ['internal_user_viewer', 'internal_user', 'team_admin', 'org_admin', 'proxy_admin_viewer', 'proxy_admin'],
  answer: async (call) => {
    const id = textOf(call.query, 'team_id');
    if (id === undefined) throw wrongField('team_id', 'is required');
    const team = await readTeam(call, id);
    return {
      body: {
        team_id: team.id,
        team_member_permissions: [...permissionsOf(team)],
        all_available_permissions: [...MEMBER_PERMISSIONS],
      },
    };
  },
};

/** `POST /team/permissions_update`: opens management routes to plain members of a team. */
export const updatePermissions: ManagementRoute = {
  method: 'POST',
  paths: ['/team/permissions_update'],
  roles: RUNNERS,
  answer: async (call) => {
    const fields = new Fields(call.body);
    const id = fields.requiredText('team_id');
    const memberPermissions = readPermissions(fields, 'team_member_permissions') ?? [];
    fields.refuseOthers();
    await runTeam(call, id);
    const nowMs = call.context.clock.nowMs();
    const team = await store(call, id, 'updated', (before) => ({
      ...before,
      memberPermissions,
      updatedAtMs: nowMs,
      updatedBy: changedBy(call),
    }));
    return { body: await describeTeam(call.context, team) };
  },
};

/** A team that the caller stands above: by its organisation, or as a proxy admin. */
async function aboveTeam(call: ManagementCall, id: string): Promise<Team> {
  const team = await readTeam(call, id);
  if (!administersOrganization(call, team.organizationId))
    throw notYours('this with a team of no organisation of its own');
  return team;
}

async function store(
  call: ManagementCall,
  id: string,
  action: 'updated' | 'blocked' | 'unblocked',
  change: (team: Team) => Team,
): Promise<Team> {
  const changed = await call.context.directory.update('team', id, change, (before, after) =>
    changeEntry(call, action, TABLES.team, id, { before, after }),
  );
  if (changed === undefined) throw unknownObject('team', 'team_id');
  return changed;
}
