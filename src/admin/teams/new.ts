import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Team } from '../../stores/contracts/directory.ts';
import { administersOrganization, isAdmin, notYours, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { beyond } from '../delegation.ts';
import { Fields } from '../fields.ts';
import { withDefaults } from '../keys/key-params.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { checkExists, createObject } from '../stored.ts';
import { putMember, readNewMembers, type WantedMember } from './members.ts';
import { describeTeam } from './show-team.ts';
import { changeTeam, readTeamFields, rightsOfTeam } from './team-fields.ts';

/** `POST /team/new`: makes a team with its first members. An admin of an organisation makes teams of it, within its limits. */
export async function newTeam(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(withDefaults(call.body, context.config().management.defaultTeamParams));
  const id = fields.text('team_id') ?? randomUUID();
  const wanted = readFirstMembers(call, fields);
  const changes = readTeamFields(fields, context.clock.nowMs());
  fields.finish(call);
  const empty: Team = { id, models: [], blocked: false, memberPermissions: [], ...madeNow(call) };
  const team = changeTeam(empty, changes, changedNow(call));
  if (id === '') throw fields.wrong('team_id', 'must not be empty');
  if (!administersOrganization(call, team.organizationId)) {
    throw notYours('make a team outside your organisations: name one of them in `organization_id`', 'organization_id');
  }
  await checkTeam(call, team);
  if ((await context.directory.get('team', id)) !== undefined) {
    const message = 'Another team has this `team_id` already. Choose a different one.';
    throw new GatewayError('invalid_request', message, { param: 'team_id' });
  }
  await createObject(call, 'team', team);
  for (const member of withCreator(call, wanted)) await putMember(call, team, member);
  return await describeTeam(context, team);
}

/** The user who makes a team becomes its admin, as in LiteLLM. The master key belongs to no user. */
function withCreator({ caller }: ManagementCall, wanted: readonly WantedMember[]): readonly WantedMember[] {
  const { userId } = caller;
  if (userId === undefined || caller.from === 'master' || wanted.some((member) => member.userId === userId))
    return wanted;
  return [...wanted, { userId, role: 'admin', changes: { limits: {} } }];
}

function readFirstMembers(call: ManagementCall, fields: Fields): readonly WantedMember[] {
  const admins = (fields.texts('admins') ?? []).map(
    (userId): WantedMember => ({ userId, role: 'admin', changes: { limits: {} } }),
  );
  const plain = (fields.texts('members') ?? []).map(
    (userId): WantedMember => ({ userId, role: 'user', changes: { limits: {} } }),
  );
  return [...admins, ...plain, ...readNewMembers(call, fields, 'members_with_roles')];
}

/** Throws if what a team refers to does not exist, or if it would have more than its organisation. */
export async function checkTeam(call: ManagementCall, team: Team, before?: Team): Promise<void> {
  if (team.budgetId !== before?.budgetId && !isAdmin(call)) {
    throw notYours('set `budget_id`: only a proxy admin may', 'budget_id');
  }
  await checkExists(call, 'budget', team.budgetId);
  if (team.organizationId === undefined) return;
  const organization = await call.context.directory.get('organization', team.organizationId);
  if (organization === undefined) throw unknownObject(call, 'an organisation', 'organization_id');
  if (isAdmin(call)) return;
  const holding = { rights: organization, isEnforced: true };
  const field = beyond(rightsOfTeam(team), holding);
  // If it was more than the organisation has before, this caller has not caused it.
  if (field === undefined || (before !== undefined && beyond(rightsOfTeam(before), holding) === field)) return;
  throw notYours(`set \`${field}\` to more than the organisation of the team has`, field);
}
