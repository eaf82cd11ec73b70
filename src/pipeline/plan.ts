import { GatewayError } from '../core/errors.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import { needsExactCount } from '../routing/pre-call-checks.ts';
import type { Identity } from '../tenancy/key-table.ts';
import type { Deployment } from './deployment.ts';
import { type CountTokens, promptText } from './estimate.ts';
import type { Exchange } from './exchange.ts';
import { unknownModel } from './peek.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Finds the model group, checks that the key may use it, and orders its deployments. Returns a promise only where the prompt has
 * to be counted first: its size is near the limit of a deployment.
 */
export function plan(exchange: Exchange, countTokens: CountTokens): Promise<void> | undefined {
  const { snapshot, identity } = exchange;
  const { router } = snapshot;
  const model = exchange.model ?? '';
  const group = snapshot.groups.resolve(model);
  if (identity !== undefined && !mayUseGroup(snapshot, identity, model, group)) throw modelDenied(identity, model);
  if (group === undefined) throw unknownModel(exchange.endpoint.name, model);
  exchange.group = group;
  exchange.controls = router.controls(exchange);
  const needs = router.needs(group, exchange, exchange.controls);
  exchange.needs = needs;
  const { inputRange, images = 0 } = needs;
  const limits = group.deployments.map(({ priced }) => priced.facts.maxInputTokens);
  if (inputRange === undefined || !needsExactCount(inputRange, limits)) {
    exchange.plan = router.plan(group, needs);
    return undefined;
  }
  return countTokens(promptText(exchange.body)).then((counted) => {
    exchange.needs = { ...needs, inputTokens: counted + images * TOKENS_PER_IMAGE };
    exchange.plan = router.plan(group, exchange.needs);
  });
}

/** About what a large image takes; a small one takes a tenth. */
const TOKENS_PER_IMAGE = 1_000;

/** Whether a key may use a group under the name that was asked for: by that name, by the group's, or by its pattern. */
export function mayUseGroup(
  snapshot: Snapshot,
  identity: Identity,
  model: string,
  group: ResolvedGroup<Deployment> | undefined,
): boolean {
  if (identity.models.length === 0) return true;
  const names = [model];
  if (group !== undefined && group.name !== model) names.push(group.name);
  if (group?.pattern !== undefined) names.push(group.pattern);
  return snapshot.keys.mayUse(identity, names);
}

function modelDenied(identity: Identity, model: string): GatewayError {
  return new GatewayError(
    'model_denied',
    `key not allowed to access model. This key can only access models=${JSON.stringify(identity.models)}. Tried to access ${model.slice(0, 256)}`,
    { param: 'model' },
  );
}
