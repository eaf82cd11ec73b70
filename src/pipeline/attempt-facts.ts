import type { AttemptFacts } from '../telemetry/settled.ts';
import type { Deployment } from './deployment.ts';
import type { Exchange } from './exchange.ts';

/** What is told of an attempt, as it stands when it begins; from then on it is one of the request's attempts. */
export function beginFacts(exchange: Exchange, deployment: Deployment): AttemptFacts {
  const facts: AttemptFacts = {
    deploymentId: deployment.id,
    provider: deployment.provider.name,
    model: deployment.model,
    apiBase: deployment.apiBase,
    group: exchange.servedGroup,
    durationMs: 0,
    ...(exchange.pen?.hedge === deployment && { hedge: true as const }),
  };
  exchange.attempts.push(facts);
  return facts;
}
