import { addUsage } from '../../costs/add-usage.ts';
import { costOf } from '../../costs/price-of.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import { FREE } from '../../costs/tiered-rate.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { pricedExtras } from './priced-extras.ts';

/**
 * Books what an attempt used and what that costs at the deployment's prices, in addition to what was booked for the request
 * before: an answer that two deployments wrote is paid to both. If the price is unknown, the request is
 * unpriced; under a budget it then costs the ceiling. `billed`: what the provider counts, if the caller is shown something else.
 */
export function bookAttempt(
  exchange: Exchange,
  deployment: Deployment,
  facts: AttemptFacts,
  usage: Usage,
  billed = usage,
): void {
  if (facts.mockedBy !== undefined) {
    bookFree(exchange, facts, usage);
    return;
  }
  const listed = deployment.priced.ratesOfAnswer(usage, exchange.startedAtMs);
  const card = listed ?? exchange.admission?.ceiling;
  const parts = costOf(usage, card, pricedExtras(exchange, card, facts));
  const cost = parts?.total;
  exchange.costs.push(parts);
  // What the provider says that it costs is a price too.
  const isUnpriced = cost === undefined || (listed === undefined && costOf(usage, undefined) === undefined);
  facts.usage = usage;
  if (cost !== undefined) facts.cost = cost;
  if (billed !== usage) noteBilled(exchange, deployment, facts, billed);
  if (exchange.usage === undefined) {
    exchange.usage = usage;
    exchange.cost = cost;
    exchange.isUnpriced = isUnpriced;
    return;
  }
  exchange.usage = addUsage(exchange.usage, usage);
  if (isUnpriced) exchange.isUnpriced = true;
  if (cost !== undefined) exchange.cost = (exchange.cost ?? 0n) + cost;
}

/** What the provider bills for an answer whose caller is charged as if others had sent nothing. */
function noteBilled(exchange: Exchange, deployment: Deployment, facts: AttemptFacts, billed: Usage): void {
  const card = deployment.priced.ratesOfAnswer(billed, exchange.startedAtMs) ?? exchange.admission?.ceiling;
  const cost = costOf(billed, card, pricedExtras(exchange, card, facts))?.total;
  facts.billedUsage = billed;
  if (cost !== undefined) facts.billedCost = cost;
}

/** A mock counts as far as limits count tokens, and costs nothing. */
function bookFree(exchange: Exchange, facts: AttemptFacts, usage: Usage): void {
  const { providerCostUsd: _pretended, ...counted } = usage;
  exchange.costs.push(costOf(counted, NOTHING));
  facts.usage = counted;
  facts.cost = 0n;
  exchange.usage = exchange.usage === undefined ? counted : addUsage(exchange.usage, counted);
  exchange.cost ??= 0n;
}

const NOTHING: RateCard = { source: 'mock', input: FREE, output: FREE };
