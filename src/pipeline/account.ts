import { costOf } from '../costs/price-of.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { Deployment } from './deployment.ts';
import type { Exchange } from './exchange.ts';

/** Books what an answer used, and what that costs at the deployment's prices. An unknown price leaves the cost undefined. */
export function account(exchange: Exchange, deployment: Deployment, usage: Usage): void {
  exchange.usage = usage;
  const card = deployment.priced.ratesAt(exchange.startedAtMs, usage.serviceTier);
  exchange.cost = costOf(usage, card)?.total;
}
