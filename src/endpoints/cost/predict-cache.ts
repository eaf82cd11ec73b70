/**
 * `POST /cost/predict-cache`: what a request would cost at two deployments by what their providers' prompt caches hold, in LiteLLM's form
 * (https://github.com/BerriAI/litellm, version 1.110, 2026-11-29). Asks no provider.
 */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type PicoUsd, usdNumber } from '../../core/money.ts';
import { ownValue } from '../../core/own-value.ts';
import { TooHeavy } from '../../core/too-heavy.ts';
import type { CacheState, PromptForecast, PromptScenario } from '../../exchange/cache-forecasts.ts';
import { writtenFor } from '../../pipeline/diagnosis/foretell-caches.ts';
import { planOnly } from '../../pipeline/diagnosis/plan-only.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Answering, Question } from '../question.ts';
import { endpointOf } from '../which-endpoint.ts';

type Asking = Pick<Question, 'snapshot' | 'identity' | 'parts'>;

const MS = 1_000;
const LONGEST_ID = 256;
const FIELDS = ['current_deployment_id', 'candidate_deployment_id', 'request'];

/** Compares staying at one deployment with going to another. */
export const predictCache: Answering = async (question) => {
  const body = await question.readBody();
  const odd = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (odd !== undefined) throw wrong(odd.slice(0, LONGEST_ID), `is unknown: there are ${FIELDS.join(', ')}`);
  const current = deploymentOf(body, 'current_deployment_id', question);
  const candidate = deploymentOf(body, 'candidate_deployment_id', question);
  const { request } = body;
  if (!isJsonObject(request)) throw wrong('request', 'must be an object: the body as a client sends it');
  const stay = await foretold(request, current, question);
  const change = await foretold(request, candidate, question);
  const [stays, goes] = [stay?.estimate.listed, change?.estimate.listed];
  return {
    status: 200,
    body: {
      stay: armOf(current, stay, question),
      switch: armOf(candidate, change, question),
      switch_delta: difference(goes, stays),
      cache_rebuild_penalty: difference(goes, change?.warm.listed),
      pricing_basis: 'input_before_discounts_and_margins',
      cache_guarantee: false,
    },
  };
};

/** One that the key may not use is as if it did not exist. */
function deploymentOf(body: JsonObject, field: string, { snapshot, identity }: Asking): Deployment {
  const id = ownValue(body, field);
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID)
    throw wrong(field, 'is required: the id of a deployment, as `x-litellm-model-id` names it');
  const deployment = snapshot.deployments.get(id);
  const group = deployment === undefined ? undefined : snapshot.groups.resolve(deployment.group);
  if (deployment === undefined || identity === undefined || !mayUseGroup(identity, deployment.group, group))
    throw wrong(field, 'names no deployment that this key may use');
  return deployment;
}

/** Undefined if it cannot be foretold. Throws what is wrong with the request. */
async function foretold(
  request: JsonObject,
  deployment: Deployment,
  { snapshot, identity, parts }: Asking,
): Promise<PromptForecast | undefined> {
  const endpoint = endpointOf(request, false);
  if (endpoint === undefined) throw wrong('request', 'needs `messages`, `input` or `prompt`');
  const { clock, cacheForecasts } = parts;
  // Which deployment it is for is said; the group only has to be one of its own.
  const body = Buffer.from(JSON.stringify({ ...request, model: deployment.group }));
  const exchange = await planOnly({ endpoint, body, snapshot, identity, clock, parts });
  try {
    const call = writtenFor(exchange, deployment);
    return call === undefined ? undefined : cacheForecasts.prompt?.(exchange, call, identity?.isAdmin === true);
  } catch (thrown) {
    // It would take another thread to write it, which is for requests that are sent.
    if (thrown instanceof TooHeavy) return undefined;
    throw thrown;
  }
}

/** LiteLLM's word for each state. A cache that holds nothing, as far as is known, is `unknown` there. */
const STATES: Readonly<Record<CacheState, string>> = {
  ...{ warm: 'warm', partial: 'partial', stale: 'stale', disabled: 'disabled' },
  ...{ cold: 'unknown', unknown: 'unknown' },
};

const REASONS: Readonly<Record<CacheState, string | null>> = {
  warm: null,
  partial: 'only the beginning of this prompt was sent there',
  stale: 'what was sent there is older than the provider keeps it',
  cold: 'nothing of this prompt was sent there by the team, user or key that asks',
  disabled: 'this request would neither read nor write the prompt cache: it has no mark, or is too short',
  unknown:
    'the gateway does not learn what this prompt cache holds: `prompt_cache` is off, or nothing is known of the model',
};

function armOf(
  { id, group }: Deployment,
  forecast: PromptForecast | undefined,
  { parts: { clock } }: Asking,
): JsonObject {
  const place = { deployment_id: id, model: group };
  const known = { ...place, token_count_source: null };
  if (forecast === undefined)
    return {
      ...{ ...known, cache_state: 'unknown', reason: 'this request cannot be foretold at this deployment' },
      ...{ estimate: null, cold: null, warm: null, evidence: null },
    };
  const { state, estimate, cold, warm, evidence } = forecast;
  const nowMs = clock.nowMs();
  return {
    ...{ ...known, cache_state: STATES[state], reason: REASONS[state] },
    ...{ estimate: scenario(estimate), cold: scenario(cold), warm: scenario(warm) },
    evidence:
      evidence === undefined
        ? null
        : {
            observed_at: (nowMs + evidence.seenMs) / MS,
            expires_at: (nowMs + evidence.expiresMs) / MS,
            ...{ source: 'provider_usage', confidence: 'observed' },
          },
  };
}

/** Null without a price. */
function scenario({ usage, listed }: PromptScenario): JsonValue {
  if (listed === undefined) return null;
  const {
    inputTokens,
    cachedInputTokens: read = 0,
    cacheWriteTokens: written = 0,
    cacheWriteOneHourTokens: hour = 0,
  } = usage;
  return {
    tokens: {
      uncached_input_tokens: inputTokens - read - written,
      cache_read_input_tokens: read,
      cache_creation_5m_input_tokens: written - hour,
      cache_creation_1h_input_tokens: hour,
    },
    input_cost: usdNumber(listed),
  };
}

const difference = (one: PicoUsd | undefined, other: PicoUsd | undefined): number | null =>
  one === undefined || other === undefined ? null : usdNumber(one - other);

const wrong = (field: string, what: string): GatewayError =>
  new GatewayError('invalid_field', `\`${field}\` ${what}.`, { param: field });
