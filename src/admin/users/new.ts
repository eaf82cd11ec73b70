import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Team, User, UserRole } from '../../stores/contracts/directory.ts';
import { isAdmin, notYours, organizationIdsOf, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { showMade } from '../keys/generate.ts';
import { withDefaults } from '../keys/key-params.ts';
import { makeKey } from '../keys/new-key.ts';
import { putOrganizationMember } from '../organizations/members.ts';
import { spenderOf } from '../spenders.ts';
import { setSpent } from '../spent.ts';
import { changedNow } from '../stamps.ts';
import { checkExists } from '../stored.ts';
import { putMember, type WantedMember } from '../teams/members.ts';
import { createUser } from './new-user.ts';
import { describeUser } from './show-user.ts';
import { changeUser, readUserFields, type UserChanges } from './user-fields.ts';

/** Roles that an organisation's admin may give. */
const ROLES_BELOW: readonly UserRole[] = ['internal_user', 'internal_user_viewer'];

/** Fields of the key that comes with a new user. */
const KEY_FIELDS = ['key_alias', 'duration', 'aliases', 'team_id'] as const;

/** `POST /user/new`: makes a user, its memberships and, unless `auto_create_key` is false, its first key. */
export async function newUser(call: ManagementCall): Promise<JsonObject> {
  const { context } = call;
  const fields = new Fields(withDefaults(call.body, context.config().management.defaultUserParams));
  const id = fields.text('user_id') ?? undefined;
  if (id === '') throw fields.wrong('user_id', 'must not be empty');
  const teams = readTeams(call, fields);
  const organizations = fields.texts('organizations') ?? [];
  const hasKey = fields.flag('auto_create_key') ?? true;
  const keyFields = fields.kept(KEY_FIELDS);
  const changes = readUserFields(fields, context.clock.nowMs());
  fields.finish(call);
  checkRights(call, organizations, changes);
  await checkExists(call, 'budget', changes.limits.budgetId);
  const given = call.body.teams;
  const isGiven = Array.isArray(given) ? given.length > 0 : (given ?? undefined) !== undefined;
  const places = await findTeams(call, teams, isGiven ? [] : namedIn(context.config().management.defaultUserParams));
  for (const organization of organizations) await checkExists(call, 'organization', organization, 'organizations');
  const user = await createUser(call, { id, email: changes.email ?? undefined }, (usual) =>
    changeUser(usual, changes, changedNow(call)),
  );
  for (const { team, member } of places) await join(call, user, team, member);
  const role = user.role === 'internal_user_viewer' ? 'internal_user_viewer' : 'internal_user';
  for (const organizationId of organizations) {
    await putOrganizationMember(call, { organizationId, userId: user.id, role, createdAtMs: user.createdAtMs });
  }
  if (changes.spend) await setSpent(context, spenderOf.user(user), changes.spend);
  const described = await describeUser(context, user);
  if (!hasKey) return { ...described, key: '', token: null, expires: null };
  const firstKey = await makeFirstKey(call, user, organizations[0], keyFields);
  return { ...firstKey, ...described, key: firstKey.key };
}

/** An organisation's admin makes plain users of its organisations, and no more. */
function checkRights(call: ManagementCall, organizations: readonly string[], changes: UserChanges): void {
  if (isAdmin(call)) return;
  const own = organizationIdsOf(call);
  if (organizations.length === 0 || !organizations.every((name) => own.includes(name))) {
    throw notYours(
      'make a user outside your organisations: name one or more of them in `organizations`',
      'organizations',
    );
  }
  const { role, spend, limits } = changes;
  if (role && !ROLES_BELOW.includes(role)) {
    throw notYours(`make a user of this role: \`user_role\` must be ${ROLES_BELOW.join(' or ')}`, 'user_role');
  }
  if (spend !== undefined) throw notYours('set `spend`: only a proxy admin may', 'spend');
  if (typeof limits.budgetId === 'string') throw notYours('set `budget_id`: only a proxy admin may', 'budget_id');
}

/** Puts the user into a team. One that named the user before it was made has its member already, maybe with a role of its own. */
async function join(call: ManagementCall, { id: userId }: User, team: Team, member: WantedMember): Promise<void> {
  const isPlain = member.role === 'user' && member.changes.limits.maxBudget === undefined;
  if (isPlain && (await call.context.directory.teamMember(team.id, userId)) !== undefined) return;
  await putMember(call, team, { ...member, userId });
}

/** The key that comes with the user. It belongs to the user, whose limits hold for every request with it. */
async function makeFirstKey(
  call: ManagementCall,
  { id, models }: User,
  organizationId: string | undefined,
  keyFields: JsonObject,
): Promise<JsonObject> {
  const body: JsonObject = { ...keyFields, user_id: id, ...(models.length > 0 && { models: [...models] }) };
  return await showMade(call, await makeKey(call, body, { forNewUser: { organizationId } }));
}

interface WantedPlace {
  readonly teamId: string;
  readonly member: WantedMember;
}

/** `teams`: ids, or objects with a role and a budget in the team. */
function readTeams(call: ManagementCall, fields: Fields): readonly WantedPlace[] {
  const ofKey = fields.text('team_id') ?? '';
  const places = fields.textsOrObjects('teams', 100).map((place): WantedPlace => {
    if (typeof place === 'string') return { teamId: place, member: { role: 'user', changes: { limits: {} } } };
    const teamId = place.requiredText('team_id');
    const role = place.oneOf('user_role', ['admin', 'user']) ?? 'user';
    const maxBudget = place.usd('max_budget_in_team');
    place.finish(call);
    return { teamId, member: { role, changes: { limits: { maxBudget } } } };
  });
  // The team of the first key: who gets a key of a team is a member of it.
  const isNamed = ofKey === '' || places.some(({ teamId }) => teamId === ofKey);
  return isNamed ? places : [...places, { teamId: ofKey, member: { role: 'user', changes: { limits: {} } } }];
}

/** The teams of the operator's defaults. */
function namedIn({ teams }: JsonObject): readonly string[] {
  const ids = (Array.isArray(teams) ? teams : []).map((entry) => (isJsonObject(entry) ? entry.team_id : entry));
  return ids.filter((id) => typeof id === 'string');
}

async function findTeams(
  call: ManagementCall,
  wanted: readonly WantedPlace[],
  byDefault: readonly string[],
): Promise<{ readonly team: Team; readonly member: WantedMember }[]> {
  const found: { readonly team: Team; readonly member: WantedMember }[] = [];
  const own = organizationIdsOf(call);
  for (const { teamId, member } of wanted) {
    const team = await call.context.directory.get('team', teamId);
    const isOfOwn = team?.organizationId !== undefined && own.includes(team.organizationId);
    // The operator's wish for all new users, also for those that admins of organisations make.
    const isReachable = isAdmin(call) || isOfOwn || byDefault.includes(teamId);
    if (team === undefined || !isReachable) throw unknownObject(call, 'a team', 'teams');
    found.push({ team, member });
  }
  return found;
}
