import { compileWildcard, fillWildcard, type Wildcard } from '../core/wildcard.ts';

/** What routing needs to know of a deployment. */
export interface Routable {
  readonly id: string;
  /** The model group it belongs to; may hold `*`. */
  readonly group: string;
  /** The provider's model name; may hold `*`. */
  readonly model: string;
  readonly weight?: number | undefined;
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
  readonly order?: number | undefined;
}

/** A model group as one request sees it: wildcards filled in. */
export interface ResolvedGroup<D extends Routable> {
  /** The name of the group (for a wildcard the name that was asked for). */
  readonly name: string;
  /** The pattern it came from, if it is a wildcard. */
  readonly pattern?: string;
  readonly deployments: readonly D[];
  /** It was found by the model of its deployments: only the group's own name says who may use it. */
  readonly isByModel?: true;
  /** The groups that it chooses among, whose deployments its own are; the weakest first. */
  readonly candidates?: readonly ResolvedGroup<D>[];
}

/** How names are understood that no group has. */
interface NameRules<D> {
  /** Makes the deployment for one model out of a deployment whose model holds `*`. */
  readonly fill: (deployment: D, model: string) => D;
  /** The name under which a provider knows a model, with the provider before it: `openai/gpt-4o` for `gpt-4o`. */
  readonly withProvider?: (model: string) => string | undefined;
  /** A deployment's own model, as a file names it: `openai/gpt-4o`. */
  readonly modelOf?: (deployment: D) => string | undefined;
}

export interface GroupAlias {
  readonly group: string;
  readonly hidden: boolean;
}

const FILLED_WILDCARDS_KEPT = 2_000;
const LONGEST_MODEL_NAME = 256;
/** A wildcard matches, and nothing else may be asked in its place. */
const REFUSED = Symbol('refused');

/**
 * Finds the deployments behind the name a client asks for, in LiteLLM's order: alias, group, deployment id, the most
 * specific wildcard, the wildcard of the provider that is known for the name, the model of a deployment. Immutable but for a bounded
 * memory of filled wildcards; a reload makes a new one.
 */
export class ModelGroups<D extends Routable> {
  readonly #groups = new Map<string, ResolvedGroup<D>>();
  readonly #byId = new Map<string, ResolvedGroup<D>>();
  readonly #byModel = new Map<string, ResolvedGroup<D>>();
  readonly #wildcards: { readonly wildcard: Wildcard; readonly deployments: readonly D[] }[] = [];
  readonly #filled = new Map<string, ResolvedGroup<D>>();
  /** Groups that choose among others. What is listed of all deployments has theirs once, in their own groups. */
  readonly #choices = new Map<string, ResolvedGroup<D>>();
  readonly #aliases: ReadonlyMap<string, GroupAlias>;
  readonly #rules: NameRules<D>;

  constructor(
    deployments: readonly D[],
    aliases: ReadonlyMap<string, GroupAlias>,
    rules: NameRules<D>,
    choices: readonly { readonly group: string; readonly candidates: readonly string[] }[] = [],
  ) {
    this.#aliases = aliases;
    this.#rules = rules;
    const byGroup = new Map<string, D[]>();
    for (const deployment of deployments) {
      const list = byGroup.get(deployment.group);
      if (list === undefined) byGroup.set(deployment.group, [deployment]);
      else list.push(deployment);
      if (!deployment.model.includes('*')) {
        this.#byId.set(deployment.id, { name: deployment.group, deployments: [deployment] });
      }
    }
    for (const deployment of deployments) this.#addByModel(deployment);
    for (const [name, list] of byGroup) {
      if (name.includes('*')) this.#wildcards.push({ wildcard: compileWildcard(name), deployments: list });
      else this.#groups.set(name, { name, deployments: list });
    }
    this.#wildcards.sort((left, right) => right.wildcard.specificity - left.wildcard.specificity);
    const chosen = choices.flatMap(({ group, candidates }) => this.#choiceOf(group, candidates) ?? []);
    // All at once: none of them is a candidate of another.
    for (const each of chosen) this.#choices.set(each.name, each);
  }

  #choiceOf(name: string, names: readonly string[]): ResolvedGroup<D> | undefined {
    const candidates = names.flatMap((candidate) => this.resolve(candidate) ?? []);
    if (candidates.length === 0 || this.#groups.has(name)) return undefined;
    return { name, deployments: candidates.flatMap(({ deployments }) => deployments), candidates };
  }

  /** Whether a group has exactly this name. */
  isGroup(name: string): boolean {
    return this.#groups.has(name) || this.#choices.has(name);
  }

  /** The group that a name means, or undefined. */
  resolve(name: string): ResolvedGroup<D> | undefined {
    const alias = this.#aliases.get(name);
    const target = alias === undefined ? name : alias.group;
    const named =
      this.#groups.get(target) ?? this.#choices.get(target) ?? this.#byId.get(target) ?? this.#fillWildcard(target);
    if (named !== undefined) return named === REFUSED ? undefined : named;
    const withProvider = this.#fillWildcard(this.#withProvider(target));
    return withProvider === undefined || withProvider === REFUSED ? this.#byModel.get(target) : withProvider;
  }

  /** Of several groups with the model the first counts, with those of its deployments that have it. */
  #addByModel(deployment: D): void {
    const model = this.#rules.modelOf?.(deployment);
    if (model === undefined || model.includes('*') || deployment.group.includes('*')) return;
    const known = this.#byModel.get(model);
    if (known !== undefined && known.name !== deployment.group) return;
    const deployments = [...(known?.deployments ?? []), deployment];
    this.#byModel.set(model, { name: deployment.group, deployments, isByModel: true });
  }

  #withProvider(name: string): string {
    const isBare = this.#wildcards.length > 0 && !name.includes('/');
    return (isBare ? this.#rules.withProvider?.(name) : undefined) ?? '';
  }

  /** The names that clients may be shown: groups (wildcards as they stand) and aliases that are not hidden. */
  listedNames(): string[] {
    const names = [
      ...this.#groups.keys(),
      ...this.#choices.keys(),
      ...this.#wildcards.map(({ wildcard }) => wildcard.pattern),
    ];
    for (const [alias, { group, hidden }] of this.#aliases) {
      // What an alias leads to may be left out because it cannot be served.
      const isServed = group.includes('*') || this.resolve(alias) !== undefined;
      if (!hidden && isServed && !this.#groups.has(alias)) names.push(alias);
    }
    return names;
  }

  /** Every group as configured, wildcards not filled in. */
  all(): ResolvedGroup<D>[] {
    return [
      ...this.#groups.values(),
      ...this.#wildcards.map(({ wildcard, deployments }) => ({ name: wildcard.pattern, deployments })),
    ];
  }

  /** The group that the most specific wildcard makes of a name, `REFUSED` if what it would ask for is not a plain name. */
  #fillWildcard(name: string): ResolvedGroup<D> | typeof REFUSED | undefined {
    if (this.#wildcards.length === 0 || name === '' || name.length > LONGEST_MODEL_NAME || name.includes('*'))
      return undefined;
    const known = this.#filled.get(name);
    if (known !== undefined) return known;
    for (const { wildcard, deployments } of this.#wildcards) {
      const captures = wildcard.match(name);
      if (captures === undefined) continue;
      const models = deployments.map((deployment) => fillWildcard(deployment.model, captures));
      if (!models.every(isPlainName)) return REFUSED;
      const group: ResolvedGroup<D> = {
        name,
        pattern: wildcard.pattern,
        deployments: deployments.map((deployment, index) => this.#rules.fill(deployment, models[index] ?? '')),
      };
      // Names come from clients, so the memory of them is bounded; the oldest goes first.
      if (this.#filled.size >= FILLED_WILDCARDS_KEPT) {
        const oldest = this.#filled.keys().next().value;
        if (oldest !== undefined) this.#filled.delete(oldest);
      }
      this.#filled.set(name, group);
      return group;
    }
    return undefined;
  }
}

/**
 * Whether a name that a client puts in the place of a wildcard is only a name: a step of a path or a control character in it could
 * change the address of a provider that has the model in its path, and nothing at all (`openai/`) names no model.
 */
function isPlainName(model: string): boolean {
  return (
    !/\p{Cc}/u.test(model) && model.split(/[/\\]/).every((step) => step.trim() !== '' && step !== '.' && step !== '..')
  );
}
