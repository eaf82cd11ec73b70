/** Changing and deleting users. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { User } from '../../stores/contracts/directory.ts';
import { isAdmin, notYours, unknownObject, userByEmail } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { PLATFORM_USER, updatePlatformBudget } from '../spend/platform-budget.ts';
import { spenderOf } from '../spenders.ts';
import { setSpent } from '../spent.ts';
import { changedNow } from '../stamps.ts';
import { changeObject, checkExists, deleteObjects } from '../stored.ts';
import { checkEmail } from './new-user.ts';
import { describeUser } from './show-user.ts';
import { changeUser, readUserFields } from './user-fields.ts';

/** What users may change of themselves. */
const OWN_FIELDS: readonly string[] = ['user_id', 'user_alias', 'metadata'];
const MOST_AT_ONCE = 500;

/** `POST /user/update`: changes what is sent and leaves the rest; users may change their own name and metadata. */
export async function updateUser(call: ManagementCall): Promise<JsonValue> {
  if (call.body.user_id === PLATFORM_USER && isAdmin(call)) {
    return { user_id: PLATFORM_USER, data: await updatePlatformBudget(call) };
  }
  const user = await update(call, new Fields(call.body));
  return { user_id: user.id, data: await describeUser(call.context, user) };
}

/** `POST /user/bulk_update`: changes several users one by one; lists which were changed and which were not. */
export async function updateUsers(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const named = fields.objects('users') ?? [];
  const isAll = fields.flag('all_users') ?? false;
  const changes = fields.object('user_updates') ?? {};
  fields.finish(call);
  const all = isAll ? await forAll(call, changes) : named;
  if (all.length === 0) throw fields.wrong('users', 'or `all_users` with `user_updates` is required');
  if (all.length > MOST_AT_ONCE) throw fields.wrong('users', `must not have more than ${MOST_AT_ONCE} entries`);
  const results: JsonObject[] = [];
  for (const one of all) results.push(await tryUpdate(call, one));
  const done = results.filter(({ success }) => success === true).length;
  return {
    results,
    total_requested: all.length,
    successful_updates: done,
    failed_updates: all.length - done,
  };
}

/** `POST /user/delete`: deletes users with their memberships and keys; none if one does not exist. */
export async function deleteUsers(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const ids = [...new Set(fields.requiredTexts('user_ids'))];
  fields.finish(call);
  const found = await call.context.directory.getMany('user', ids);
  if (found.length < ids.length) throw unknownObject(call, 'a user', 'user_ids');
  return { deleted_users: (await deleteObjects(call, 'user', ids)).map(({ id }) => id) };
}

async function update(call: ManagementCall, fields: Fields): Promise<User> {
  const { context, caller } = call;
  const asked = fields.text('user_id') ?? undefined;
  const changes = readUserFields(fields, context.clock.nowMs());
  // LiteLLM documents the duration of a key among a user's fields.
  fields.unused('duration');
  fields.finish(call);
  const user = await findUser(call, asked, asked === undefined ? changes.email : undefined);
  if (!isAdmin(call)) {
    if (user.id !== caller.userId) throw unknownObject(call, 'a user', 'user_id');
    const denied = fields.names.find((name) => !OWN_FIELDS.includes(name));
    if (denied !== undefined) throw notYours(`set your own \`${denied}\`: only a proxy admin may`, denied);
  }
  await checkExists(call, 'budget', changes.limits.budgetId);
  const change = (before: User): User => changeUser(before, changes, changedNow(call));
  await checkEmail(call, change(user));
  const changed = await changeObject(call, 'user', user.id, change);
  if (changes.spend !== undefined) await setSpent(context, spenderOf.user(changed), changes.spend ?? 0n);
  return changed;
}

/** Finds a user by id; LiteLLM also takes the address in its place. */
async function findUser(call: ManagementCall, id: string | undefined, email: string | null | undefined): Promise<User> {
  const own = isAdmin(call) ? undefined : call.caller.userId;
  const wanted = id ?? (typeof email === 'string' ? undefined : own);
  const found =
    wanted === undefined
      ? await userByEmail(call, email ?? undefined)
      : await call.context.directory.get('user', wanted);
  if (found === undefined) throw unknownObject(call, 'a user', 'user_id');
  return found;
}

async function tryUpdate(call: ManagementCall, fields: Fields): Promise<JsonObject> {
  const { user_id = null, user_email = null } = fields.body;
  const who = { user_id, user_email };
  try {
    const user = await update(call, fields);
    return { ...who, user_id: user.id, success: true, updated_user: await describeUser(call.context, user) };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
    return { ...who, success: false, error: error.message };
  }
}

async function forAll({ context }: ManagementCall, changes: JsonObject): Promise<readonly Fields[]> {
  const users = await context.directory.list('user', {}, { limit: MOST_AT_ONCE + 1, offset: 0 });
  return users.map(({ id }) => new Fields({ ...changes, user_id: id }, 'user_updates'));
}
