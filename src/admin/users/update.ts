/** Changing and deleting users. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { User } from '../../stores/contracts/directory.ts';
import { isAdmin, unknownObject } from '../authority.ts';
import { checkBudget } from '../budgets/index.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { ADMIN } from '../roles.ts';
import { setSpent } from '../spent.ts';
import { checkEmail } from './new-user.ts';
import { describeUser, userSpender } from './show-user.ts';
import { changeUser, readUserFields } from './user-fields.ts';

/** What users may change of themselves; the rest is what they are held to. */
const OWN_FIELDS: readonly string[] = ['user_id', 'user_alias', 'metadata'];
const MOST_AT_ONCE = 500;

/** `POST /user/update`: changes what is sent and leaves the rest; users themselves may change their name and metadata. */
export const updateUser: ManagementRoute = {
  method: 'POST',
  paths: ['/user/update'],
  roles: ['internal_user', 'proxy_admin'],
  answer: async (call) => {
    const user = await update(call, call.body);
    const data = await describeUser(call.context, user);
    return { body: { user_id: user.id, data } };
  },
};

/** `POST /user/bulk_update`: several users, each on its own; says which were changed and which were not. */
export const updateUsers: ManagementRoute = {
  method: 'POST',
  paths: ['/user/bulk_update'],
  roles: ADMIN,
  answer: async (call) => {
    const fields = new Fields(call.body);
    const named = fields.objects('users') ?? [];
    const isAll = fields.flag('all_users') ?? false;
    const changes = fields.object('user_updates') ?? {};
    fields.refuseOthers();
    const bodies = isAll ? await forAll(call, changes) : named;
    if (bodies.length === 0) throw fields.wrong('users', 'or `all_users` with `user_updates` is required');
    if (bodies.length > MOST_AT_ONCE) throw fields.wrong('users', `must not have more than ${MOST_AT_ONCE} entries`);
    const results: JsonObject[] = [];
    for (const body of bodies) results.push(await tryUpdate(call, body));
    const done = results.filter(({ success }) => success === true).length;
    return {
      body: {
        results,
        total_requested: bodies.length,
        successful_updates: done,
        failed_updates: bodies.length - done,
      },
    };
  },
};

/** `POST /user/delete`: deletes users with their memberships and keys. */
export const deleteUsers: ManagementRoute = {
  method: 'POST',
  paths: ['/user/delete'],
  roles: ADMIN,
  answer: async (call) => {
    const { directory } = call.context;
    const fields = new Fields(call.body);
    const ids = [...new Set(fields.texts('user_ids') ?? [])];
    fields.refuseOthers();
    if (ids.length === 0) throw fields.wrong('user_ids', 'is required');
    const found = await directory.getMany('user', ids);
    if (found.length < ids.length) throw unknownObject('user', 'user_ids');
    const deleted = await directory.delete('user', ids, (user) =>
      changeEntry(call, 'deleted', TABLES.user, user.id, { before: user }),
    );
    return { body: { deleted_users: deleted.map(({ id }) => id) } };
  },
};

async function update(call: ManagementCall, body: JsonObject): Promise<User> {
  const { context, caller } = call;
  const nowMs = context.clock.nowMs();
  const fields = new Fields(body);
  const asked = fields.text('user_id') ?? undefined;
  const changes = readUserFields(fields, nowMs);
  fields.refuseOthers();
  const user = await findUser(call, asked, asked === undefined ? changes.email : undefined);
  if (!isAdmin(call)) {
    if (user.id !== caller.userId) throw unknownObject('user', 'user_id');
    const denied = fields.names.find((name) => !OWN_FIELDS.includes(name));
    if (denied !== undefined) {
      throw new GatewayError(
        'route_denied',
        `user not allowed to set \`${denied}\` of itself. Only a proxy admin may.`,
        {
          param: denied,
        },
      );
    }
  }
  await checkBudget(context, changes.limits.budgetId);
  const times = { nowMs, by: changedBy(call) };
  await checkEmail(call, changeUser(user, changes, times));
  const changed = await context.directory.update(
    'user',
    user.id,
    (before) => changeUser(before, changes, times),
    (before, after) => changeEntry(call, 'updated', TABLES.user, user.id, { before, after }),
  );
  if (changed === undefined) throw unknownObject('user', 'user_id');
  if (changes.spend !== undefined) await setSpent(context, userSpender(changed), changes.spend ?? 0n);
  return changed;
}

/** By id; LiteLLM also takes the address in its place. */
async function findUser(call: ManagementCall, id: string | undefined, email: string | null | undefined): Promise<User> {
  const { directory } = call.context;
  const own = isAdmin(call) ? undefined : call.caller.userId;
  const wanted = id ?? (typeof email === 'string' ? undefined : own);
  if (wanted !== undefined) {
    const found = await directory.get('user', wanted);
    if (found !== undefined) return found;
  } else if (typeof email === 'string') {
    const [found] = await directory.list('user', { email }, { limit: 1, offset: 0 });
    if (found !== undefined) return found;
  }
  throw unknownObject('user', 'user_id');
}

async function tryUpdate(call: ManagementCall, body: JsonObject): Promise<JsonObject> {
  const who = { user_id: body.user_id ?? null, user_email: body.user_email ?? null };
  try {
    const user = await update(call, body);
    return { ...who, user_id: user.id, success: true, updated_user: await describeUser(call.context, user) };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
    return { ...who, success: false, error: error.message };
  }
}

async function forAll({ context }: ManagementCall, changes: JsonObject): Promise<readonly JsonObject[]> {
  const users = await context.directory.list('user', {}, { limit: MOST_AT_ONCE + 1, offset: 0 });
  return users.map(({ id }) => ({ ...changes, user_id: id }));
}
