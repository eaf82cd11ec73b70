/** `/organization/member_…`: who is in an organisation, and who administers it. */

import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { OrganizationMember, User } from '../../stores/contracts/directory.ts';
import { administersOrganization, isAdmin, notYours, organizationIdsOf, unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { isDeclared, standsInFile } from '../declared-directory.ts';
import { Fields } from '../fields.ts';
import { madeNow } from '../stamps.ts';
import { showMembers, showUser } from './show.ts';

const ROLES_HERE = ['org_admin', 'internal_user', 'internal_user_viewer'] as const;

/** `/organization/member_…`. */
export const MEMBER_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: ['/organization/member_add'], roles: ['org_admin', 'proxy_admin'], answer: add },
  { method: 'PATCH', paths: ['/organization/member_update'], roles: ['org_admin', 'proxy_admin'], answer: update },
  { method: 'DELETE', paths: ['/organization/member_delete'], roles: ['org_admin', 'proxy_admin'], answer: remove },
];

interface Wanted {
  readonly role: OrganizationMember['role'];
  readonly userId?: string;
  readonly email?: string;
}

/** Adds one member or several; whom nobody made yet becomes a user. */
async function add(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const organizationId = await ownOrganization(call, fields);
  const wanted = readMembers(fields);
  const maxBudget = fields.usd('max_budget_in_organization');
  fields.refuseOthers();
  // Everybody is looked at before anybody is made: a request that is refused changes nothing.
  const found: (User | undefined)[] = [];
  for (const who of wanted) found.push(await knownUser(call, who));
  const there = new Set((await context.directory.organizationMembers(organizationId)).map(({ userId }) => userId));
  if (found.some((user) => user !== undefined && there.has(user.id))) {
    throw new GatewayError('object_exists', 'A user is a member of the organization already.', { param: 'member' });
  }
  const users: User[] = [];
  for (const [index, who] of wanted.entries()) users.push(found[index] ?? (await makeUser(call, who)));
  const members = users.map(
    (user, index): OrganizationMember => ({
      organizationId,
      userId: user.id,
      role: wanted[index]?.role ?? 'internal_user',
      createdAtMs: context.clock.nowMs(),
      ...(typeof maxBudget === 'bigint' && { maxBudget }),
    }),
  );
  for (const member of members) {
    const objectId = `${organizationId}/${member.userId}`;
    const entry = changeEntry(call, 'created', TABLES.organizationMember, objectId, { after: member });
    await context.directory.putOrganizationMember(member, entry);
  }
  return {
    body: {
      organization_id: organizationId,
      updated_users: users.map(showUser),
      updated_organization_memberships: await showMembers(context, organizationId, members),
    },
  };
}

function readMembers(fields: Fields): readonly Wanted[] {
  const raw = fields.raw('member');
  const list = Array.isArray(raw) ? raw : [raw];
  if (list.length === 0 || list.length > MOST_AT_ONCE || !list.every(isJsonObject)) {
    throw fields.wrong('member', `must be an object or a list of at most ${MOST_AT_ONCE}`);
  }
  return list.map((one, index) => readMember(one, `member[${index}].`));
}

const MOST_AT_ONCE = 500;

function readMember(object: JsonObject, prefix: string): Wanted {
  const fields = new Fields(object, prefix);
  const role = fields.oneOf('role', ROLES_HERE);
  const userId = fields.text('user_id');
  const email = fields.text('user_email');
  fields.refuseOthers();
  if (role === undefined || role === null) throw fields.wrong('role', 'is required');
  if (!userId && !email) throw fields.wrong('user_id', 'or `user_email` is required');
  return { role, ...(userId && { userId }), ...(email && { email }) };
}

/**
 * The user that is meant, where there is one. An organisation's admin gets nobody in who is in none of its organisations:
 * it would gain rights over a user of others.
 */
async function knownUser(call: ManagementCall, { userId, email }: Wanted): Promise<User | undefined> {
  const known = await findUser(call, userId, email);
  if (known === undefined || isAdmin(call)) return known;
  const memberships = await call.context.directory.organizationsOf(known.id);
  const mine = organizationIdsOf(call);
  if (memberships.some(({ organizationId }) => mine.includes(organizationId))) return known;
  throw notYours('only a proxy admin adds a user who is not in your organisations yet');
}

async function makeUser(call: ManagementCall, { userId, email }: Wanted): Promise<User> {
  const { directory } = call.context;
  const id = userId ?? randomUUID();
  const user: User = {
    id,
    ...defined({ email }),
    role: 'internal_user',
    models: [],
    blocked: false,
    ...madeNow(call),
    metadata: {},
    further: {},
  };
  await directory.create('user', user, changeEntry(call, 'created', TABLES.user, id, { after: user }));
  return user;
}

async function findUser({ context }: ManagementCall, userId?: string, email?: string): Promise<User | undefined> {
  if (userId !== undefined) return await context.directory.get('user', userId);
  if (email === undefined) return undefined;
  const [user] = await context.directory.list('user', { email }, { limit: 1, offset: 0 });
  return user;
}

async function update(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const organizationId = await ownOrganization(call, fields);
  const before = await memberIn(call, fields, organizationId);
  const role = fields.oneOf('role', ROLES_HERE);
  const maxBudget = fields.usd('max_budget_in_organization');
  fields.refuseOthers();
  const { maxBudget: old, ...rest } = before;
  const budget = maxBudget === undefined ? old : (maxBudget ?? undefined);
  const after: OrganizationMember = {
    ...rest,
    role: role ?? before.role,
    ...defined({ maxBudget: budget }),
  };
  const objectId = `${organizationId}/${before.userId}`;
  const entry = changeEntry(call, 'updated', TABLES.organizationMember, objectId, { before, after });
  await context.directory.putOrganizationMember(after, entry);
  const [shown = {}] = await showMembers(context, organizationId, [after]);
  return { body: shown };
}

async function remove(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const organizationId = await ownOrganization(call, fields);
  const before = await memberIn(call, fields, organizationId);
  fields.refuseOthers();
  const [shown = {}] = await showMembers(context, organizationId, [before]);
  const objectId = `${organizationId}/${before.userId}`;
  const entry = changeEntry(call, 'deleted', TABLES.organizationMember, objectId, { before });
  await context.directory.removeOrganizationMember(organizationId, before.userId, entry);
  return { body: shown };
}

/** The organisation that is meant, where the caller administers it; what is not its own is told as unknown. */
async function ownOrganization(call: ManagementCall, fields: Fields): Promise<string> {
  const organizationId = fields.requiredText('organization_id');
  const organization = administersOrganization(call, organizationId)
    ? await call.context.directory.get('organization', organizationId)
    : undefined;
  if (organization === undefined) throw unknownObject('organization', 'organization_id');
  // Before anybody is made for it.
  if (isDeclared(organization)) throw standsInFile();
  return organizationId;
}

async function memberIn(call: ManagementCall, fields: Fields, organizationId: string): Promise<OrganizationMember> {
  const userId = fields.text('user_id') ?? undefined;
  const email = fields.text('user_email') ?? undefined;
  if (!userId && !email) throw fields.wrong('user_id', 'or `user_email` is required');
  const id = userId ?? (await findUser(call, undefined, email))?.id;
  const members = await call.context.directory.organizationMembers(organizationId);
  const member = members.find((one) => one.userId === id);
  if (member === undefined) throw unknownObject('member of the organization', 'user_id');
  return member;
}
