/** Whose objects a caller may see and change: by its role, its teams, its organisations. */
import { defined } from '../core/defined.ts';
import { GatewayError } from '../core/errors.ts';
import type { Key, Team, User } from '../stores/contracts/directory.ts';
import type { ManagementCall } from './contract.ts';

/** Permissions that members of a team have unless the team sets others: LiteLLM's. */
const USUAL_PERMISSIONS: readonly string[] = ['/key/info', '/key/health'];

/** Whether the caller sees everything. */
export function seesAll({ roles }: Pick<ManagementCall, 'roles'>): boolean {
  return roles.has('proxy_admin') || roles.has('proxy_admin_viewer');
}

/** Whether the caller may do everything. */
export function isAdmin({ roles }: ManagementCall): boolean {
  return roles.has('proxy_admin');
}

/** Ids of the teams that the caller is a member of, or has a role in. */
export function teamIdsOf({ caller }: ManagementCall, role?: 'admin'): readonly string[] {
  return caller.objects.teams
    .filter((member) => role === undefined || member.role === role)
    .map(({ teamId }) => teamId);
}

/** Ids of the organisations that the caller administers. */
export function organizationIdsOf({ caller }: ManagementCall): readonly string[] {
  return caller.objects.organizations
    .filter(({ role }) => role === 'org_admin')
    .map(({ organizationId }) => organizationId);
}

export function administersOrganization(call: ManagementCall, organizationId: string | undefined): boolean {
  if (isAdmin(call)) return true;
  return organizationId !== undefined && organizationIdsOf(call).includes(organizationId);
}

/** Whether the caller manages a team: as its admin, as an admin of its organisation, or as a proxy admin. */
export function administersTeam(call: ManagementCall, team: Pick<Team, 'id' | 'organizationId'>): boolean {
  return administersOrganization(call, team.organizationId) || teamIdsOf(call, 'admin').includes(team.id);
}

function mayReadTeam(call: ManagementCall, team: Team): boolean {
  if (seesAll(call) || administersTeam(call, team) || teamIdsOf(call).includes(team.id)) return true;
  // A key of the team without a user may read what it belongs to.
  return call.caller.teamId === team.id;
}

/** Permissions of plain members of a team. */
export function permissionsOf(team: Team): readonly string[] {
  return team.memberPermissions.length === 0 ? USUAL_PERMISSIONS : team.memberPermissions;
}

/** Whether the caller may, as a plain member, use a management route for keys of the team. */
export function isPermitted(call: ManagementCall, team: Team, permission: string): boolean {
  return teamIdsOf(call).includes(team.id) && permissionsOf(team).includes(permission);
}

/** Whether the caller owns a key: by being its user. */
function owns({ caller }: ManagementCall, key: Pick<Key, 'userId'>): boolean {
  return key.userId !== undefined && caller.userId === key.userId;
}

export async function mayReadKey(call: ManagementCall, key: Key): Promise<boolean> {
  if (seesAll(call) || key.hash === call.caller.keyHash || owns(call, key)) return true;
  if (administersOrganization(call, key.organizationId)) return true;
  if (key.teamId === undefined) return false;
  const team = await call.context.directory.get('team', key.teamId);
  return team !== undefined && (administersTeam(call, team) || isPermitted(call, team, '/key/info'));
}

/** Whether the caller may change a key. `permission` is the route that a team's members need for keys of their team. */
export async function mayChangeKey(call: ManagementCall, key: Key, permission: string): Promise<boolean> {
  if (isAdmin(call) || administersOrganization(call, key.organizationId)) return true;
  if (key.teamId === undefined) return call.roles.has('internal_user') && owns(call, key);
  const team = await call.context.directory.get('team', key.teamId);
  if (team === undefined) return false;
  if (administersTeam(call, team)) return true;
  if (!call.roles.has('internal_user')) return false;
  return (owns(call, key) || key.userId === undefined) && isPermitted(call, team, permission);
}

/**
 * The answer for an object that does not exist and for one that the caller may not see: the same, so that no caller learns which ids are
 * taken. LiteLLM says 403 for objects of others, and its clients act on it; so does this, for both. A caller that sees everything has
 * nothing hidden from it, and gets a 404. `what` has its article.
 */
export function unknownObject(call: Pick<ManagementCall, 'roles'>, what: string, param: string): GatewayError {
  if (seesAll(call)) return missingObject(what, param);
  const message = `\`${param}\` names ${what} that does not exist or that you may not see.`;
  return new GatewayError('hidden_object', message, { param });
}

/** The answer for an object that does not exist, to a caller who could see it. */
export function missingObject(what: string, param: string): GatewayError {
  return new GatewayError('unknown_object', `\`${param}\` names ${what} that does not exist.`, { param });
}

/** Whether an error says that there is no such object, or none that the caller may see. */
export function isUnknownObject(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === 'unknown_object' || error.code === 'hidden_object');
}

/** The refusal of something that the caller may not do: an infinitive, as `block a team outside your organisations`. */
export function notYours(infinitive: string, param?: string): GatewayError {
  return new GatewayError('route_denied', `You may not ${infinitive}.`, defined({ param }));
}

/** A team that the caller may read; throws as if it did not exist if the caller may not. */
export async function readTeam(call: ManagementCall, teamId: string): Promise<Team> {
  const team = await call.context.directory.get('team', teamId);
  if (team === undefined || !mayReadTeam(call, team)) throw unknownObject(call, 'a team', 'team_id');
  return team;
}

/** A team that the caller manages. */
export async function managedTeam(call: ManagementCall, teamId: string): Promise<Team> {
  const team = await readTeam(call, teamId);
  if (!administersTeam(call, team)) throw notYours('manage this team: you are not one of its admins', 'team_id');
  return team;
}

/** The user that has an address. */
export async function userByEmail({ context }: ManagementCall, email: string | undefined): Promise<User | undefined> {
  if (email === undefined) return undefined;
  const [found] = await context.directory.list('user', { email }, { limit: 1, offset: 0 });
  return found;
}
