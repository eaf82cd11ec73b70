/** Members of teams: added, changed, removed. Adding someone who is not a user yet makes a user. */

import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Limits, Team, TeamMember, User } from '../../stores/contracts/directory.ts';
import { isAdmin, isUnknownObject, managedTeam, missingObject, notYours, readTeam, userByEmail } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import { type Changes, changeLimits, type Sent, withChanges } from '../changes.ts';
import type { ManagementCall } from '../contract.ts';
import { beyond } from '../delegation.ts';
import { Fields } from '../fields.ts';
import { readModelBudgets, readRaise } from '../limits-fields.ts';
import { deleteObjects } from '../stored.ts';
import { namedUser } from '../users/new-user.ts';
import { describeUsers } from '../users/show-user.ts';
import { describeMembership, describeMemberships, describeTeam } from './show-team.ts';
import { modelsOrNone } from './team-fields.ts';

/** How many members one request names. */
export const MOST_AT_ONCE = 500;

/** A member to be added: by id, by address, or both. */
export interface WantedMember {
  readonly userId?: string;
  readonly email?: string;
  readonly role: TeamMember['role'];
  readonly changes: MemberChanges;
}

/** What a request changes of a membership besides the role. */
interface MemberChanges {
  readonly limits: Changes<Limits>;
  readonly models?: Sent<readonly string[]>;
}

/** `POST /team/member_add`: adds one member or several. */
export async function addMembers(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const teamId = fields.requiredText('team_id');
  const changes = readChanges(fields, context.clock.nowMs());
  const wanted = readMembers(call, fields, 'member').map((member) => ({ ...member, changes }));
  fields.finish(call);
  const team = await managedTeam(call, teamId);
  const users: User[] = [];
  const members: TeamMember[] = [];
  for (const one of wanted) {
    const { user, member } = await putMember(call, team, one);
    users.push(user);
    members.push(member);
  }
  return {
    ...(await describeTeam(context, team)),
    updated_users: await describeUsers(context, users),
    updated_team_memberships: await describeMemberships(context, team, members),
  };
}

/** `POST /team/bulk_member_add`: adds members one by one and lists who was added. */
export async function addManyMembers(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const teamId = fields.requiredText('team_id');
  const isAll = fields.flag('all_users') ?? false;
  const changes = { limits: { maxBudget: fields.usd('max_budget_in_team') } };
  const named = readNewMembers(call, fields, 'members');
  fields.finish(call);
  const team = await managedTeam(call, teamId);
  if (isAll && !isAdmin(call)) throw notYours('use `all_users`: only a proxy admin may', 'all_users');
  const wanted = isAll ? await everyUser(call) : named.map((member) => ({ ...member, changes }));
  if (wanted.length === 0) throw fields.wrong('members', 'is required');
  const results: JsonObject[] = [];
  for (const member of wanted) results.push(await tryPut(call, team, member));
  const added = results.filter(({ success }) => success === true).length;
  return {
    team_id: teamId,
    results,
    total_requested: wanted.length,
    successful_additions: added,
    failed_additions: wanted.length - added,
    updated_team: await describeTeam(call.context, team),
  };
}

/** `POST /team/member_update`: changes the role or the limits of a member. */
export async function updateMember(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const teamId = fields.requiredText('team_id');
  const asked = readWho(fields);
  const role = fields.oneOf('role', ['admin', 'user']);
  const changes = readChanges(fields, context.clock.nowMs());
  fields.finish(call);
  const team = await managedTeam(call, teamId);
  const { user, member } = await findMember(call, team, asked);
  const changed = changeMember({ ...member, role: role ?? member.role }, changes, context.clock.nowMs());
  await storeChecked(call, team, changed, member);
  const membership = await describeMembership(context, team, changed);
  const { litellm_budget_table: budget } = membership;
  return {
    ...membership,
    user_email: user?.email ?? null,
    role: changed.role,
    max_budget_in_team: isJsonObject(budget) ? budget.max_budget : null,
    tpm_limit: changed.tpmLimit ?? null,
    rpm_limit: changed.rpmLimit ?? null,
    budget_duration: changed.budgetDuration ?? null,
  };
}

/** `POST /team/member_delete`: removes a user from a team and deletes the keys that the user has in it. */
export async function removeMember(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const teamId = fields.requiredText('team_id');
  const asked = readWho(fields);
  fields.finish(call);
  const team = await managedTeam(call, teamId);
  const { member } = await memberToRemove(call, team, asked);
  await removeFromTeam(call, team, member);
  return await describeTeam(call.context, team);
}

/** As LiteLLM answers it, where there is no such member. */
async function memberToRemove(call: ManagementCall, team: Team, who: Who) {
  try {
    return await findMember(call, team, who);
  } catch (error) {
    if (!isUnknownObject(error)) throw error;
    const message = '`user_id` names no member of this team, so there is none to remove.';
    throw new GatewayError('invalid_request', message, { param: 'user_id' });
  }
}

/** Removes a member and deletes the keys that the user has in the team. */
export async function removeFromTeam(call: ManagementCall, team: Team, member: TeamMember): Promise<void> {
  const { directory } = call.context;
  const entry = changeEntry(call, 'deleted', TABLES.teamMember, memberId(member), { before: member });
  await directory.removeTeamMember(team.id, member.userId, entry);
  // A key of the team that outlived the membership would go on spending the team's money.
  const search = { teamId: team.id, userId: member.userId };
  const keys = await directory.list('key', search, { limit: 10_000, offset: 0 });
  const hashes = keys.map(({ hash }) => hash);
  if (hashes.length > 0) await deleteObjects(call, 'key', hashes);
}

/** `GET /team/{team_id}/members/me`: the caller's own membership. */
export async function ownMembership(call: ManagementCall): Promise<JsonValue> {
  const { context, caller, params } = call;
  const team = await readTeam(call, params.team_id ?? '');
  const { userId } = caller;
  const member = userId === undefined ? undefined : await context.directory.teamMember(team.id, userId);
  if (member === undefined) throw missingObject('a membership', 'team_id');
  return {
    ...(await describeMembership(context, team, member)),
    role: member.role,
    user_email: caller.objects.user?.email ?? null,
    team_alias: team.alias ?? null,
  };
}

/** Members of a list of LiteLLM's `Member` objects. */
export function readNewMembers(call: ManagementCall, fields: Fields, name: string): readonly WantedMember[] {
  const entries = fields.objects(name) ?? [];
  if (entries.length > MOST_AT_ONCE) throw fields.wrong(name, `must not have more than ${MOST_AT_ONCE} entries`);
  return entries.map((entry) => readMember(call, entry));
}

/** One `Member`, or a list of them. */
function readMembers(call: ManagementCall, fields: Fields, name: string): readonly WantedMember[] {
  return fields.someObjects(name, MOST_AT_ONCE).map((entry) => readMember(call, entry));
}

function readMember(call: ManagementCall, fields: Fields): WantedMember {
  const role = fields.oneOf('role', ['admin', 'user']) ?? 'user';
  const who = readWho(fields);
  fields.finish(call);
  return { ...who, role, changes: { limits: {} } };
}

/** Who is meant: by id, by address, or both. */
export type Who = Pick<WantedMember, 'userId' | 'email'>;

/** Reads who is meant; one of both must be there. */
export function readWho(fields: Fields): Who {
  const userId = fields.text('user_id') || undefined;
  const email = fields.text('user_email', 320)?.toLowerCase() || undefined;
  if (userId === undefined && email === undefined) throw fields.wrong('user_id', 'or `user_email` is required');
  return defined({ userId, email });
}

/** Reads what a request changes of a membership besides the role. */
export function readChanges(fields: Fields, nowMs: number): MemberChanges {
  return {
    models: modelsOrNone(fields.texts('allowed_models')),
    limits: {
      maxBudget: fields.usd('max_budget_in_team'),
      budgetDuration: fields.period('budget_duration'),
      rpmLimit: fields.count('rpm_limit'),
      tpmLimit: fields.count('tpm_limit'),
      modelMaxBudget: readModelBudgets(fields, 'model_max_budget'),
      tempBudgetIncrease: readRaise(fields, nowMs),
    },
  };
}

/** A membership with the changes. */
export function changeMember(member: TeamMember, { limits, models }: MemberChanges, nowMs: number): TeamMember {
  return withChanges<TeamMember>(changeLimits(member, limits, nowMs), { models });
}

/** Puts a user into a team; a member that exists already gets the role and limits. */
export async function putMember(
  call: ManagementCall,
  team: Team,
  { role, changes, ...who }: WantedMember,
): Promise<{ readonly user: User; readonly member: TeamMember }> {
  const { context } = call;
  const { user } = await namedUser(call, who);
  const before = await context.directory.teamMember(team.id, user.id);
  const createdAtMs = before?.createdAtMs ?? context.clock.nowMs();
  const wanted: TeamMember = { ...before, teamId: team.id, userId: user.id, role, createdAtMs };
  const member = changeMember(wanted, changes, context.clock.nowMs());
  await storeChecked(call, team, member, before);
  return { user, member };
}

/** Stores a membership; throws if it would have more than the team. */
export async function storeChecked(
  call: ManagementCall,
  team: Team,
  after: TeamMember,
  before: TeamMember | undefined,
): Promise<void> {
  checkMemberLimits(call, team, after);
  await store(call, after, before);
}

async function store(call: ManagementCall, after: TeamMember, before: TeamMember | undefined): Promise<void> {
  const values = { ...defined({ before }), after };
  const action = before === undefined ? 'created' : 'updated';
  const entry = changeEntry(call, action, TABLES.teamMember, memberId(after), values);
  await call.context.directory.putTeamMember(after, entry);
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
    const message = `\`all_users\` adds up to ${MOST_AT_ONCE} users, and there are more. Name them in \`members\`.`;
    throw new GatewayError('invalid_request', message, { param: 'all_users' });
  }
  return users.map(({ id }) => ({ userId: id, role: 'user', changes: { limits: {} } }));
}

/** The member of a team that is meant. Throws if the team has no such member. */
export async function findMember(
  call: ManagementCall,
  team: Team,
  { userId, email }: Who,
): Promise<{ readonly user: User | undefined; readonly member: TeamMember }> {
  const { directory } = call.context;
  const byEmail = await userByEmail(call, email);
  const id = userId ?? byEmail?.id;
  const member = id === undefined ? undefined : await directory.teamMember(team.id, id);
  if (member === undefined) throw missingObject('a member of this team', 'user_id');
  return { user: byEmail ?? (await directory.get('user', member.userId)), member };
}

/** Throws if a member would have more than the team: an admin of a team could raise its own limits otherwise. */
function checkMemberLimits(call: ManagementCall, team: Team, member: TeamMember): void {
  if (isAdmin(call)) return;
  const { models = [] } = member;
  const field = beyond({ ...member, models }, { rights: team, isEnforced: true });
  if (field !== undefined) throw notYours(`set \`${field}\` of a member to more than the team has`, field);
}

/** What the change log calls a membership. */
export function memberId({ teamId, userId }: TeamMember): string {
  return `${teamId}/${userId}`;
}
