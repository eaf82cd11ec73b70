import { GatewayError } from '../core/errors.ts';
import { teamGroup } from '../core/team-models.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import { isInRegion, needsExactCount } from '../routing/pre-call-checks.ts';
import { NO_CONTROLS } from '../routing/request-controls.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Identity } from '../tenancy/identity.ts';
import { accessGroupsOf, allowedModels, type Denier, deniedBy, mayUseAll } from '../tenancy/model-access.ts';
import { isOfAnotherTeam, teamNameOf } from '../tenancy/team-models.ts';
import { withClientAuth } from './client-auth.ts';
import { countPrompt, type PromptCounter } from './money/count-prompt.ts';
import { unknownModel } from './peek.ts';

/** Finds the model group, and checks that the key may use it. */
export function findGroup(exchange: Exchange): void {
  const { snapshot, identity } = exchange;
  const { model, group } = checkModel(
    exchange,
    (exchange.ownIdentity === undefined ? chosenFor(exchange) : undefined) ?? exchange.model ?? '',
  );
  exchange.model = model;
  const usable = group.candidates === undefined ? group : withAllowed(exchange, group, group.candidates);
  exchange.group = usable;
  exchange.controls = exchange.ownIdentity === undefined ? snapshot.router.controls(exchange) : NO_CONTROLS;
  if (identity !== undefined && exchange.controls !== NO_CONTROLS) refuseFallbacks(exchange, identity);
  // Only what the client itself asks for is refused: of the operator's fallbacks those are left out that the key may not use.
  if (identity !== undefined && exchange.ownIdentity === undefined)
    exchange.controls = snapshot.router.underOwnSettings(exchange.controls, identity, group.name);
  if (snapshot.hasClientAuth && exchange.ownIdentity === undefined) exchange.group = withClientAuth(exchange, usable);
}

/** `off`: no choosing; another word: the candidate that has to answer. */
const ROUTE_HEADER = 'x-sluice-route';

/**
 * A group that chooses, without the candidates that the key may not use: it never gets one of them. Of a request that names a candidate
 * only that one is left, so that nothing else answers it.
 */
function withAllowed(
  { identity, snapshot, ownIdentity, client }: Exchange,
  group: ResolvedGroup<Deployment>,
  candidates: readonly ResolvedGroup<Deployment>[],
): ResolvedGroup<Deployment> {
  if (identity === undefined || ownIdentity !== undefined) return group;
  const asked = client.headers[ROUTE_HEADER];
  const pinned = typeof asked === 'string' && !/^off$/i.test(asked) ? asked : undefined;
  const allowed = candidates.filter(
    ({ name }) =>
      (pinned === undefined || name === pinned) && mayUseGroup(identity, name, groupFor(identity, name, snapshot)),
  );
  if (allowed.length === candidates.length) return group;
  if (allowed.length === 0 && pinned !== undefined) {
    const message = `\`${ROUTE_HEADER}\` must be off, or a model that "${group.name}" chooses from and that the key may use.`;
    throw new GatewayError('invalid_request', message, { param: ROUTE_HEADER });
  }
  const [first] = candidates;
  if (allowed.length === 0 && first !== undefined)
    throw modelDenied(identity, denierOf(identity, first.name, first) ?? 'key', first.name);
  return { ...group, candidates: allowed, deployments: allowed.flatMap(({ deployments }) => deployments) };
}

/** The model that the operator has chosen for all requests of a kind, whatever they ask for. */
function chosenFor({ snapshot, endpoint }: Exchange): string | undefined {
  const { completionModel, embeddingModel } = snapshot.config.server;
  if (completionModel === undefined && embeddingModel === undefined) return undefined;
  const { mode } = endpoint.operation;
  return mode === 'embedding' ? embeddingModel : mode === 'chat' || mode === 'completion' ? completionModel : undefined;
}

/** The group of a name, and the name that the key's alias stands for. Throws if there is none, or if the key may not use it. */
export function checkModel({ snapshot, identity, endpoint }: Exchange, asked: string) {
  const model = aliased(asked, identity, snapshot);
  const group = groupFor(identity, model, snapshot);
  const denier = identity === undefined ? undefined : denierOf(identity, model, group);
  if (identity !== undefined && denier !== undefined) throw modelDenied(identity, denier, model);
  if (group === undefined) throw unservedModel(snapshot, model) ?? unknownModel(endpoint.name, model);
  return { model, group };
}

/** The group of a name. One of another team is as if it did not exist. */
function groupFor(identity: Identity | undefined, model: string, { groups }: Snapshot) {
  const group = groups.resolve(model);
  const isHidden = group !== undefined && identity !== undefined && isOfAnotherTeam(identity, group);
  return isHidden ? undefined : group;
}

/** A fallback that the client asks for and may not use is refused at once: without it, a failure would look as if there were none. */
function refuseFallbacks({ controls, snapshot }: Exchange, identity: Identity): void {
  if (controls.disableFallbacks === true) return;
  for (const names of [controls.fallbacks, controls.contextWindowFallbacks, controls.contentPolicyFallbacks]) {
    for (const name of names ?? []) {
      const denier = denierOf(identity, name, groupFor(identity, name, snapshot));
      if (denier !== undefined) throw modelDenied(identity, denier, name, 'fallbacks');
    }
  }
}

/**
 * `default_model` of a customer whose data must stay in a region: its requests go to that group if theirs has nothing there, and if the
 * key may use it. Where they go is held to the region as well.
 */
export function turnToRegional(exchange: Exchange): void {
  const { identity, group, regions, regionalModel, snapshot } = exchange;
  if (regionalModel === undefined || regions.length === 0 || group === undefined || identity === undefined) return;
  // Whose key pays is what a request with a key of its own said.
  if (group.deployments.some(({ config }) => config.clientAuth !== undefined)) return;
  const isThere = group.deployments.some(({ config }) => regions.every((region) => isInRegion(config.region, region)));
  const other = isThere ? undefined : groupFor(identity, regionalModel, snapshot);
  if (other === undefined || denierOf(identity, regionalModel, other) !== undefined) return;
  exchange.model = regionalModel;
  exchange.group = other;
}

/**
 * Orders the deployments of the group. Returns a promise only if the prompt has to be counted first, because its size is near the
 * limit of a deployment.
 */
export function plan(exchange: Exchange, parts: PromptCounter): Promise<void> | undefined {
  const { group, snapshot } = exchange;
  const { router } = snapshot;
  if (group === undefined) throw new RangeError('a group is found before it is planned');
  const needs = router.needs(group, exchange, exchange.controls);
  exchange.needs = needs;
  const { inputRange, images = 0 } = needs;
  const limits = group.deployments.map(({ priced }) => priced.facts.maxInputTokens);
  if (inputRange === undefined || !needsExactCount(inputRange, limits)) {
    exchange.plan = router.plan(group, needs);
    return undefined;
  }
  return countPrompt(exchange, parts).then((counted) => {
    exchange.needs = { ...needs, inputTokens: counted + images * TOKENS_PER_IMAGE };
    exchange.plan = router.plan(group, exchange.needs);
  });
}

/** About what a large image costs; a small one costs a tenth. */
const TOKENS_PER_IMAGE = 1_000;

/** The error for a group whose deployments are all left out. */
function unservedModel({ aliases, unserved }: Snapshot, model: string): GatewayError | undefined {
  const group = aliases.get(model)?.group ?? model;
  const reason = unserved.whyNot(group);
  if (reason === undefined) return undefined;
  const message = `The model group "${group.slice(0, 256)}" is configured, but not served: ${reason}.`;
  return new GatewayError('unserved_model', message, { param: 'model' });
}

/** The name that a key or its team gives another model group, and the group of a name that is the team's own. */
function aliased(asked: string, identity: Identity | undefined, { hasTeamModels, groups }: Snapshot): string {
  const model = aliasOf(asked, identity);
  if (!hasTeamModels || identity?.teamId === undefined) return model;
  const own = teamGroup(identity.teamId, model);
  return groups.isGroup(own) ? own : model;
}

function aliasOf(model: string, identity: Identity | undefined): string {
  const { key, team } = identity?.objects ?? {};
  for (const aliases of [key?.aliases, team?.modelAliases]) {
    if (aliases !== undefined && Object.hasOwn(aliases, model)) return aliases[model] ?? model;
  }
  return model;
}

/** Whether an identity may use a group under the name that was asked for. */
export function mayUseGroup(identity: Identity, model: string, group: ResolvedGroup<Deployment> | undefined): boolean {
  return denierOf(identity, model, group) === undefined;
}

/**
 * Who denies a group, by any of its names: the one asked for, its own, its pattern, the access groups it belongs to.
 */
function denierOf(identity: Identity, model: string, group: ResolvedGroup<Deployment> | undefined): Denier | undefined {
  const ownName = group === undefined ? undefined : teamNameOf(group);
  if (group !== undefined && ownName !== undefined) return denierOfOwn(identity, group, ownName);
  if (mayUseAll(identity)) return undefined;
  const names = group?.isByModel === true ? [group.name] : [model];
  if (group !== undefined && group.name !== names[0]) names.push(group.name);
  if (group?.pattern !== undefined) names.push(group.pattern);
  for (const { config } of group?.deployments ?? []) {
    names.push(...accessGroupsOf(config.modelInfo));
  }
  return deniedBy(identity, names);
}

/** A team's own model is the team's, whatever else it and its organisation may use; a key can still be held to other models. */
function denierOfOwn(identity: Identity, group: ResolvedGroup<Deployment>, ownName: string): Denier | undefined {
  if (isOfAnotherTeam(identity, group)) return 'team';
  return deniedBy(identity, [ownName]) === 'key' ? 'key' : undefined;
}

const DENIALS = {
  key: 'model_denied',
  team_member: 'team_model_denied',
  team: 'team_model_denied',
  user: 'user_model_denied',
  organization: 'organization_model_denied',
} as const satisfies Record<Denier, string>;

function modelDenied(identity: Identity, denier: Denier, model: string, param = 'model'): GatewayError {
  const allowed = JSON.stringify(allowedModels(identity, denier));
  const who = denier.replace('_', ' ');
  return new GatewayError(
    DENIALS[denier],
    `${who} not allowed to access model. This ${who} can only access models=${allowed}. Tried to access ${model.slice(0, 256)}`,
    { param },
  );
}
