/** Making users. */
import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { ConflictError, type User } from '../../stores/contracts/directory.ts';
import { isAdmin, userByEmail } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { withDefaults } from '../keys/key-params.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { changeObject, createObject } from '../stored.ts';
import { changeUser, readUserFields } from './user-fields.ts';

/** A user with the operator's defaults. */
function usualUser(call: ManagementCall, id: string | undefined): User {
  const { budgets, management } = call.context.config();
  const { max: maxBudget, period: budgetDuration } = budgets.userDefault ?? {};
  const empty: User = {
    id: id ?? randomUUID(),
    role: 'internal_user',
    models: [],
    blocked: false,
    ...madeNow(call),
    ...defined({ maxBudget, budgetDuration }),
  };
  const defaults = new Fields(withDefaults({}, management.defaultUserParams));
  return changeUser(empty, readUserFields(defaults, empty.createdAtMs), changedNow(call));
}

/**
 * Stores a new user as `change` makes it of the operator's defaults. A user whom only a membership named so far is there already: a
 * proxy admin gives it its settings now.
 */
export async function createUser(
  call: ManagementCall,
  { id, email }: { readonly id: string | undefined; readonly email: string | undefined },
  change: (user: User) => User,
): Promise<User> {
  const named = id === undefined ? await userByEmail(call, email) : await call.context.directory.get('user', id);
  if (named?.isOnlyNamed === true && isAdmin(call)) return await settle(call, named, change);
  if (named !== undefined && id !== undefined) throw taken('user_id');
  return await store(call, change(usualUser(call, id)));
}

/**
 * The user that a membership names, by id or by address; makes one if there is none, as LiteLLM does. Several requests at once may
 * name the same new user: one of them makes it, and the others find it.
 */
export async function namedUser(call: ManagementCall, { userId, email }: NamedUser): Promise<FoundUser> {
  const find = async (): Promise<User | undefined> =>
    userId === undefined ? await userByEmail(call, email) : await call.context.directory.get('user', userId);
  const found = await find();
  if (found !== undefined) return { user: found, isNew: false };
  try {
    const user = { ...usualUser(call, userId), ...defined({ email }), isOnlyNamed: true };
    return { user: await store(call, user), isNew: true };
  } catch (error) {
    const isTaken = error instanceof ConflictError || (error instanceof GatewayError && error.code === 'object_exists');
    const made = isTaken ? await find() : undefined;
    if (made === undefined) throw error;
    return { user: made, isNew: false };
  }
}

/** Whom a membership names. */
interface NamedUser {
  readonly userId?: string;
  readonly email?: string;
}

interface FoundUser {
  readonly user: User;
  readonly isNew: boolean;
}

async function settle(call: ManagementCall, named: User, change: (user: User) => User): Promise<User> {
  await checkEmail(call, change(named));
  return await changeObject(call, 'user', named.id, ({ isOnlyNamed, ...before }) => {
    if (isOnlyNamed !== true) throw taken('user_id');
    return change(before);
  });
}

async function store(call: ManagementCall, user: User): Promise<User> {
  await checkEmail(call, user);
  await createObject(call, 'user', user);
  return user;
}

function taken(field: 'user_id' | 'user_email'): GatewayError {
  const message = `Another user has this \`${field}\` already. Choose a different one.`;
  return new GatewayError('object_exists', message, { param: field });
}

/** Refuses an address that another user has. */
export async function checkEmail(call: ManagementCall, { email, id }: Pick<User, 'email' | 'id'>): Promise<void> {
  const found = await userByEmail(call, email);
  if (found === undefined || found.id === id) return;
  throw taken('user_email');
}
