import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import type { Team } from '../../stores/contracts/directory.ts';
import { administersOrganization, isAdmin, notYours, unknownObject } from '../authority.ts';
import { checkBudget } from '../budgets/index.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { beyond } from '../delegation.ts';
import { Fields } from '../fields.ts';
import { withDefaults } from '../keys/key-params.ts';
import { putMember, readNewMembers, type WantedMember } from './members.ts';
import { describeTeam } from './show-team.ts';
import { changeTeam, readTeamFields, rightsOfTeam } from './team-fields.ts';

/** `POST /team/new`: a team with its first members. An organisation's admin makes teams of it, within what it may. */
export const newTeam: ManagementRoute = {
  method: 'POST',
  paths: ['/team/new'],
  roles: ['org_admin', 'proxy_admin'],
  answer: async (call) => {
    const { context } = call;
    const nowMs = context.clock.nowMs();
    const by = changedBy(call);
    const fields = new Fields(withDefaults(call.body, context.config().management.defaultTeamParams));
    const id = fields.text('team_id') ?? randomUUID();
    const wanted = readFirstMembers(fields);
    const changes = readTeamFields(fields, nowMs);
    fields.refuseOthers();
    const empty: Team = {
      id,
      models: [],
      blocked: false,
      memberPermissions: [],
      metadata: {},
      further: {},
      createdAtMs: nowMs,
      createdBy: by,
      updatedAtMs: nowMs,
      updatedBy: by,
    };
    const team = changeTeam(empty, changes, { nowMs, by });
    if (id === '') throw fields.wrong('team_id', 'must not be empty');
    if (!administersOrganization(call, team.organizationId)) throw notYours('make teams outside its organisation');
    await checkTeam(call, team);
    if ((await context.directory.get('team', id)) !== undefined) {
      throw new GatewayError('invalid_request', 'A team with this id exists already. Use a different one.', {
        param: 'team_id',
      });
    }
    await context.directory.create('team', team, changeEntry(call, 'created', TABLES.team, id, { after: team }));
    for (const member of withCreator(call, wanted)) await putMember(call, team, member);
    return { body: await describeTeam(context, team) };
  },
};

/** LiteLLM: whoever makes a team runs it. The master key is nobody's. */
function withCreator({ caller }: ManagementCall, wanted: readonly WantedMember[]): readonly WantedMember[] {
  const { userId } = caller;
  if (userId === undefined || caller.from === 'master' || wanted.some((member) => member.userId === userId))
    return wanted;
  return [...wanted, { userId, role: 'admin', limits: {} }];
}

function readFirstMembers(fields: Fields): readonly WantedMember[] {
  const admins = (fields.texts('admins') ?? []).map((userId): WantedMember => ({ userId, role: 'admin', limits: {} }));
  const plain = (fields.texts('members') ?? []).map((userId): WantedMember => ({ userId, role: 'user', limits: {} }));
  return [...admins, ...plain, ...readNewMembers(fields, 'members_with_roles')];
}

/** Throws where what a team hangs on does not exist, or it would have more than its organisation. */
export async function checkTeam(call: ManagementCall, team: Team, before?: Team): Promise<void> {
  const { context } = call;
  if (team.budgetId !== before?.budgetId && !isAdmin(call)) throw notYours('use a named budget');
  await checkBudget(context, team.budgetId);
  if (team.organizationId === undefined) return;
  const organization = await context.directory.get('organization', team.organizationId);
  if (organization === undefined) throw unknownObject('organisation', 'organization_id');
  if (isAdmin(call)) return;
  const field = beyond(rightsOfTeam(team), { rights: organization, isEnforced: true });
  // What was beyond it before is not this caller's doing.
  if (field === undefined) return;
  if (before !== undefined && beyond(rightsOfTeam(before), { rights: organization, isEnforced: true }) === field)
    return;
  throw new GatewayError(
    'route_denied',
    `user not allowed: \`${field}\` goes beyond what the organisation of the team has.`,
    {
      param: field,
    },
  );
}
