/** What a request says of a user, in LiteLLM's names, and a user with these changes. */
import type { JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { User, UserRole } from '../../stores/contracts/directory.ts';
import type { Fields, Sent } from '../fields.ts';
import { withChanges } from '../keys/key-fields.ts';
import { changeLimits, type LimitChanges, readLimits } from '../limits-fields.ts';

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

/** What is changed of a user; `null` clears, undefined leaves. */
export interface UserChanges {
  readonly alias: Sent<string>;
  readonly email: Sent<string>;
  readonly role: Sent<UserRole>;
  readonly models: Sent<readonly string[]>;
  readonly metadata: Sent<JsonObject>;
  readonly blocked: Sent<boolean>;
  readonly spend: Sent<PicoUsd>;
  readonly limits: LimitChanges;
  readonly further: JsonObject;
}

export function readUserFields(fields: Fields, nowMs: number): UserChanges {
  fields.ignore('send_invite_email');
  const password = fields.text('password');
  if (password !== undefined && password !== null) {
    throw fields.wrong('password', 'is not kept: nobody logs in with a password here');
  }
  const email = fields.text('user_email', 320);
  if (typeof email === 'string' && !/^[^\s@]+@[^\s@]+$/.test(email))
    throw fields.wrong('user_email', 'must be an address');
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
export function changeUser(
  user: User,
  changes: UserChanges,
  { nowMs, by }: { readonly nowMs: number; readonly by: string },
): User {
  const changed: User = {
    ...changeLimits(user, changes.limits, nowMs),
    role: changes.role ?? user.role,
    models: changes.models === undefined ? user.models : (changes.models ?? []),
    blocked: changes.blocked === undefined ? user.blocked : (changes.blocked ?? false),
    metadata: changes.metadata === undefined ? user.metadata : (changes.metadata ?? {}),
    further: { ...user.further, ...changes.further },
    updatedAtMs: nowMs,
    updatedBy: by,
  };
  return withChanges(changed, { alias: changes.alias, email: changes.email });
}
