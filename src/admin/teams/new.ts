import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Team } from '../../stores/contracts/directory.ts';
import { limitsOf } from '../../tenancy/scopes.ts';
import { administersOrganization, isAdmin, notYours, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { beyond, type Rights } from '../delegation.ts';
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
  const inherited = await checkTeam(call, team);
  if ((await context.directory.get('team', id)) !== undefined) {
    const message = 'Another team has this `team_id` already. Choose a different one.';
    throw new GatewayError('invalid_request', message, { param: 'team_id' });
  }
  const made = { ...team, ...inherited };
  await createObject(call, 'team', made);
  for (const member of withCreator(call, wanted)) await putMember(call, made, member);
  return await describeTeam(context, made);
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

/**
 * Throws if what a team refers to does not exist, or if it would have more than its organisation. Returns what a team that comes to an
 * organisation gets of it: its models, if it names none.
 */
export async function checkTeam(
  call: ManagementCall,
  team: Team,
  before?: Team,
): Promise<Pick<Team, 'models'> | object> {
  if (team.budgetId !== before?.budgetId && !isAdmin(call)) {
    throw notYours('set `budget_id`: only a proxy admin may', 'budget_id');
  }
  await checkExists(call, 'budget', team.budgetId);
  if (team.organizationId === undefined) return {};
  const organization = await call.context.directory.get('organization', team.organizationId);
  if (organization === undefined) throw unknownObject(call, 'an organisation', 'organization_id');
  const { directory } = call.context;
  const { budgetId } = organization;
  const named = budgetId === undefined ? undefined : await directory.get('budget', budgetId);
  const held: Rights = { ...limitsOf(organization, named), models: organization.models };
  checkForAll(team, held, before);
  const isNew = before?.organizationId !== team.organizationId;
  const inherited =
    isNew && team.models.length === 0 && !held.models.includes(ALL_MODELS) ? { models: held.models } : {};
  if (isAdmin(call)) return inherited;
  const holding = { rights: held, isEnforced: true };
  const field = beyond(rightsOfTeam(team), holding);
  // If it was more than the organisation has before, this caller has not caused it.
  if (field !== undefined && (before === undefined || beyond(rightsOfTeam(before), holding) !== field)) {
    throw notYours(`set \`${field}\` to more than the organisation of the team has`, field);
  }
  return inherited;
}

const ALL_MODELS = 'all-proxy-models';

/**
 * What LiteLLM refuses proxy admins too: models, a budget or rates beyond those of the organisation, which requests would not get.
 * https://github.com/BerriAI/litellm, `_check_org_team_limits` in team_endpoints.py (2026-11-29).
 */
function checkForAll(team: Team, held: Rights, before: Team | undefined): void {
  const parts = ({ models, maxBudget, tpmLimit, rpmLimit }: Rights): Rights => ({
    models,
    ...defined({ maxBudget, tpmLimit, rpmLimit }),
  });
  const holding = { rights: parts(held), isEnforced: true };
  const field = beyond(parts(rightsOfTeam(team)), holding);
  // What was more before was not caused by this call.
  if (field === undefined || (before !== undefined && beyond(parts(rightsOfTeam(before)), holding) === field)) return;
  const unknown = team.models.find((model) =>
    beyond({ models: [model] }, { ...holding, rights: { models: held.models } }),
  );
  const message =
    field === 'models'
      ? `The model \`${unknown}\` is not in organization's allowed models: ${held.models.map((model) => `\`${model}\``).join(', ')}.`
      : `The \`${field}\` of the team exceeds organization's \`${field}\`. Lower it, or raise that of the organisation.`;
  throw new GatewayError('invalid_request', message, { param: field });
}
