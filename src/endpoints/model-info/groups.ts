import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { TieredRate } from '../../costs/tiered-rate.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { knownNames } from '../../snapshot/known-names.ts';
import type { Answering } from '../question.ts';

/** LiteLLM states support for each of these; for others only if it is known. */
const ALWAYS_TOLD = [
  'supports_function_calling',
  'supports_parallel_function_calling',
  'supports_reasoning',
  'supports_url_context',
  'supports_vision',
  'supports_web_search',
];

/** Each model group that the key may use with what its deployments can do together, in LiteLLM's `ModelGroupInfo`. */
export const modelGroupInfo: Answering = async ({ snapshot, identity, parts, query }) => {
  const wanted = query.model_group || undefined;
  const nowMs = parts.clock.nowMs();
  const data: JsonObject[] = [];
  let sliceEndsMs = performance.now() + SLICE_MS;
  for (const group of snapshot.groups.all()) {
    const known = group.name.includes('*') ? knownNames(group) : [];
    for (const name of known.length === 0 ? [group.name] : known) {
      if (wanted !== undefined && name !== wanted) continue;
      const named = { ...group, name, ...(name !== group.name && { pattern: group.name }) };
      if (identity !== undefined && !mayUseGroup(identity, name, named)) continue;
      // A wildcard is resolved to look up what its model can do and costs; hundreds of them take a while.
      const { deployments } = (name === group.name ? group : snapshot.groups.resolve(name)) ?? group;
      data.push(describe(name, deployments, nowMs));
      if (performance.now() < sliceEndsMs) continue;
      await nextTurn();
      sliceEndsMs = performance.now() + SLICE_MS;
    }
  }
  return { status: 200, body: { data } };
};

/** How long other requests may wait for a long list. */
const SLICE_MS = 5;

function describe(name: string, deployments: readonly Deployment[], nowMs: number): JsonObject {
  const facts = deployments.map(({ priced }) => priced.facts);
  const cards = deployments.map(({ priced }) => priced.ratesAt(nowMs));
  const supports: JsonObject = Object.fromEntries(ALWAYS_TOLD.map((word) => [word, false]));
  for (const known of facts) {
    for (const [word, isSupported] of Object.entries(known.supports))
      supports[word] = supports[word] === true || isSupported;
  }
  return {
    model_group: name,
    providers: [...new Set(deployments.map(({ provider }) => provider.name))],
    max_input_tokens: largest(facts.map(({ maxInputTokens }) => maxInputTokens)),
    max_output_tokens: largest(facts.map(({ maxOutputTokens }) => maxOutputTokens)),
    // The highest of several prices: no request costs more than what is shown here.
    input_cost_per_token: dearest(cards.map((card) => card?.input)),
    output_cost_per_token: dearest(cards.map((card) => card?.output)),
    mode: facts.find(({ mode }) => mode !== undefined)?.mode ?? 'chat',
    tpm: sum(deployments.map(({ config }) => config.tpm)),
    rpm: sum(deployments.map(({ config }) => config.rpm)),
    itpm: sum(deployments.map(({ config }) => config.itpm)),
    otpm: sum(deployments.map(({ config }) => config.otpm)),
    ...supports,
    supported_openai_params: null,
    configurable_clientside_auth_params: clientParams(deployments),
  };
}

/** What requests may bring for some deployment of the group; null if nothing. */
function clientParams(deployments: readonly Deployment[]): JsonValue {
  const allowed = deployments.flatMap(({ config: { clientAuth } }): JsonValue[] => [
    ...(clientAuth?.names ?? []),
    ...(clientAuth?.apiBases ?? []).map((pattern) => ({ api_base: pattern })),
  ]);
  return allowed.length === 0 ? null : allowed;
}

function given(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}

function largest(values: readonly (number | undefined)[]): number | null {
  const known = given(values);
  return known.length === 0 ? null : Math.max(...known);
}

function sum(values: readonly (number | undefined)[]): number | null {
  const known = given(values);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function dearest(rates: readonly (TieredRate | undefined)[]): number | null {
  const known = rates.flatMap((rate) => (rate === undefined ? [] : [rate.base]));
  return known.length === 0 ? null : usdNumber(known.reduce((most, rate) => (rate > most ? rate : most)));
}
