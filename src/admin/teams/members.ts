/** Who is in a team: added, changed, removed. Whom nobody made yet becomes a user. */
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Limits, Team, TeamMember, User } from '../../stores/contracts/directory.ts';
import { isAdmin, notYours, readTeam, runTeam, unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { beyond } from '../delegation.ts';
import { Fields } from '../fields.ts';
import { applyLimits, type LimitChanges } from '../limits-fields.ts';
import { EVERYONE } from '../roles.ts';
import { createUser } from '../users/new-user.ts';
import { describeUsers } from '../users/show-user.ts';
import { describeMembership, describeMemberships, describeTeam } from './show-team.ts';

const RUNNERS: readonly Role[] = ['team_admin', 'org_admin', 'proxy_admin'];
const MOST_AT_ONCE = 500;

/** A member that is to be: by id, by address, or both. */
export interface WantedMember {
  readonly userId?: string;
  readonly email?: string;
  readonly role: TeamMember['role'];
  readonly limits: LimitChanges;
}

/** `POST /team/member_add`: adds one member or several. */
export const addMembers: ManagementRoute = {
  method: 'POST',
  paths: ['/team/member_add'],
  roles: RUNNERS,
  answer: async (call) => {
    const fields = new Fields(call.body);
    const teamId = fields.requiredText('team_id');
    const limits = readMemberLimits(fields);
    const wanted = readMembers(fields, 'member').map((member) => ({ ...member, limits }));
    fields.refuseOthers();
    const team = await runTeam(call, teamId);
    const added: { readonly user: User; readonly member: TeamMember }[] = [];
    for (const member of wanted) added.push(await putMember(call, team, member));
    const { context } = call;
    return {
      body: {
        ...(await describeTeam(context, team)),
        updated_users: await describeUsers(
          call.context,
          added.map(({ user }) => user),
        ),
        updated_team_memberships: await describeMemberships(
          context,
          team,
          added.map(({ member }) => member),
        ),
      },
    };
  },
};

/** `POST /team/bulk_member_add`: adds several, each on its own, and says who was added. */
export const addManyMembers: ManagementRoute = {
  method: 'POST',
  paths: ['/team/bulk_member_add'],
  roles: RUNNERS,
  answer: async (call) => {
    const fields = new Fields(call.body);
    const teamId = fields.requiredText('team_id');
    const isAll = fields.flag('all_users') ?? false;
    const limits: LimitChanges = { maxBudget: fields.usd('max_budget_in_team') } as LimitChanges;
    const named = fields.has('members') ? readNewMembers(fields, 'members') : [];
    fields.refuseOthers();
    const team = await runTeam(call, teamId);
    if (isAll && !isAdmin(call)) throw notYours('add every user');
    const wanted = isAll ? await everyUser(call) : named.map((member) => ({ ...member, limits }));
    if (wanted.length === 0) throw fields.wrong('members', 'is required');
    const results: JsonObject[] = [];
    for (const member of wanted) results.push(await tryPut(call, team, member));
    const added = results.filter(({ success }) => success === true).length;
    return {
      body: {
        team_id: teamId,
        results,
        total_requested: wanted.length,
        successful_additions: added,
        failed_additions: wanted.length - added,
        updated_team: await describeTeam(call.context, team),
      },
    };
  },
};

/** `POST /team/member_update`: another role or other limits of a member. */
export const updateMember: ManagementRoute = {
  method: 'POST',
  paths: ['/team/member_update'],
  roles: RUNNERS,
  answer: async (call) => {
    const { context } = call;
    const fields = new Fields(call.body);
    const team = await runTeam(call, fields.requiredText('team_id'));
    const asked = readWho(fields);
    const role = fields.oneOf('role', ['admin', 'user']);
    const limits = readMemberLimits(fields);
    fields.refuseOthers();
    const { user, member } = await findMember(call, team, asked);
    const changed = changeMember(call, { ...member, role: role ?? member.role }, limits);
    checkMemberLimits(call, team, changed);
    const entry = changeEntry(call, 'updated', TABLES.teamMember, memberId(changed), {
      before: member,
      after: changed,
    });
    await context.directory.putTeamMember(changed, entry);
    const membership = await describeMembership(context, team, changed);
    return {
      body: {
        ...membership,
        user_email: user?.email ?? null,
        role: changed.role,
        max_budget_in_team: isJsonObject(membership.litellm_budget_table)
          ? membership.litellm_budget_table.max_budget
          : null,
        tpm_limit: changed.tpmLimit ?? null,
        rpm_limit: changed.rpmLimit ?? null,
        budget_duration: changed.budgetDuration ?? null,
      },
    };
  },
};

/** `POST /team/member_delete`: takes a user out of a team; keys that the user has in it are deleted. */
export const removeMember: ManagementRoute = {
  method: 'POST',
  paths: ['/team/member_delete'],
  roles: RUNNERS,
  answer: async (call) => {
    const { directory } = call.context;
    const fields = new Fields(call.body);
    const team = await runTeam(call, fields.requiredText('team_id'));
    const asked = readWho(fields);
    fields.refuseOthers();
    const { member } = await findMember(call, team, asked);
    const entry = changeEntry(call, 'deleted', TABLES.teamMember, memberId(member), { before: member });
    await directory.removeTeamMember(team.id, member.userId, entry);
    // A key of the team that outlived the membership would go on spending the team's money.
    const search = { teamId: team.id, userId: member.userId };
    const keys = await directory.list('key', search, { limit: 10_000, offset: 0 });
    if (keys.length > 0) {
      await directory.delete(
        'key',
        keys.map(({ hash }) => hash),
        (key) => changeEntry(call, 'deleted', TABLES.key, key.hash, { before: key }),
      );
    }
    return { body: await describeTeam(call.context, team) };
  },
};

/** `GET /team/{team_id}/members/me`: the caller's own membership. */
export const ownMembership: ManagementRoute = {
  method: 'GET',
  paths: ['/team/:team_id/members/me'],
  roles: EVERYONE,
  answer: async (call) => {
    const { context, caller, params } = call;
    const team = await readTeam(call, params.team_id ?? '');
    const { userId } = caller;
    const member = userId === undefined ? undefined : await context.directory.teamMember(team.id, userId);
    if (member === undefined) throw unknownObject('membership', 'team_id');
    const membership = await describeMembership(context, team, member);
    return {
      body: {
        ...membership,
        role: member.role,
        user_email: caller.objects.user?.email ?? null,
        team_alias: team.alias ?? null,
      },
    };
  },
};

/** Members of a list of LiteLLM's `Member` objects. */
export function readNewMembers(fields: Fields, name: string): readonly WantedMember[] {
  const entries = fields.objects(name) ?? [];
  if (entries.length > MOST_AT_ONCE) throw fields.wrong(name, `must not have more than ${MOST_AT_ONCE} entries`);
  return entries.map((entry, index) => readMember(entry, `${name}[${index}].`));
}

/** One `Member`, or a list of them. */
function readMembers(fields: Fields, name: string): readonly WantedMember[] {
  const raw = fields.raw(name);
  if (isJsonObject(raw)) return [readMember(raw, `${name}.`)];
  const members = readNewMembers(fields, name);
  if (members.length === 0) throw fields.wrong(name, 'is required');
  return members;
}

function readMember(entry: JsonObject, prefix: string): WantedMember {
  const fields = new Fields(entry, prefix);
  const role = fields.oneOf('role', ['admin', 'user']) ?? 'user';
  const who = readWho(fields);
  fields.refuseOthers();
  return { ...who, role, limits: {} };
}

function readWho(fields: Fields): Pick<WantedMember, 'userId' | 'email'> {
  const userId = fields.text('user_id');
  const email = fields.text('user_email', 320)?.toLowerCase();
  if (!userId && !email) throw fields.wrong('user_id', 'or `user_email` is required');
  return { ...(userId && { userId }), ...(email && { email }) };
}

function readMemberLimits(fields: Fields): LimitChanges {
  const models = fields.texts('allowed_models');
  if (models !== undefined && models !== null && models.length > 0) {
    throw fields.wrong('allowed_models', 'is not kept for members: give the models to their keys, or to the team');
  }
  return {
    maxBudget: fields.usd('max_budget_in_team'),
    budgetDuration: fields.period('budget_duration'),
    rpmLimit: fields.count('rpm_limit'),
    tpmLimit: fields.count('tpm_limit'),
  } as LimitChanges;
}

/** Puts a user into a team; one who is there already gets the role and limits. */
export async function putMember(
  call: ManagementCall,
  team: Team,
  wanted: WantedMember,
): Promise<{ readonly user: User; readonly member: TeamMember }> {
  const { context } = call;
  const user = await userFor(call, wanted);
  const before = await context.directory.teamMember(team.id, user.id);
  const fresh: TeamMember = {
    teamId: team.id,
    userId: user.id,
    role: wanted.role,
    createdAtMs: context.clock.nowMs(),
  };
  const member = changeMember(call, { ...(before ?? fresh), role: wanted.role }, wanted.limits);
  checkMemberLimits(call, team, member);
  const entry = changeEntry(call, before === undefined ? 'created' : 'updated', TABLES.teamMember, memberId(member), {
    ...defined({ before }),
    after: member,
  });
  await context.directory.putTeamMember(member, entry);
  return { user, member };
}

async function tryPut(call: ManagementCall, team: Team, wanted: WantedMember): Promise<JsonObject> {
  const who = { user_id: wanted.userId ?? null, user_email: wanted.email ?? null };
  try {
    const { user, member } = await putMember(call, team, wanted);
    const [updated] = await describeUsers(call.context, [user]);
    const membership = await describeMembership(call.context, team, member);
    return { ...who, user_id: user.id, success: true, updated_user: updated, updated_team_membership: membership };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
    return { ...who, success: false, error: error.message };
  }
}

async function everyUser({ context }: ManagementCall): Promise<readonly WantedMember[]> {
  const users = await context.directory.list('user', {}, { limit: MOST_AT_ONCE + 1, offset: 0 });
  if (users.length > MOST_AT_ONCE) {
    throw new GatewayError('invalid_request', `There are more than ${MOST_AT_ONCE} users: name the members.`, {
      param: 'all_users',
    });
  }
  return users.map(({ id }) => ({ userId: id, role: 'user', limits: {} }));
}

/** The user that is meant; made where there is none, as LiteLLM does. */
async function userFor(call: ManagementCall, { userId, email }: WantedMember): Promise<User> {
  const { directory } = call.context;
  if (userId !== undefined) {
    const found = await directory.get('user', userId);
    if (found !== undefined) return found;
  } else if (email !== undefined) {
    const [found] = await directory.list('user', { email }, { limit: 1, offset: 0 });
    if (found !== undefined) return found;
  }
  return await createUser(call, userId, email === undefined ? undefined : { ...NOTHING, email });
}

const NOTHING = {
  alias: undefined,
  email: undefined,
  role: undefined,
  models: undefined,
  metadata: undefined,
  blocked: undefined,
  spend: undefined,
  limits: {},
  further: {},
} as const;

async function findMember(
  call: ManagementCall,
  team: Team,
  { userId, email }: Pick<WantedMember, 'userId' | 'email'>,
): Promise<{ readonly user: User | undefined; readonly member: TeamMember }> {
  const { directory } = call.context;
  const [byEmail] = email === undefined ? [] : await directory.list('user', { email }, { limit: 1, offset: 0 });
  const id = userId ?? byEmail?.id;
  const member = id === undefined ? undefined : await directory.teamMember(team.id, id);
  if (member === undefined) throw unknownObject('member of this team', 'user_id');
  return { user: byEmail ?? (await directory.get('user', member.userId)), member };
}

function changeMember({ context }: ManagementCall, member: TeamMember, changes: LimitChanges): TeamMember {
  const { teamId, userId, role, createdAtMs } = member;
  return { teamId, userId, role, createdAtMs, ...applyLimits(member, changes, context.clock.nowMs()) };
}

/** A member is given a part of what the team has; who runs the team may not give itself more than the team's members get. */
function checkMemberLimits(call: ManagementCall, team: Team, member: TeamMember): void {
  if (isAdmin(call)) return;
  const field = beyond({ ...(member as Limits), models: [] }, { rights: { ...team, models: [] }, isEnforced: true });
  if (field !== undefined) {
    throw new GatewayError(
      'route_denied',
      `user not allowed: \`${field}\` of the member goes beyond what the team has.`,
      {
        param: field,
      },
    );
  }
}

function memberId({ teamId, userId }: TeamMember): string {
  return `${teamId}/${userId}`;
}
