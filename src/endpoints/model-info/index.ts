import type { UnservedDeployment } from '../../config/gateway-config.ts';
import type { JsonObject } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { TieredRate } from '../../costs/tiered-rate.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Answering, Question } from '../question.ts';

/**
 * Every deployment behind the groups that the key may use, with prices and limits, in LiteLLM's shape. Never a secret.
 */
export const modelInfo: Answering = (question) => {
  const data = modelRows(question);
  const wanted = question.query.litellm_model_id;
  return { status: 200, body: { data: wanted === undefined ? data : data.filter((row) => idOf(row) === wanted) } };
};

/** A row for each of them. */
export function modelRows(question: Question): JsonObject[] {
  const { snapshot, identity } = question;
  const data: JsonObject[] = [];
  for (const group of snapshot.groups.all()) {
    if (identity !== undefined && !mayUseGroup(identity, group.name, group)) continue;
    for (const deployment of group.deployments) data.push(describe(deployment, question));
  }
  for (const unserved of snapshot.config.unserved) {
    if (identity === undefined || mayUseGroup(identity, unserved.group, undefined))
      data.push(describeUnserved(unserved));
  }
  return data;
}

/** A deployment that this release cannot serve, so that its absence is explained. */
function describeUnserved({ id, group, model, reason }: UnservedDeployment): JsonObject {
  return {
    model_name: group,
    litellm_params: { model },
    model_info: { id, db_model: false, is_served: false, not_served_because: reason },
  };
}

/** The id of a row's deployment. */
export function idOf(row: JsonObject): unknown {
  return (row.model_info as JsonObject | undefined)?.id;
}

function describe(deployment: Deployment, { identity, parts }: Question): JsonObject {
  const { config, priced, provider } = deployment;
  const { facts } = priced;
  const card = priced.ratesAt(parts.clock.nowMs());
  return {
    model_name: config.group,
    litellm_params: {
      model: `${provider.name}/${deployment.model}`,
      // Only the operator may see a deployment's address.
      ...(identity?.isAdmin === true && { api_base: deployment.target.baseUrl }),
    },
    model_info: {
      ...config.modelInfo,
      id: deployment.id,
      // Whether the API can change it.
      db_model: config.modelInfo.db_model === true,
      key: deployment.model,
      litellm_provider: provider.name,
      mode: facts.mode ?? 'chat',
      max_tokens: facts.maxOutputTokens ?? null,
      max_input_tokens: facts.maxInputTokens ?? null,
      max_output_tokens: facts.maxOutputTokens ?? null,
      input_cost_per_token: usd(card?.input),
      output_cost_per_token: usd(card?.output),
      cache_read_input_token_cost: usd(card?.cachedInput),
      cache_creation_input_token_cost: usd(card?.cacheWrite),
      price_source: card?.source ?? 'unpriced',
      ...facts.supports,
    },
  };
}

function usd(rate: TieredRate | undefined): number | null {
  return rate === undefined ? null : usdNumber(rate.base);
}
