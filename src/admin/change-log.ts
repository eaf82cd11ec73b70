/** Entries of the change log. Objects in it have no secrets, and amounts are in USD. */
import { randomUUID } from 'node:crypto';
import { defined } from '../core/defined.ts';
import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { usdNumber } from '../core/money.ts';
import type { AuditEntry } from '../stores/contracts/directory.ts';
import type { ManagementCall } from './contract.ts';

/** LiteLLM's names of the tables in its audit log. */
export const TABLES = {
  key: 'LiteLLM_VerificationToken',
  user: 'LiteLLM_UserTable',
  team: 'LiteLLM_TeamTable',
  teamMember: 'LiteLLM_TeamMembership',
  organization: 'LiteLLM_OrganizationTable',
  organizationMember: 'LiteLLM_OrganizationMembership',
  customer: 'LiteLLM_EndUserTable',
  budget: 'LiteLLM_BudgetTable',
  tag: 'LiteLLM_TagTable',
  model: 'LiteLLM_ProxyModelTable',
  credential: 'LiteLLM_CredentialsTable',
} as const;

/** An entry of the audit log for what this call changes. `before` and `after` are stored objects. */
export function changeEntry(
  call: ManagementCall,
  action: AuditEntry['action'],
  table: string,
  objectId: string,
  { before, after }: { readonly before?: object; readonly after?: object } = {},
): AuditEntry {
  return {
    id: randomUUID(),
    atMs: call.context.clock.nowMs(),
    changedBy: changedBy(call),
    keyHash: call.caller.caller.keyHash,
    action,
    table,
    objectId,
    ...defined({ before: before && writeDown(before), after: after && writeDown(after) }),
  };
}

/** Who changes something: the caller, or the one that an admin names in `litellm-changed-by`. */
export function changedBy({ caller, headers }: ManagementCall): string {
  const header = headers['litellm-changed-by'];
  if (caller.isAdmin && typeof header === 'string' && header !== '') return header.slice(0, 200);
  return caller.userId ?? caller.alias ?? caller.caller.keyHash;
}

/** Members whose values are left out of the log: operators put credentials of their tools into metadata. */
const SECRET = /secret|password|passwd|credential|private_?key|api_?key|access_?key|authorization|bearer/i;

/** A stored object as JSON for the log. */
function writeDown(value: object): JsonObject {
  const written: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    setMember(written, name, SECRET.test(name) ? '[redacted]' : plain(member));
  }
  return written;
}

function plain(value: unknown): JsonValue {
  if (typeof value === 'bigint') return usdNumber(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return writeDown(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
