/** Connection parameters that a request brings: whose key its provider gets, and where that is. */
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import { type BroughtParams, faultOfBase, refusedParam } from '../snapshot/client-auth.ts';
import type { Deployment } from '../snapshot/deployment.ts';

/** The members that are read, and the longest of their values. */
const MEMBERS = [
  ['apiKey', 'api_key', 4_096],
  ['apiBase', 'api_base', 2_048],
  ['apiBase', 'base_url', 2_048],
  ['apiVersion', 'api_version', 64],
  ['organization', 'organization', 256],
] as const;

/** Text that can stand in a header and in an address. */
const PLAIN = /^[\x21-\x7e]+$/;

/**
 * The group as this request asks it. Deployments that do not let it bring what it brings are left out, and so are fallbacks: whose key
 * pays is what the client said.
 */
export function withClientAuth(exchange: Exchange, group: ResolvedGroup<Deployment>): ResolvedGroup<Deployment> {
  const { snapshot } = exchange;
  if (!group.deployments.some(({ config }) => config.clientAuth !== undefined)) return group;
  const brought = readBrought(exchange);
  if (brought === undefined) return group;
  const allowing = group.deployments.filter(({ config }) => refusedParam(config, brought) === undefined);
  const [first] = group.deployments;
  if (allowing.length === 0 && first !== undefined)
    throw notAllowed(refusedParam(first.config, brought) ?? 'api_key', brought);
  const fault = brought.apiBase && faultOfBase(brought.apiBase, snapshot.config.mayBeLinkLocal);
  if (fault) throw new GatewayError('invalid_request', `\`api_base\` ${fault}.`, { param: 'api_base' });
  exchange.controls = { ...exchange.controls, disableFallbacks: true };
  return { ...group, deployments: allowing.map((deployment) => snapshot.brought(deployment, brought)) };
}

function readBrought({ outline }: Exchange): BroughtParams | undefined {
  const brought: Record<string, string> = {};
  for (const [field, name, longest] of MEMBERS) {
    const value = outline.value(name, longest + 2);
    if (value === undefined ? !outline.has([name]) : value === null || value === '') continue;
    if (typeof value !== 'string' || value.length > longest || !PLAIN.test(value)) {
      const message = `\`${name}\` must be a text of at most ${longest} plain characters.`;
      throw new GatewayError('invalid_request', message, { param: name });
    }
    brought[field] ??= value;
  }
  return Object.keys(brought).length === 0 ? undefined : brought;
}

function notAllowed(param: string, { apiKey }: BroughtParams): GatewayError {
  const words =
    param === 'api_base' && apiKey === undefined
      ? 'A request that names an address brings the key for it: send `api_key` too.'
      : 'Leave it out, or ask the operator to allow it in `configurable_clientside_auth_params` of the deployment.';
  return new GatewayError(
    'invalid_request',
    `This model does not take \`${param}\` from requests, or not this value. ${words}`,
    {
      param,
    },
  );
}
