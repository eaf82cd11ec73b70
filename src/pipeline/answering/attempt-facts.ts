import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';

/** What is told of an attempt, as it stands when it begins; from then on it is one of the request's attempts. */
export function beginFacts(exchange: Exchange, deployment: Deployment): AttemptFacts {
  const facts: AttemptFacts = {
    deploymentId: deployment.id,
    provider: deployment.provider.name,
    model: deployment.model,
    apiBase: deployment.apiBase,
    group: exchange.servedGroup,
    durationMs: 0,
    ...(exchange.arbiter?.hedge === deployment && { hedge: true as const }),
  };
  exchange.attempts.push(facts);
  return facts;
}
