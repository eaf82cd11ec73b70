/** The fields of a user in requests, by LiteLLM's names, and a user with these changes. */
import type { PicoUsd } from '../../core/money.ts';
import type { User, UserRole } from '../../stores/contracts/directory.ts';
import { type Changed, changeHolder, type HolderChanges, type Sent, withChanges } from '../changes.ts';
import type { Fields } from '../fields.ts';
import { readLimits } from '../limits-fields.ts';

/** The roles that a user can have. */
export const USER_ROLES: readonly UserRole[] = [
  'proxy_admin',
  'proxy_admin_viewer',
  'internal_user',
  'internal_user_viewer',
];

/** LiteLLM's fields of a user that are kept, given back, and have no effect here. */
const KEPT = [
  'sso_user_id',
  'agent_id',
  'allowed_cache_controls',
  'config',
  'permissions',
  'budget_fallbacks',
  'mcp_rpm_limit',
  'guardrails',
  'policies',
  'prompts',
  'object_permission',
] as const;

/** What a request changes of a user; `null` clears, undefined leaves. */
export interface UserChanges extends HolderChanges {
  readonly alias: Sent<string>;
  readonly email: Sent<string>;
  readonly role: Sent<UserRole>;
  readonly spend: Sent<PicoUsd>;
}

/** Reads all fields of a user except its id. */
export function readUserFields(fields: Fields, nowMs: number): UserChanges {
  fields.ignore('send_invite_email');
  const email = fields.text('user_email', 320);
  if (typeof email === 'string' && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw fields.wrong('user_email', 'must be an email address');
  }
  return {
    alias: fields.text('user_alias', 255),
    email: typeof email === 'string' ? email.toLowerCase() : email,
    role: fields.oneOf('user_role', USER_ROLES),
    models: fields.texts('models'),
    metadata: fields.object('metadata'),
    blocked: fields.flag('blocked'),
    spend: fields.usd('spend'),
    limits: readLimits(fields, nowMs),
    further: fields.kept(KEPT),
  };
}

/** A user with the changes. */
export function changeUser(user: User, changes: UserChanges, stamps: Changed): User {
  const { alias, email, role } = changes;
  return withChanges<User>({ ...changeHolder(user, changes, stamps), role: role ?? user.role }, { alias, email });
}
