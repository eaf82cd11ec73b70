/** The roles of a caller, and which routes its key may call. */
import { mayCallRoute, type RouteLimits, whyClosed } from '../pipeline/route-access.ts';
import type { Identity } from '../tenancy/identity.ts';
import { type ManagementRoute, ROLES, type Role } from './contract.ts';

/** Every role: any valid key may call the route. */
export const EVERYONE: readonly Role[] = ROLES;
/** Everyone but keys that belong to no user. */
export const USERS: readonly Role[] = ROLES.filter((role) => role !== 'key');
/** Those who may do everything. */
export const ADMIN: readonly Role[] = ['proxy_admin'];
/** Those who may see everything. */
export const READERS: readonly Role[] = ['proxy_admin', 'proxy_admin_viewer'];
/** Those who may see more than what is their own. */
export const OVERSEERS: readonly Role[] = ['team_admin', 'org_admin', 'proxy_admin_viewer', 'proxy_admin'];
/** Those who manage a team. */
export const TEAM_ADMINS: readonly Role[] = ['team_admin', 'org_admin', 'proxy_admin'];
/** Those who manage an organisation. */
export const ORGANIZATION_ADMINS: readonly Role[] = ['org_admin', 'proxy_admin'];
/** Those who may see a whole organisation. */
export const ORGANIZATION_READERS: readonly Role[] = ['org_admin', 'proxy_admin_viewer', 'proxy_admin'];
/** Those who may make and change keys. */
export const KEY_CHANGERS: readonly Role[] = ['internal_user', 'team_admin', 'org_admin', 'proxy_admin'];

/** All roles of a caller. Roles in teams and organisations hold for these only, which each handler checks. */
export function rolesOf({ isAdmin, role, objects }: Identity): ReadonlySet<Role> {
  if (isAdmin) return new Set(ROLES);
  const roles = new Set<Role>(['key']);
  if (role !== undefined) roles.add(role);
  if (objects.teams.some((member) => member.role === 'admin')) roles.add('team_admin');
  if (objects.organizations.some((member) => member.role === 'org_admin')) roles.add('org_admin');
  return roles;
}

/** Why a key may not call a route; undefined if it may. A key can have fewer rights than its roles give, and never more. */
export function deniedByKey(
  identity: Identity,
  { method }: ManagementRoute,
  url: string,
  path: string,
  limits: RouteLimits,
): string | undefined {
  if (identity.from === 'master') return undefined;
  if (mayCallRoute(identity, method, url) || mayCallRoute(identity, method, path)) {
    return whyClosed(identity, [url, path], limits);
  }
  return 'the `allowed_routes` or the `key_type` of your key do not include it';
}
