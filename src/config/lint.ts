/** Checks that need the whole configuration: unknown names, circles, missing prices under budgets, secrets in plain text. */
import type { JsonObject } from '../core/json.ts';
import { compileWildcard, type Wildcard } from '../core/wildcard.ts';
import type { Limits } from '../stores/contracts/directory.ts';
import { type ConfigNode, type MapNode, member, type Place, placesByPosition, textOf } from './config-node.ts';
import type { Findings } from './finding.ts';
import type { BudgetConfig, DeploymentConfig } from './gateway-config.ts';
import type { GroupIndex } from './group-index.ts';
import { isKnownMasterKey, isLoopback, KNOWN_MASTER_KEY, REACHABLE, STRONGER_MASTER_KEY } from './known-master-key.ts';
import { lintRouting } from './lint-routing.ts';
import type { Draft } from './read-config.ts';
import type { ReadingContext } from './reading-context.ts';

/** Whether a price is known for a model, `model_info` and the operator's list of prices included. */
export type PriceKnown = (
  provider: string,
  model: string,
  modelInfo: JsonObject,
  prices: BudgetConfig['prices'],
) => boolean;

/** Runs every check on a draft. */
export function lintDraft(
  draft: Draft,
  groups: GroupIndex,
  root: MapNode,
  context: ReadingContext,
  priceKnown: PriceKnown | undefined,
): void {
  const { findings } = context;
  lintAliases(draft, groups, context);
  lintReferences(groups, context);
  lintRouting(draft, groups, root, findings);
  lintAllowedModels(draft, groups, root, findings);
  if (priceKnown !== undefined) lintPrices(draft, root, findings, priceKnown);
  lintMasterKey(draft, findings);
  lintLiterals(root, findings);
}

function lintAliases(draft: Draft, groups: GroupIndex, context: ReadingContext): void {
  const { findings } = context;
  for (const alias of draft.config.routing.aliases.keys()) {
    const place = draft.aliasPlaces.get(alias);
    const { kind, group } = groups.follow(alias);
    if (kind === 'circle') {
      const message = `the alias "${alias}" leads in a circle: ${groups.pathFrom(alias)}; let one of them name a model group`;
      findings.add('error', 'alias-cycle', place, message);
    } else if (kind === 'unserved') {
      context.reportUnserved(place, `the alias "${alias}" leads to "${group}", which is not served`);
    } else if (kind === 'unknown') {
      const message = `the alias "${alias}" leads to "${group}", which no entry of model_list serves`;
      findings.add('error', 'unknown-group', place, message, groups.suggest(group));
    }
  }
}

function lintReferences(groups: GroupIndex, context: ReadingContext): void {
  for (const { group, place, from } of context.references) {
    if (groups.isKnown(group) || (group.includes('*') && groups.matchesAny(group))) continue;
    if (groups.whyUnserved(group) !== undefined) {
      context.reportUnserved(place, `${from} names the model group "${group}", which is not served`);
      continue;
    }
    const message = `${from} names the model group "${group}", which no entry of model_list serves`;
    context.findings.add('warning', 'unknown-group', place, message, groups.suggest(group));
  }
}

/** Words LiteLLM takes in a key's models in place of names. */
const MODEL_WORDS = new Set(['*', 'all-team-models', 'all-proxy-models', 'no-default-models']);

/** Lists whose entries name the models that they may use, and what an entry is called. */
const WITH_MODELS = [
  ['organizations', 'an organisation'],
  ['teams', 'a team'],
  ['users', 'a user'],
] as const;

/** The models that keys and declared objects may use: each must be served, and a key must reach at least one. */
function lintAllowedModels(draft: Draft, groups: GroupIndex, root: MapNode, findings: Findings): void {
  const accessGroups = new Set(draft.config.deployments.flatMap(({ modelInfo }) => textsIn(modelInfo.access_groups)));
  const isUnserved = (model: string): boolean =>
    !MODEL_WORDS.has(model) && !accessGroups.has(model) && !groups.matchesAny(model);
  const report = (owner: string, model: string, place: Place): void => {
    // Its deployment is reported already.
    if (groups.whyUnserved(model) !== undefined) return;
    const message = `${owner} may use "${model}", which no entry of model_list serves`;
    findings.add('warning', 'unknown-group', place, message, groups.suggest(model));
  };
  for (const { key, place, modelPlaces } of draft.keys) {
    const owner = key.alias ?? key.userId;
    const name = owner === undefined ? 'a key' : `the key of "${owner}"`;
    const unserved = key.models.filter(isUnserved);
    if (unserved.length > 0 && unserved.length === key.models.length) {
      const message = `${name} can reach no model: nothing in model_list serves ${unserved.map((each) => `"${each}"`).join(', ')}`;
      findings.add('warning', 'key-without-model', place, message);
    } else for (const model of unserved) report(name, model, modelPlaces[key.models.indexOf(model)] ?? place);
  }
  for (const [list, owner] of WITH_MODELS) {
    for (const node of itemsOf(member(root, list)).flatMap((entry) => itemsOf(member(entry, 'models')))) {
      const model = textOf(node);
      if (model !== undefined && isUnserved(model)) report(owner, model, node);
    }
  }
}

const itemsOf = (node: ConfigNode | undefined): readonly ConfigNode[] => (node?.kind === 'list' ? node.items : []);

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function lintPrices(draft: Draft, root: MapNode, findings: Findings, priceKnown: PriceKnown): void {
  const { config } = draft;
  const budgets = new Budgets(ownersOf(config));
  const places = placesByPosition(root);
  for (const deployment of config.deployments) {
    if (deployment.model.includes('*')) continue;
    const budget = budgetOver(deployment, config.budgets, budgets);
    if (budget === undefined) continue;
    const base = deployment.modelInfo.base_model;
    const model = typeof base === 'string' ? base : deployment.model;
    if (priceKnown(deployment.provider, model, deployment.modelInfo, config.budgets.prices)) continue;
    const message = `"${deployment.group}" is under ${budget}, but no price is known for ${deployment.provider}/${deployment.model}: it counts at budget_settings.unpriced_ceiling until an answer names a model with a price; set input_cost_per_token and output_cost_per_token in model_info`;
    findings.add('warning', 'unpriced-under-budget', places.get(deployment.position) ?? root, message);
  }
}

/** The budget that the use of a deployment counts against, in words; undefined if there is none. */
function budgetOver(
  { budget, provider, group }: DeploymentConfig,
  { globalMax, providers }: BudgetConfig,
  budgets: Budgets,
): string | undefined {
  if (budget !== undefined) return 'a budget of its own';
  if (globalMax !== undefined) return 'the global budget';
  if (Object.hasOwn(providers, provider)) return `the budget of the provider ${provider}`;
  const owner = budgets.ownerOver(group);
  return owner === undefined ? undefined : `the budget of ${owner}`;
}

/** A key or an object with limits that may use some model groups; an empty list means all. */
interface Owner {
  readonly name: string;
  readonly models: readonly string[];
  readonly limits: Limits;
}

function ownersOf({ keys, declared }: Draft['config']): readonly Owner[] {
  const { organizations, teams, users, customers } = declared;
  return [
    ...keys.map((key) => ({ name: key.alias ?? key.userId ?? 'a key', models: key.models, limits: key.limits })),
    ...teams.map((team) => ({ name: `the team "${team.alias ?? team.id}"`, models: team.models, limits: team })),
    ...users.map((user) => ({ name: `the user "${user.id}"`, models: user.models, limits: user })),
    ...organizations.map((each) => ({ name: `the organisation "${each.alias}"`, models: each.models, limits: each })),
    ...customers.map((customer) => ({ name: `the customer "${customer.id}"`, models: [], limits: customer })),
  ];
}

/** Finds an owner of a budget that may use a group, without asking all owners for every group. */
class Budgets {
  readonly #byGroup = new Map<string, string>();
  readonly #wildcards: { readonly wildcard: Wildcard; readonly owner: string }[] = [];
  #ownerOfAll: string | undefined;

  constructor(owners: readonly Owner[]) {
    for (const { name, models, limits } of owners) {
      const { maxBudget, budgetLimits, modelMaxBudget } = limits;
      if (maxBudget === undefined && budgetLimits === undefined && modelMaxBudget === undefined) continue;
      if (models.length === 0 || models.includes('all-proxy-models')) this.#ownerOfAll ??= name;
      for (const model of models) {
        if (model.includes('*')) this.#wildcards.push({ wildcard: compileWildcard(model), owner: name });
        else if (!this.#byGroup.has(model)) this.#byGroup.set(model, name);
      }
    }
  }

  ownerOver(group: string): string | undefined {
    return (
      this.#byGroup.get(group) ??
      this.#ownerOfAll ??
      this.#wildcards.find(({ wildcard }) => wildcard.match(group) !== undefined)?.owner
    );
  }
}

const SHORTEST_MASTER_KEY = 16;

function lintMasterKey(draft: Draft, findings: Findings): void {
  const { masterKey, host } = draft.config.server;
  if (masterKey === undefined) return;
  const isKnown = isKnownMasterKey(masterKey);
  if (!isKnown && masterKey.length >= SHORTEST_MASTER_KEY) return;
  const isReachable = !isLoopback(host);
  const reason = isKnown ? KNOWN_MASTER_KEY : `the master key is shorter than ${SHORTEST_MASTER_KEY} characters`;
  const exposed = isReachable ? ` and ${REACHABLE}` : '';
  findings.add(
    isReachable && isKnown ? 'error' : 'warning',
    'weak-master-key',
    draft.masterKeyPlace,
    `${reason}${exposed}; ${STRONGER_MASTER_KEY}`,
  );
}

/** What keys of providers look like. */
const PROVIDER_KEY =
  /^(sk-[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{30,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|hf_[A-Za-z0-9]{20,}|Bearer\s+[A-Za-z0-9._-]{20,})$/;

/** Checks every literal of the tree: unset variables that no setting reported, and texts that look like keys. */
function lintLiterals(node: ConfigNode, findings: Findings): void {
  if (node.kind === 'list') {
    for (const item of node.items) lintLiterals(item, findings);
  } else if (node.kind === 'map') {
    for (const entry of node.entries.values()) lintLiterals(entry.value, findings);
  } else if (node.missing !== undefined) {
    const names = node.missing.map((name) => `"${name}"`).join(', ');
    const message = `the variable ${names} is not set; set it, or give a default with \${NAME:-default}`;
    findings.add('warning', 'unset-variable', node, message);
  } else if (typeof node.value === 'string' && node.fromVariable !== true && PROVIDER_KEY.test(node.value)) {
    const message = `this looks like a real key in plain text; revoke it if the file was ever shared, keep it in the environment and write "\${NAME}" here`;
    findings.add('warning', 'secret-in-plain-text', node, message);
  }
}
