/** Declares management routes, one on a line. The summary is the route's sentence in docs/reference/management-api.md. */
import type { ManagementRoute } from './contract.ts';

type Declare = (
  paths: string | ManagementRoute['paths'],
  roles: ManagementRoute['roles'],
  answer: ManagementRoute['answer'],
  summary: string,
) => ManagementRoute;

const declaring =
  (method: ManagementRoute['method']): Declare =>
  (paths, roles, answer, summary) => ({
    method,
    paths: typeof paths === 'string' ? [paths] : paths,
    roles,
    answer,
    summary,
  });

/** A GET route. */
export const get = declaring('GET');
/** A POST route. */
export const post = declaring('POST');
/** A PUT route. */
export const put = declaring('PUT');
/** A PATCH route. */
export const patch = declaring('PATCH');
/** A DELETE route. */
export const del = declaring('DELETE');
