import type { JsonObject } from '../../core/json.ts';
import type { Team, User, UserRole } from '../../stores/contracts/directory.ts';
import { isAdmin, notYours, organizationIdsOf, unknownObject } from '../authority.ts';
import { checkBudget } from '../budgets/index.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { describeMade } from '../keys/generate.ts';
import { withDefaults } from '../keys/key-params.ts';
import { makeKey } from '../keys/new-key.ts';
import { setSpent } from '../spent.ts';
import { putMember, type WantedMember } from '../teams/members.ts';
import { createUser } from './new-user.ts';
import { describeUser, userSpender } from './show-user.ts';
import { readUserFields } from './user-fields.ts';

/** Roles that an organisation's admin may give. */
const ROLES_BELOW: readonly UserRole[] = ['internal_user', 'internal_user_viewer'];

/** Fields of the key that comes with a new user. */
const KEY_FIELDS = ['key_alias', 'duration', 'aliases', 'team_id'] as const;

/** `POST /user/new`: a user, its places in teams and organisations and, unless told otherwise, its first key. */
export const newUser: ManagementRoute = {
  method: 'POST',
  paths: ['/user/new'],
  roles: ['org_admin', 'proxy_admin'],
  answer: async (call) => {
    const { context } = call;
    const fields = new Fields(withDefaults(call.body, context.config().management.defaultUserParams));
    const id = fields.text('user_id') ?? undefined;
    if (id === '') throw fields.wrong('user_id', 'must not be empty');
    const teams = readTeams(fields);
    const organizations = fields.texts('organizations') ?? [];
    const hasKey = fields.flag('auto_create_key') ?? true;
    const keyFields = fields.kept(KEY_FIELDS);
    const changes = readUserFields(fields, context.clock.nowMs());
    fields.refuseOthers();
    if (!isAdmin(call)) {
      const own = organizationIdsOf(call);
      const isOwn = organizations.length > 0 && organizations.every((name) => own.includes(name));
      if (!isOwn) throw notYours('make users outside its organisation: name it in `organizations`');
      const { role } = changes;
      if (role !== undefined && role !== null && !ROLES_BELOW.includes(role)) throw notYours('give this role');
      if (changes.spend !== undefined) throw notYours('set `spend`');
      if (typeof changes.limits.budgetId === 'string') throw notYours('use a named budget');
    }
    await checkBudget(context, changes.limits.budgetId);
    const places = await findTeams(call, teams);
    for (const organization of organizations) await checkOrganization(call, organization);
    const user = await createUser(call, id, changes);
    for (const { team, member } of places) await putMember(call, team, { ...member, userId: user.id });
    for (const organizationId of organizations) {
      const member = {
        organizationId,
        userId: user.id,
        role: user.role === 'internal_user_viewer' ? ('internal_user_viewer' as const) : ('internal_user' as const),
        createdAtMs: context.clock.nowMs(),
      };
      const entry = changeEntry(call, 'created', TABLES.organizationMember, `${organizationId}/${user.id}`, {
        after: member,
      });
      await context.directory.putOrganizationMember(member, entry);
    }
    if (typeof changes.spend === 'bigint' && changes.spend > 0n)
      await setSpent(context, userSpender(user), changes.spend);
    const described = await describeUser(context, user);
    if (!hasKey) return { body: { ...described, key: '', token: null, expires: null } };
    const firstKey = await makeFirstKey(call, user, organizations[0], keyFields);
    return { body: { ...firstKey, ...described, key: firstKey.key } };
  },
};

/** The key that comes with the user: made in its name, held to its limits at every request. */
async function makeFirstKey(
  call: ManagementCall,
  { id, models }: User,
  organizationId: string | undefined,
  keyFields: JsonObject,
): Promise<JsonObject> {
  const body: JsonObject = { ...keyFields, user_id: id, ...(models.length > 0 && { models: [...models] }) };
  return await describeMade(call, await makeKey(call, body, { forNewUser: { organizationId } }));
}

interface WantedPlace {
  readonly teamId: string;
  readonly member: WantedMember;
}

/** `teams`: ids, or objects with a role and a budget in the team. */
function readTeams(fields: Fields): readonly WantedPlace[] {
  const raw = fields.raw('teams');
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw) || raw.length > 100) throw fields.wrong('teams', 'must be a list of at most 100 teams');
  return raw.map((entry, index) => {
    if (typeof entry === 'string') return { teamId: entry, member: { role: 'user', limits: {} } };
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw fields.wrong(`teams[${index}]`, 'must be the id of a team or an object');
    }
    const place = new Fields(entry, `teams[${index}].`);
    const teamId = place.requiredText('team_id');
    const role = place.oneOf('user_role', ['admin', 'user']) ?? 'user';
    const maxBudget = place.usd('max_budget_in_team');
    place.refuseOthers();
    return { teamId, member: { role, limits: typeof maxBudget === 'bigint' ? { maxBudget } : {} } };
  });
}

async function findTeams(
  call: ManagementCall,
  wanted: readonly WantedPlace[],
): Promise<{ readonly team: Team; readonly member: WantedMember }[]> {
  const found: { readonly team: Team; readonly member: WantedMember }[] = [];
  const own = organizationIdsOf(call);
  for (const { teamId, member } of wanted) {
    const team = await call.context.directory.get('team', teamId);
    const isReachable = isAdmin(call) || (team?.organizationId !== undefined && own.includes(team.organizationId));
    if (team === undefined || !isReachable) throw unknownObject('team', 'teams');
    found.push({ team, member });
  }
  return found;
}

async function checkOrganization({ context }: ManagementCall, id: string): Promise<void> {
  if ((await context.directory.get('organization', id)) === undefined)
    throw unknownObject('organisation', 'organizations');
}
