/**
 * Where a request's data must stay (`allowed_model_region`): what its body, its key and team, and its customer say. All of it holds
 * at once, so the strictest counts.
 */
import { GatewayError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { REGION_MEMBER } from '../routing/request-controls.ts';
import type { NamedScope } from '../tenancy/tenants.ts';
import { endUserOf } from './money/customer.ts';
import type { Parts } from './parts.ts';

/** Longer than the name of any region. */
const LONGEST = 256;

/** Notes the regions of a request before it is planned. Returns a promise only if its customer has to be looked up. */
export function findRegions(exchange: Exchange, { tenants }: Pick<Parts, 'tenants'>): Promise<void> | undefined {
  noteOwnRegions(exchange);
  const name = endUserOf(exchange);
  if (name === undefined || exchange.identity === undefined) return undefined;
  const found = tenants.customer(name);
  if (found instanceof Promise) return found.then((customer) => addCustomer(exchange, customer));
  addCustomer(exchange, found);
  return undefined;
}

/** Notes those of the request and its key. */
export function noteOwnRegions(exchange: Exchange): void {
  const { outline, identity } = exchange;
  exchange.regions = NO_REGIONS;
  exchange.regionalModel = undefined;
  const asked = outline.has(REGION) ? readMember(outline.value(REGION_MEMBER, LONGEST)) : undefined;
  const { key, team } = identity?.objects ?? {};
  const ofKey = boundTo(key?.metadata);
  const ofTeam = boundTo(team?.metadata);
  if (asked === undefined && ofKey === undefined && ofTeam === undefined) return;
  exchange.regions = [asked, ofKey, ofTeam].filter((region) => region !== undefined);
}

/** What is not a name of a region is the name of none: no deployment is in it. */
function boundTo(metadata: JsonObject | undefined): string | undefined {
  const region = metadata?.[REGION_MEMBER];
  if (region === undefined || region === null) return undefined;
  return typeof region === 'string' ? region : '?';
}

const NO_REGIONS: readonly string[] = [];
const REGION = [REGION_MEMBER] as const;

function readMember(value: JsonValue | undefined): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new GatewayError('invalid_request', `\`${REGION_MEMBER}\` must be the name of a region, such as "eu".`, {
    param: REGION_MEMBER,
  });
}

function addCustomer(exchange: Exchange, { customer, isUnread }: NamedScope): void {
  const region = customer?.allowedModelRegion;
  exchange.regionalModel = customer?.defaultModel;
  if (region !== undefined) exchange.regions = [...exchange.regions, region];
  if (isUnread !== true || !exchange.snapshot.config.deployments.some((deployment) => deployment.region !== undefined))
    return;
  throw new GatewayError(
    'store_unavailable',
    'The database cannot be reached, so that it is not known in which region the data of this customer must stay. Try again soon.',
    { retryAfterMs: 1_000 },
  );
}
