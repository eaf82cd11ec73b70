import { addUsage } from '../../costs/add-usage.ts';
import { costOf } from '../../costs/price-of.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { pricedExtras } from './priced-extras.ts';

/**
 * Books what an attempt used and what that costs at the deployment's prices, in addition to what was booked for the request
 * before: an answer that two deployments wrote is paid to both. If the price is unknown, the request is unpriced.
 */
export function bookAttempt(exchange: Exchange, deployment: Deployment, facts: AttemptFacts, usage: Usage): void {
  const card = deployment.priced.ratesOfAnswer(usage, exchange.startedAtMs);
  const cost = costOf(usage, card, pricedExtras(exchange, card))?.total;
  facts.usage = usage;
  if (cost !== undefined) facts.cost = cost;
  if (exchange.usage === undefined) {
    exchange.usage = usage;
    exchange.cost = cost;
    exchange.isUnpriced = cost === undefined;
    return;
  }
  exchange.usage = addUsage(exchange.usage, usage);
  if (cost === undefined) exchange.isUnpriced = true;
  else exchange.cost = (exchange.cost ?? 0n) + cost;
}
