/** Which roles a caller has, and what its key lets it reach. */
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

/** LiteLLM's names for groups of routes in `allowed_routes`. */
const GROUPS: Readonly<Record<string, (route: ManagementRoute) => boolean>> = {
  management_routes: () => true,
  info_routes: reads,
};

/** Some questions are too long for a path, and are sent with POST. */
function reads({ method, paths }: ManagementRoute): boolean {
  return method === 'GET' || paths[0].endsWith('/info');
}

/** Why a key may not call a route, in words; undefined where it may. Whatever its roles are: a key can only be narrower. */
export function deniedByKey(identity: Identity, route: ManagementRoute, path: string): string | undefined {
  const { keyType, allowedRoutes } = identity;
  if (identity.from === 'master') return undefined;
  if (keyType === 'llm_api') return 'This key may only call models.';
  if (keyType === 'read_only' && !reads(route)) return 'This key may only read.';
  if (allowedRoutes === undefined || allowedRoutes.length === 0) return undefined;
  const isAllowed = allowedRoutes.some((allowed) => {
    if (Object.hasOwn(GROUPS, allowed)) return GROUPS[allowed]?.(route) === true;
    return route.paths.includes(allowed) || matches(allowed, path);
  });
  return isAllowed ? undefined : 'This key is not allowed to call this route.';
}

/** `*` at the end stands for anything; elsewhere a pattern is a plain path, so that no list can be read in two ways. */
function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
