/** Which roles a caller has, and what its key lets it reach. */
import { mayCallRoute } from '../pipeline/route-access.ts';
import type { Identity } from '../tenancy/identity.ts';
import { type ManagementRoute, ROLES, type Role } from './contract.ts';

/** Every role: a route that any valid key may ask. */
export const EVERYONE: readonly Role[] = ROLES;
/** Only who may do everything. */
export const ADMIN: readonly Role[] = ['proxy_admin'];
/** Who may see everything. */
export const READERS: readonly Role[] = ['proxy_admin', 'proxy_admin_viewer'];

/** All roles of a caller. Those of teams and organisations hold for these only, which each handler checks. */
export function rolesOf({ isAdmin, role, objects }: Identity): ReadonlySet<Role> {
  if (isAdmin) return new Set(ROLES);
  const roles = new Set<Role>(['key']);
  if (role !== undefined) roles.add(role);
  if (objects.teams.some((member) => member.role === 'admin')) roles.add('team_admin');
  if (objects.organizations.some((member) => member.role === 'org_admin')) roles.add('org_admin');
  return roles;
}

/** Why a key may not call a route, in words; undefined where it may. Whatever its roles are: a key can only be narrower. */
export function deniedByKey(
  identity: Identity,
  { method }: ManagementRoute,
  url: string,
  path: string,
): string | undefined {
  if (identity.from === 'master') return undefined;
  if (mayCallRoute(identity, method, url) || mayCallRoute(identity, method, path)) return undefined;
  return 'This key is not allowed to call this route.';
}
