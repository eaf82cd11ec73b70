/** Deployments as one request asks them that brings connection parameters of its own (`configurable_clientside_auth_params`). */
import { apiBaseFault } from '../config/api-base-fault.ts';
import type { DeploymentConfig } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';
import { patternOf } from '../core/pattern-of.ts';

/** The connection parameters in a request, by their names. */
export interface BroughtParams {
  readonly apiKey?: string;
  readonly apiBase?: string;
  readonly apiVersion?: string;
  readonly organization?: string;
}

const NAMES = [
  ['apiKey', 'api_key'],
  ['apiVersion', 'api_version'],
  ['organization', 'organization'],
] as const;

/** The name of a parameter that a deployment does not let requests bring; undefined if it takes all of them. */
export function refusedParam({ clientAuth }: DeploymentConfig, brought: BroughtParams): string | undefined {
  const other = NAMES.find(
    ([field, name]) => brought[field] !== undefined && clientAuth?.names.includes(name) !== true,
  );
  if (other !== undefined) return other[1];
  const { apiBase, apiKey } = brought;
  if (apiBase === undefined) return undefined;
  // The operator's key never goes to an address that a client names.
  if (apiKey === undefined) return 'api_base';
  return clientAuth?.apiBases.some((pattern) => isWhole(pattern, apiBase)) === true ? undefined : 'api_base';
}

/** LiteLLM matches from the beginning; an address that merely begins like an allowed one may be anybody's. */
function isWhole(pattern: string, address: string): boolean {
  return pattern === address || patternOf(pattern).exec(address)?.[0] === address;
}

/** What is wrong with an address that a request brings; undefined if nothing is. */
export function faultOfBase(apiBase: string, mayBeLinkLocal: boolean): string | undefined {
  const fault = apiBaseFault(apiBase, mayBeLinkLocal);
  if (fault !== undefined) return fault;
  const { username, password, search, hash } = new URL(apiBase);
  return `${username}${password}${search}${hash}` === '' ? undefined : 'must have no user, query or fragment';
}

/**
 * The configuration of a deployment with what a request brings. It has an id of its own in the books, and never rests: a wrong key of
 * one client says nothing of the deployment, and nothing of other clients.
 */
export function withBrought(config: DeploymentConfig, brought: BroughtParams): DeploymentConfig {
  const { identity, tls, ...rest } = config;
  const { apiKey, apiBase, apiVersion, organization } = brought;
  return {
    ...rest,
    ...(apiKey === undefined && defined({ identity })),
    // Headers and certificates of the operator's do not go to an address of the client's.
    ...(apiBase === undefined ? defined({ tls }) : { extraHeaders: {} }),
    ...defined({ apiKey: apiKey ?? config.apiKey, apiBase: apiBase ?? config.apiBase }),
    ...defined({ apiVersion: apiVersion ?? config.apiVersion, organization: organization ?? config.organization }),
    id: `${config.id}/client`,
    cooldownMs: 0,
  };
}
