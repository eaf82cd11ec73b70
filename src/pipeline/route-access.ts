/** Which routes a key may call, by its `allowed_routes` and its type. */
import { compileWildcard } from '../core/wildcard.ts';
import type { Identity } from '../tenancy/identity.ts';

/** LiteLLM's names for groups of routes. */
const ROUTE_GROUPS: Readonly<Record<string, (route: string) => boolean>> = {
  llm_api_routes: isModelRoute,
  openai_routes: isModelRoute,
  anthropic_routes: (route) => route.startsWith('/v1/messages') || route.startsWith('/messages'),
  info_routes: (route) => route.endsWith('/info') || route.endsWith('/list'),
  management_routes: (route) => !isModelRoute(route),
  key_management_routes: (route) => route.startsWith('/key/'),
};

const MODEL_ROUTE =
  /^(?:\/openai)?(?:\/v1(?:beta)?)?(?:\/(?:openai\/deployments|engines)\/[^/]+)?\/(?:chat\/completions|completions|embeddings|messages|models|responses|rerank|moderations|images|audio|files|batches)\b/;

/** Routes that models answer, and the list of models. */
function isModelRoute(route: string): boolean {
  return MODEL_ROUTE.test(route);
}

/** Whether a key may call a route: both its type and its `allowed_routes` must permit it. */
export function mayCallRoute({ keyType, allowedRoutes }: Identity, method: string, route: string): boolean {
  if (keyType === 'default' && allowedRoutes === undefined) return true;
  if (!typeAllows(keyType, method, route)) return false;
  return allowedRoutes === undefined || isAmong(allowedRoutes, route);
}

/** What the operator says of the routes of all keys. */
export interface RouteLimits {
  readonly allowedRoutes?: readonly string[];
  readonly adminOnlyRoutes?: readonly string[];
}

/** Why the operator closes a route, by any of its names, to keys that are not an administrator's; undefined if it is open. */
export function whyClosed(
  { isAdmin }: Identity,
  names: readonly string[],
  { allowedRoutes, adminOnlyRoutes }: RouteLimits,
): string | undefined {
  if (isAdmin || (allowedRoutes === undefined && adminOnlyRoutes === undefined)) return undefined;
  if (adminOnlyRoutes !== undefined && names.some((name) => isAmong(adminOnlyRoutes, name))) {
    return 'it is for administrators of this gateway alone';
  }
  if (allowedRoutes === undefined || names.some((name) => isAmong(allowedRoutes, name))) return undefined;
  return `this gateway opens ${JSON.stringify(allowedRoutes)} alone to keys`;
}

/** Whether a list of paths, patterns and names of groups has a route. */
function isAmong(listed: readonly string[], route: string): boolean {
  return listed.some((each) => matches(each, route));
}

/** Routes about all tenants, which a key may call only if its list names them: no wildcard and no group of routes includes them. */
export const OVERSEEING_ROUTES: readonly string[] = ['/metrics', '/metrics/'];

/** Whether a key may read the metrics: an admin's, and one that an admin made for it. */
export function mayReadMetrics({ isAdmin, allowedRoutes }: Identity): boolean {
  return isAdmin || allowedRoutes?.some((route) => OVERSEEING_ROUTES.includes(route)) === true;
}

function typeAllows(keyType: Identity['keyType'], method: string, route: string): boolean {
  switch (keyType) {
    case 'default':
      return true;
    case 'llm_api':
      return isModelRoute(route) || route === '/key/info' || route.startsWith('/health');
    case 'management':
      return !isModelRoute(route) || method === 'GET';
    case 'read_only':
      return method === 'GET';
  }
}

function matches(allowed: string, route: string): boolean {
  const group = Object.hasOwn(ROUTE_GROUPS, allowed) ? ROUTE_GROUPS[allowed] : undefined;
  if (group !== undefined) return group(route);
  if (allowed.includes('*')) return compileWildcard(allowed).match(route) !== undefined;
  return route === allowed || withoutVersion(route) === withoutVersion(allowed);
}

/** `/v1/chat/completions` and `/chat/completions` are the same route. */
function withoutVersion(route: string): string {
  return route.replace(/^\/v1(?=\/)/, '');
}
