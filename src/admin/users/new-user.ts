/** Making users. */
import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { User } from '../../stores/contracts/directory.ts';
import { userByEmail } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { withDefaults } from '../keys/key-params.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { createObject } from '../stored.ts';
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

/** Stores a new user as `change` makes it of the operator's defaults. */
export async function createUser(
  call: ManagementCall,
  id: string | undefined,
  change: (user: User) => User,
): Promise<User> {
  const user = change(usualUser(call, id));
  await checkEmail(call, user);
  if ((await call.context.directory.get('user', user.id)) !== undefined) {
    const message = 'Another user has this `user_id` already. Choose a different one.';
    throw new GatewayError('object_exists', message, { param: 'user_id' });
  }
  await createObject(call, 'user', user);
  return user;
}

/** Refuses an address that another user has. */
export async function checkEmail(call: ManagementCall, { email, id }: Pick<User, 'email' | 'id'>): Promise<void> {
  const found = await userByEmail(call, email);
  if (found === undefined || found.id === id) return;
  const message = 'Another user has this `user_email` already. Choose a different one.';
  throw new GatewayError('object_exists', message, { param: 'user_email' });
}
