import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { ResolvedGroup } from '../../routing/model-groups.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { knownNames } from '../../snapshot/known-names.ts';
import { accessGroupsOf } from '../../tenancy/model-access.ts';
import { teamNameOf } from '../../tenancy/team-models.ts';
import type { Answering, Question } from '../question.ts';

/** LiteLLM says this for every model (its DEFAULT_MODEL_CREATED_AT_TIME). */
const CREATED_SECONDS = 1_677_610_602;
const CREATED_AT = new Date(CREATED_SECONDS * 1000).toISOString();

/** The model groups that the key may use, in OpenAI's shape, or Anthropic's or Google's for their clients. */
export const listModels: Answering = (question) => {
  if (isGoogleClient(question)) return listGoogleModels(question);
  const names = visibleNames(question);
  if (!isAnthropicClient(question)) {
    const further = metadataFor(question);
    const data = names.map((name) => ({ ...openaiModel(name), ...further?.(name) }));
    return { status: 200, body: { data, object: 'list' } };
  }
  return {
    status: 200,
    body: {
      data: names.map(anthropicModel),
      has_more: false,
      first_id: names[0] ?? null,
      last_id: names[names.length - 1] ?? null,
    },
  };
};

/** The model groups that the key may use, in Google's shape. */
export const listGoogleModels: Answering = (question) => ({
  status: 200,
  body: { models: visibleNames(question).map(googleModel) },
});

/** One model group by its name, in Google's shape. */
export const showGoogleModel: Answering = (question) => ({ status: 200, body: googleModel(nameOf(question)) });

/** One model group by its name. */
export const showModel: Answering = (question) => {
  const name = nameOf(question);
  if (isGoogleClient(question)) return { status: 200, body: googleModel(name) };
  return { status: 200, body: isAnthropicClient(question) ? anthropicModel(name) : openaiModel(name) };
};

/** The name in the path, if there is such a group and the key may use it. */
function nameOf(question: Question): string {
  const name = question.pathParameter ?? '';
  const { snapshot, identity } = question;
  const group = snapshot.groups.resolve(name);
  if (group === undefined || identity === undefined || !mayUseGroup(identity, name, group)) {
    throw new GatewayError(
      'unknown_route',
      `The model '${name.slice(0, 256)}' does not exist or your key may not use it. \`GET /v1/models\` lists those it may.`,
      {
        param: 'model',
      },
    );
  }
  return name;
}

/**
 * Names of groups and aliases that the key may use. In the place of a wildcard stand the models that it is known to serve; the wildcard
 * itself is shown too with LiteLLM's `return_wildcard_routes=true`, and where no model is known.
 */
function visibleNames(question: Question): string[] {
  const { snapshot, identity, query } = question;
  const { groups } = snapshot;
  if (isOn(query.only_model_access_groups)) return accessGroups(question);
  const isVisible = (name: string, group: ResolvedGroup<Deployment> | undefined): boolean =>
    identity === undefined || mayUseGroup(identity, name, group);
  const wildcards = new Map(groups.all().flatMap((group) => (group.name.includes('*') ? [[group.name, group]] : [])));
  const names = new Set<string>();
  for (const name of groups.listedNames()) {
    const wildcard = wildcards.get(name);
    const known = wildcard === undefined ? [] : knownNames(wildcard);
    const isShown = known.length === 0 || isOn(query.return_wildcard_routes);
    const group = wildcard ?? groups.resolve(name);
    if (isShown && isVisible(name, group)) names.add((group && teamNameOf(group)) ?? name);
    for (const each of known) {
      if (isVisible(each, { name: each, pattern: name, deployments: wildcard?.deployments ?? [] })) names.add(each);
    }
  }
  for (const [alias, target] of aliasesOf(identity)) {
    const group = groups.resolve(target);
    if (group !== undefined && isVisible(target, group)) names.add(alias);
  }
  if (isOn(query.include_model_access_groups)) for (const name of accessGroups(question)) names.add(name);
  return [...names];
}

/** The names that the key and its team give to groups. */
function aliasesOf(identity: Question['identity']): readonly (readonly [string, string])[] {
  const { key, team } = identity?.objects ?? {};
  return Object.entries({ ...team?.modelAliases, ...key?.aliases });
}

/** Access groups of models by which the key may use them. */
function accessGroups({ snapshot, identity }: Question): string[] {
  const names = new Set<string>();
  for (const { deployments } of snapshot.groups.all()) {
    for (const { config } of deployments) for (const name of accessGroupsOf(config.modelInfo)) names.add(name);
  }
  return [...names].filter((name) => identity === undefined || mayUseGroup(identity, name, undefined)).sort();
}

/** `include_metadata=true`: the fallbacks of each model, of the kind that `fallback_type` names. */
function metadataFor({ snapshot, query }: Question): ((name: string) => JsonObject) | undefined {
  if (query.include_metadata !== 'true') return undefined;
  const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks } = snapshot.config.routing;
  const maps = new Map([
    ['general', fallbacks],
    ['context_window', contextWindowFallbacks],
    ['content_policy', contentPolicyFallbacks],
  ]);
  const map = maps.get(query.fallback_type ?? 'general');
  if (map === undefined) {
    const message = `\`fallback_type\` must be one of ${[...maps.keys()].join(', ')}.`;
    throw new GatewayError('invalid_request', message, { param: 'fallback_type' });
  }
  return (name) => ({ metadata: { fallbacks: [...(map.get(name) ?? [])] } });
}

function isAnthropicClient({ headers }: Question): boolean {
  return headers['anthropic-version'] !== undefined;
}

/** Google's libraries send their key in one of these two. */
function isGoogleClient({ headers, query }: Question): boolean {
  return (
    headers['x-goog-api-key'] !== undefined || headers['x-goog-api-client'] !== undefined || query.key !== undefined
  );
}

function openaiModel(id: string): JsonObject {
  return { id, object: 'model', created: CREATED_SECONDS, owned_by: 'openai' };
}

function anthropicModel(id: string): JsonObject {
  return { type: 'model', id, display_name: id, created_at: CREATED_AT };
}

/** https://ai.google.dev/api/models (2026-11-28). Limits are left out: a group may have several models. */
function googleModel(id: string): JsonObject {
  return {
    name: `models/${id}`,
    baseModelId: id,
    version: '001',
    displayName: id,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens', 'embedContent'],
  };
}

/** A flag as LiteLLM reads it, and as Python writes it: `True`. */
function isOn(word: string | undefined): boolean {
  return word !== undefined && /^(?:true|1|yes|on)$/i.test(word);
}
