/**
 * Under a budget, a deployment whose model a client chose under a wildcard is asked only if its price is known: clients could
 * otherwise spend without end under names that no price list has. What the operator named costs the ceiling until a price is known.
 */
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';

/** Whether a deployment may be asked for this request, as far as its price is concerned. */
export function isAdmissible(exchange: Exchange, { isNamedByClient, priced }: Deployment): boolean {
  const { admission, startedAtMs } = exchange;
  const mayBeUnpriced = (admission?.ceiling === undefined || !isNamedByClient) && !refusesAllUnpriced(exchange);
  return mayBeUnpriced || priced.ratesAt(startedAtMs) !== undefined;
}

/** With `block_requests_for_models_without_pricing`, whatever costs money is asked of priced deployments alone. */
export function refusesAllUnpriced({ snapshot, endpoint }: Exchange): boolean {
  return snapshot.config.budgets.refuseUnpriced && !endpoint.operation.isFree;
}

/** Leaves only deployments in the plan that may be asked; throws if none is left. */
export function keepPriced(exchange: Exchange): void {
  const { plan } = exchange;
  if (plan === undefined) return;
  const [first] = plan.deployments;
  if (first === undefined || plan.deployments.every((each) => isAdmissible(exchange, each))) return;
  const deployments = plan.deployments.filter((each) => isAdmissible(exchange, each));
  if (deployments.length === 0) throw unpricedModel(exchange, first);
  exchange.plan = { ...plan, deployments };
}

/** Throws if a deployment may not be asked; one of a fallback group is first seen when it is tried. */
export function refuseUnpriced(exchange: Exchange, deployment: Deployment): void {
  if (!isAdmissible(exchange, deployment)) throw unpricedModel(exchange, deployment);
}

function unpricedModel(exchange: Exchange, { provider }: Deployment): GatewayError {
  const { endpoint, model = '' } = exchange;
  const why = refusesAllUnpriced(exchange)
    ? 'this gateway takes no requests for such models (`block_requests_for_models_without_pricing` is on)'
    : 'this request counts against a budget';
  return new GatewayError(
    'unpriced_model',
    `${endpoint.name}: no price is known for model=${model.slice(0, 256)} at ${provider.title}, and ${why}. ` +
      'Ask for a model with a known price, or ask the operator to add this model to `model_list` by its exact name, ' +
      'with `input_cost_per_token` and `output_cost_per_token`.',
    { param: 'model' },
  );
}
