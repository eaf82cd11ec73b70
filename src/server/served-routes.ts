/** Every route as `/routes`, `/openapi.json` and `/docs` tell it: from the tables that the server is made of. */
import { ROLES, type Role } from '../admin/contract.ts';
import { describeRequest } from '../admin/describe-request.ts';
import type { ServedRoute, TakenRequest } from '../endpoints/question.ts';
import { FACT_ROUTES, MANAGEMENT_ROUTES, MODEL_ROUTES, VERB_ROUTES } from './routes.ts';

const ACCESS = {
  public: 'everybody, without a key',
  optional: 'everybody; more is said to a valid key',
  key: 'every valid key',
  admin: 'the master key and proxy admins',
} as const;

let made: readonly ServedRoute[] | undefined;

/** The routes in the order of their tables; made once. */
export function servedRoutes(): readonly ServedRoute[] {
  made ??= [...modelRoutes(), ...factRoutes(), ...managementRoutes()];
  return made;
}

function modelRoutes(): ServedRoute[] {
  return [...MODEL_ROUTES, ...VERB_ROUTES].flatMap(({ method, paths, access, summary, verb }) => {
    const named = verb === undefined ? paths : paths.map((path) => path.replace('*', `:model:${verb}`));
    const [mainPath = ''] = named;
    return named.map((path) => ({ method, path, mainPath, access: ACCESS[access], topic: 'Models', summary }));
  });
}

function factRoutes(): ServedRoute[] {
  return FACT_ROUTES.flatMap(({ method, paths, access, summary }) =>
    paths.map((path) => ({
      method,
      path,
      mainPath: paths[0],
      access: ACCESS[access],
      topic: 'About the gateway',
      summary,
      ...((access === 'public' || access === 'optional') && { isPublic: true as const }),
    })),
  );
}

function managementRoutes(): ServedRoute[] {
  return MANAGEMENT_ROUTES.flatMap((route) => {
    const { method, paths, roles, summary } = route;
    let described: Promise<TakenRequest> | undefined;
    const describe = (): Promise<TakenRequest> => {
      described ??= describeRequest(route);
      return described;
    };
    const access = wordsOf(roles);
    return paths.map((path) => ({
      method,
      path,
      mainPath: paths[0],
      access,
      topic: 'Management',
      summary,
      describe,
    }));
  });
}

function wordsOf(allowed: readonly Role[]): string {
  if (allowed.length === ROLES.length) return ACCESS.key;
  return `keys with one of the roles ${ROLES.filter((role) => allowed.includes(role)).join(', ')}`;
}
