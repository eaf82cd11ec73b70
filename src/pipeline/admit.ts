/**
 * Admits a request: finds the accounts that it counts for, and claims there what it may use before any of it is sent.
 */
import { GatewayError } from '../core/errors.ts';
import type { Admission, Admitted } from '../exchange/admission.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { hasMoneyLimit, type LimitedModel } from '../tenancy/accounts.ts';
import { foreignName } from '../tenancy/bound-names.ts';
import type { NamedScope } from '../tenancy/tenants.ts';
import { claim } from './money/claim.ts';
import { customerOf } from './money/customer.ts';
import { claimDay } from './money/day-claim.ts';
import { keepPriced, refusesAllUnpriced } from './money/priced-deployments.ts';
import { promptSizeOf } from './money/prompt-size.ts';
import type { Parts } from './parts.ts';

/**
 * Admits a request or throws why not. Returns no promise if everything is known here: limits in memory, customers and
 * tags that were seen before.
 */
export function admit(exchange: Exchange, parts: Parts): Admitted | Promise<Admitted> {
  const { identity, endpoint } = exchange;
  if (identity === undefined) return 'admitted';
  if (endpoint.operation.isFree) {
    const { freeRequestsPerMinute } = exchange.snapshot.config.budgets;
    const nowMs = exchange.clock.monotonicMs();
    const taken = parts.freeRates.take('counting', identity, freeRequestsPerMinute, nowMs);
    return taken === undefined ? 'admitted' : taken.then(() => 'admitted' as const);
  }
  if (exchange.ownIdentity !== undefined) return admitAs(exchange, parts, NO_NAMES);
  refuseWithoutFields(exchange);
  exchange.customer = customerOf(exchange);
  refuseBlocked(exchange);
  if (exchange.snapshot.config.budgets.withoutCustomers) exchange.customer = undefined;
  const named = namedScopes(exchange, parts);
  return named instanceof Promise
    ? named.then((found) => admitAs(exchange, parts, found))
    : admitAs(exchange, parts, named);
}

const NO_NAMES: readonly NamedScope[] = [];

/** The tags and the customer of a request, as far as it names any. */
function namedScopes(exchange: Exchange, { tenants }: Parts): readonly NamedScope[] | Promise<NamedScope[]> {
  const { controls, customer } = exchange;
  const tags = controls.tags ?? NO_TAGS;
  if (tags.length > 0) refuseOwnTags(exchange, tags);
  if (tags.length === 0 && customer === undefined) return NO_NAMES;
  refuseForeignNames(exchange, tags);
  const found = tags.map((tag) => tenants.tag(tag));
  if (customer !== undefined) found.push(tenants.customer(customer));
  return found.some((each) => each instanceof Promise) ? Promise.all(found) : (found as NamedScope[]);
}

function admitAs(exchange: Exchange, parts: Parts, named: readonly NamedScope[]): Admitted | Promise<Admitted> {
  const { snapshot, identity, customer } = exchange;
  if (identity === undefined) return 'admitted';
  if (named.some(({ isBlocked }) => isBlocked)) throw blockedCustomer(customer);
  const own = snapshot.accounts.of(identity);
  const counting = named.length === 0 ? [own] : [own, ...named.map(({ scope }) => snapshot.accounts.ofScope(scope))];
  const { tags = NO_TAGS } = exchange.controls;
  const scopes = tags.length === 0 ? counting : [...counting, ...snapshot.accounts.ofTags(identity, tags)];
  const { group = NO_GROUP } = exchange;
  const nowMs = exchange.clock.nowMs();
  const hasLimits = scopes.some((accounts) => accounts.at(nowMs, group).length > 0);
  const hasBudget = hasLimits && scopes.some((accounts) => accounts.at(nowMs, group).some(hasMoneyLimit));
  const admission: Admission = {
    names: named.length === 0 ? own.names : counting.flatMap(({ names }) => names),
    scopes,
    size: promptSizeOf(exchange.outline),
    extents: undefined,
    ceiling: hasBudget ? snapshot.ceiling : undefined,
    tags,
    organizationId: identity.organizationId,
    claim: undefined,
    hasDayClaim: false,
    facts: undefined,
    isJournalled: false,
  };
  exchange.admission = admission;
  if ((hasBudget || refusesAllUnpriced(exchange)) && exchange.recalled === undefined) keepPriced(exchange);
  // Without a limit there is nothing to claim. A claim is still made if it has other effects: it charges the
  // budgets of deployments and providers, and tells instances that share a store about revoked keys.
  const isClaimed = hasLimits || snapshot.hasUpstreamBudgets || parts.claims.isUp !== undefined;
  const claimed = isClaimed ? claim(exchange, parts, admission, group, hasLimits) : 'admitted';
  return scopes.some(({ hasDayLimits }) => hasDayLimits) ? withDay(exchange, parts, admission, claimed) : claimed;
}

/** A request that is refused for its tokens gives back what it has claimed as every refused request does: when its books close. */
function withDay(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  claimed: Admitted | Promise<Admitted>,
): Admitted | Promise<Admitted> {
  if (claimed instanceof Promise) return claimed.then((admitted) => withDay(exchange, parts, admission, admitted));
  return claimed === 'admitted' ? (claimDay(exchange, parts, admission) ?? claimed) : claimed;
}

/** The operator may list customers whose requests are refused (`blocked_user_list`). */
function refuseBlocked({ snapshot, customer }: Exchange): void {
  const { blockedCustomers } = snapshot.config.budgets;
  if (blockedCustomers !== undefined && customer !== undefined && blockedCustomers.has(customer)) {
    throw blockedCustomer(customer);
  }
}

const blockedCustomer = (customer: string | undefined): GatewayError =>
  new GatewayError('blocked_customer', `User blocked from making calls to the gateway. User=${customer}`, {
    param: 'user',
  });

const NO_TAGS: readonly string[] = [];
const NO_GROUP: LimitedModel = { name: '' };

/** With `reject_clientside_metadata_tags`, a request may have only the tags of its key and team, and of headers that the operator names. */
function refuseOwnTags({ identity, snapshot, controls }: Exchange, tags: readonly string[]): void {
  if (!snapshot.config.budgets.refuseClientTags) return;
  const { tags: given } = identity?.metadata ?? {};
  const allowed = [...(Array.isArray(given) ? given : []), ...(controls.headerTags ?? [])];
  const own = tags.find((tag) => !allowed.includes(tag));
  if (own === undefined) return;
  throw new GatewayError(
    'invalid_request',
    'This gateway takes no tags from requests (`reject_clientside_metadata_tags` is on): only the tags of the key count. Leave `tags` out.',
    { param: 'tags' },
  );
}

/** A tag or a customer of another tenant has a budget that this key must not use up. */
function refuseForeignNames({ identity, snapshot, customer }: Exchange, tags: readonly string[]): void {
  if (identity === undefined) return;
  const isBound = snapshot.config.budgets.clientNames === 'bound';
  const tag = foreignName(identity, 'allowed_tags', tags, isBound);
  const other = customer === undefined ? undefined : foreignName(identity, 'allowed_customers', [customer], isBound);
  const [field, name, list] = tag !== undefined ? ['tags', tag, 'allowed_tags'] : ['user', other, 'allowed_customers'];
  if (name === undefined) return;
  const message = `This key may not name ${JSON.stringify(name.slice(0, 80))} in \`${field}\`: leave it out, or ask the operator of this gateway to add it to \`${list}\` of the key or its team.`;
  throw new GatewayError('name_denied', message, { param: field });
}

/** The operator or a key may want fields in each request (`enforced_params`); `metadata.x` is one inside another. */
function refuseWithoutFields({ identity, outline, snapshot }: Exchange): void {
  const ofKey = identity?.objects.key?.enforcedParams;
  const ofAll = snapshot.config.server.enforcedParams;
  if (ofKey === undefined && ofAll === undefined) return;
  for (const field of [...(ofAll ?? []), ...(ofKey ?? [])]) {
    if (outline.has(field.split('.', 2))) continue;
    throw new GatewayError(
      'invalid_request',
      `BadRequest please pass param=${field} in request body. This is a required param`,
      {
        param: field,
      },
    );
  }
}
