/** Making users. */
import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import type { User } from '../../stores/contracts/directory.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { withDefaults } from '../keys/key-params.ts';
import { changeUser, readUserFields, type UserChanges } from './user-fields.ts';

/** A user as the operator's defaults make it, before anything is asked for. */
export function emptyUser(call: ManagementCall, id: string | undefined): User {
  const { clock, config } = call.context;
  const nowMs = clock.nowMs();
  const by = changedBy(call);
  const { budgets, management } = config();
  const usual = budgets.userDefault;
  const empty: User = {
    id: id ?? randomUUID(),
    role: 'internal_user',
    models: [],
    blocked: false,
    metadata: {},
    further: {},
    createdAtMs: nowMs,
    createdBy: by,
    updatedAtMs: nowMs,
    updatedBy: by,
    ...(usual !== undefined && { maxBudget: usual.max }),
    ...(usual?.period !== undefined && { budgetDuration: usual.period }),
  };
  const defaults = new Fields(withDefaults({}, management.defaultUserParams));
  return changeUser(empty, readUserFields(defaults, nowMs), { nowMs, by });
}

/** Stores a new user with these changes. */
export async function createUser(call: ManagementCall, id: string | undefined, changes?: UserChanges): Promise<User> {
  const { context } = call;
  const times = { nowMs: context.clock.nowMs(), by: changedBy(call) };
  const empty = emptyUser(call, id);
  const user = changes === undefined ? empty : changeUser(empty, changes, times);
  await checkEmail(call, user);
  if ((await context.directory.get('user', user.id)) !== undefined) {
    throw new GatewayError('object_exists', 'A user with this id exists already.', { param: 'user_id' });
  }
  await context.directory.create('user', user, changeEntry(call, 'created', TABLES.user, user.id, { after: user }));
  return user;
}

/** Refuses an address that another user has. */
export async function checkEmail(
  { context }: ManagementCall,
  { email, id }: Pick<User, 'email' | 'id'>,
): Promise<void> {
  if (email === undefined) return;
  const [found] = await context.directory.list('user', { email }, { limit: 1, offset: 0 });
  if (found !== undefined && found.id !== id) {
    throw new GatewayError('object_exists', 'A user with this address exists already.', { param: 'user_email' });
  }
}
