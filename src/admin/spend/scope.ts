/**
 * Whose spend a caller may see, as conditions of the query itself: nothing is read that is not shown. A refusal has the same words
 * whether the object exists or not.
 */
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { LedgerFilter } from '../../stores/contracts/ledger.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { organizationIdsOf, seesAll, teamIdsOf } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { textOf } from '../query-fields.ts';

/** Whose spend was asked for. */
export interface AskedSpend {
  readonly keyHash?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
}

/** Conditions that leave only what the caller may see. */
type SpendScope = Pick<
  LedgerFilter,
  'keyHash' | 'userId' | 'teamId' | 'teamIds' | 'organizationId' | 'organizationIds'
>;

/** `api_key`, `user_id`, `team_id` and `organization_id` of a query. */
export function askedIn(query: URLSearchParams): AskedSpend {
  const key = textOf(query, 'api_key');
  const userId = textOf(query, 'user_id');
  const teamId = textOf(query, 'team_id');
  const organizationId = textOf(query, 'organization_id');
  return defined({ keyHash: key === undefined ? undefined : hashOf(key), userId, teamId, organizationId });
}

/** The hash of a key that was sent as its text or as its hash. A row may have a hash of another form, such as the master key's. */
export function hashOf(key: string): string {
  return key.startsWith('sk-') ? hashKey(key) : key;
}

/**
 * The conditions for what was asked. If nothing was: everything for proxy admins, otherwise the organisations that the caller
 * administers, or its teams, or its user's own spend, or that of the key alone. Throws a 403 for the spend of others.
 */
export async function spendScope(call: ManagementCall, asked: AskedSpend): Promise<SpendScope> {
  if (seesAll(call)) return asked;
  const organizations = organizationIdsOf(call);
  const teams = teamIdsOf(call, 'admin');
  const { organizationId, teamId, keyHash, userId } = asked;
  if (organizationId !== undefined) {
    if (organizations.includes(organizationId)) return asked;
    throw denied();
  }
  if (teamId !== undefined) {
    if (teams.includes(teamId) || (await isTeamOf(call, teamId, organizations))) return asked;
    if (isMemberOf(call, teamId)) return ownSpend(call, asked);
    throw denied();
  }
  if (keyHash !== undefined && keyHash !== call.caller.keyHash) return keyScope(call, asked, keyHash);
  if (keyHash !== undefined || userId === ownUser(call)) return ownSpend(call, asked);
  if (organizations.length > 0) return { ...asked, organizationIds: organizations };
  if (teams.length > 0) return { ...asked, teamIds: teams };
  return ownSpend(call, asked);
}

/** The refusal of the spend of others. */
export function denied(): GatewayError {
  return new GatewayError('route_denied', 'You may not see the spend that this request asks for.');
}

/** What was asked for, within what the caller itself spent. */
function ownSpend(call: ManagementCall, asked: AskedSpend): SpendScope {
  const own = ownUser(call);
  if (asked.userId !== undefined && asked.userId !== own) throw denied();
  if (own !== undefined) return { ...asked, userId: own };
  if (asked.keyHash !== undefined && asked.keyHash !== call.caller.keyHash) throw denied();
  return { ...asked, keyHash: call.caller.keyHash };
}

/** The user of the caller's key, if it exists: a key may name a user that was never made. */
function ownUser({ caller }: ManagementCall): string | undefined {
  return caller.objects.user?.id;
}

async function keyScope(call: ManagementCall, asked: AskedSpend, keyHash: string): Promise<SpendScope> {
  const key = await call.context.directory.get('key', keyHash);
  if (key === undefined) throw denied();
  if (key.userId !== undefined && key.userId === ownUser(call)) return ownSpend(call, asked);
  const { teamId, organizationId } = key;
  const organizations = organizationIdsOf(call);
  if (teamId !== undefined) {
    const isManaged = teamIdsOf(call, 'admin').includes(teamId) || (await isTeamOf(call, teamId, organizations));
    if (isManaged) return { ...asked, teamId };
  }
  if (organizationId !== undefined && organizations.includes(organizationId)) return { ...asked, organizationId };
  throw denied();
}

async function isTeamOf(call: ManagementCall, teamId: string, organizations: readonly string[]): Promise<boolean> {
  if (organizations.length === 0) return false;
  const team = await call.context.directory.get('team', teamId);
  return team?.organizationId !== undefined && organizations.includes(team.organizationId);
}

function isMemberOf({ caller }: ManagementCall, teamId: string): boolean {
  return caller.teamId === teamId || caller.objects.teams.some((member) => member.teamId === teamId);
}
