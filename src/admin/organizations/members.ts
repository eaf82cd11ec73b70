/** `/organization/member_…`: members of organisations and their roles. */

import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { OrganizationMember, User } from '../../stores/contracts/directory.ts';
import {
  administersOrganization,
  isAdmin,
  missingObject,
  notYours,
  organizationIdsOf,
  unknownObject,
  userByEmail,
} from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import { withChanges } from '../changes.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { declaredInFile, isDeclared } from '../declared-directory.ts';
import { Fields } from '../fields.ts';
import { ORGANIZATION_ADMINS } from '../roles.ts';
import { del, patch, post } from '../route.ts';
import { namedUser } from '../users/new-user.ts';
import { showMembers, showUser } from './show.ts';

const ROLES_HERE = ['org_admin', 'internal_user', 'internal_user_viewer'] as const;

/** `/organization/member_…`. */
export const MEMBER_ROUTES: readonly ManagementRoute[] = [
  post('/organization/member_add', ORGANIZATION_ADMINS, add, 'Adds members to an organisation.'),
  patch('/organization/member_update', ORGANIZATION_ADMINS, update, 'Changes the role or the budget of a member.'),
  del('/organization/member_delete', ORGANIZATION_ADMINS, remove, 'Removes a user from an organisation.'),
];

interface Wanted {
  readonly role: OrganizationMember['role'];
  readonly userId?: string;
  readonly email?: string;
}

/** Adds one member or several; makes users of those that do not exist yet. */
async function add(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const organizationId = fields.requiredText('organization_id');
  const wanted = readMembers(call, fields);
  const maxBudget = fields.usd('max_budget_in_organization') ?? undefined;
  fields.finish(call);
  await checkOwnOrganization(call, organizationId);
  // Looks at all of them before it makes any: a request that is refused changes nothing.
  const found: (User | undefined)[] = [];
  for (const who of wanted) found.push(await knownUser(call, who));
  const existing = new Set((await context.directory.organizationMembers(organizationId)).map(({ userId }) => userId));
  if (found.some((user) => user !== undefined && existing.has(user.id))) {
    const message = '`member` names a user who is a member of the organisation already.';
    throw new GatewayError('object_exists', message, { param: 'member' });
  }
  const users: User[] = [];
  for (const [index, who] of wanted.entries()) users.push(found[index] ?? (await newUser(call, who)));
  const members = users.map(
    ({ id: userId }, index): OrganizationMember => ({
      organizationId,
      userId,
      role: wanted[index]?.role ?? 'internal_user',
      createdAtMs: context.clock.nowMs(),
      ...defined({ maxBudget }),
    }),
  );
  for (const member of members) await putOrganizationMember(call, member);
  return {
    organization_id: organizationId,
    updated_users: users.map(showUser),
    updated_organization_memberships: await showMembers(context, organizationId, members),
  };
}

function readMembers(call: ManagementCall, fields: Fields): readonly Wanted[] {
  return fields.someObjects('member', MOST_AT_ONCE).map((one) => readMember(call, one));
}

const MOST_AT_ONCE = 500;

function readMember(call: ManagementCall, fields: Fields): Wanted {
  const role = fields.oneOf('role', ROLES_HERE);
  const who = readWho(fields);
  fields.finish(call);
  if (role === undefined || role === null) throw fields.wrong('role', 'is required');
  return { role, ...who };
}

/**
 * The user that is meant, if there is one. An organisation's admin may only add users of its own organisations: over any other
 * user it would gain rights that it does not have.
 */
async function knownUser(call: ManagementCall, who: Who): Promise<User | undefined> {
  const known = await findUser(call, who);
  if (known === undefined || isAdmin(call)) return known;
  const memberships = await call.context.directory.organizationsOf(known.id);
  const mine = organizationIdsOf(call);
  if (memberships.some(({ organizationId }) => mine.includes(organizationId))) return known;
  throw notYours('add a user who is in none of your organisations: only a proxy admin may', 'member');
}

/** A user that did not exist before this request; one that another request made meanwhile is looked at like any other. */
async function newUser(call: ManagementCall, who: Wanted): Promise<User> {
  const { user, isNew } = await namedUser(call, who);
  return isNew ? user : ((await knownUser(call, who)) ?? user);
}

async function findUser(call: ManagementCall, who: Who): Promise<User | undefined> {
  return who.userId === undefined
    ? await userByEmail(call, who.email)
    : await call.context.directory.get('user', who.userId);
}

/** Stores a membership, new or in place of the one before. */
export async function putOrganizationMember(
  call: ManagementCall,
  after: OrganizationMember,
  before?: OrganizationMember,
): Promise<void> {
  const action = before === undefined ? 'created' : 'updated';
  const values = { ...defined({ before }), after };
  const entry = changeEntry(call, action, TABLES.organizationMember, memberId(after), values);
  await call.context.directory.putOrganizationMember(after, entry);
}

function memberId({ organizationId, userId }: OrganizationMember): string {
  return `${organizationId}/${userId}`;
}

async function update(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const organizationId = fields.requiredText('organization_id');
  const who = readWho(fields);
  const role = fields.oneOf('role', ROLES_HERE);
  const maxBudget = fields.usd('max_budget_in_organization');
  fields.finish(call);
  const before = await memberIn(call, organizationId, who);
  const after = withChanges<OrganizationMember>({ ...before, role: role ?? before.role }, { maxBudget });
  await putOrganizationMember(call, after, before);
  const [shown = {}] = await showMembers(context, organizationId, [after]);
  return shown;
}

async function remove(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const organizationId = fields.requiredText('organization_id');
  const who = readWho(fields);
  fields.finish(call);
  const before = await memberIn(call, organizationId, who);
  const [shown = {}] = await showMembers(context, organizationId, [before]);
  const entry = changeEntry(call, 'deleted', TABLES.organizationMember, memberId(before), { before });
  await context.directory.removeOrganizationMember(organizationId, before.userId, entry);
  return shown;
}

/** Throws if the caller does not administer the organisation: as if it did not exist. */
async function checkOwnOrganization(call: ManagementCall, organizationId: string): Promise<void> {
  const organization = administersOrganization(call, organizationId)
    ? await call.context.directory.get('organization', organizationId)
    : undefined;
  if (organization === undefined) throw unknownObject(call, 'an organisation', 'organization_id');
  // Checked before users are made for it.
  if (isDeclared(organization)) throw declaredInFile();
}

/** Who is meant: by id, by address, or both. */
type Who = Pick<Wanted, 'userId' | 'email'>;

function readWho(fields: Fields): Who {
  const userId = fields.text('user_id') || undefined;
  const email = fields.text('user_email') || undefined;
  if (userId === undefined && email === undefined) throw fields.wrong('user_id', 'or `user_email` is required');
  return defined({ userId, email });
}

async function memberIn(
  call: ManagementCall,
  organizationId: string,
  { userId, email }: Who,
): Promise<OrganizationMember> {
  await checkOwnOrganization(call, organizationId);
  const id = userId ?? (await userByEmail(call, email))?.id;
  const members = await call.context.directory.organizationMembers(organizationId);
  const member = members.find((one) => one.userId === id);
  if (member === undefined) throw missingObject('a member of the organisation', 'user_id');
  return member;
}
