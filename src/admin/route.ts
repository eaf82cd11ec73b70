import type { ManagementRoute } from './contract.ts';

/** Declares a management route on one line. The summary is its row in docs/reference/management-api.md. */
export function route(
  method: ManagementRoute['method'],
  paths: string | ManagementRoute['paths'],
  roles: ManagementRoute['roles'],
  answer: ManagementRoute['answer'],
  summary: string,
): ManagementRoute {
  return { method, paths: typeof paths === 'string' ? [paths] : paths, roles, answer, summary };
}
