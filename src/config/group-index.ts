/** The names that a configuration serves, as routing finds them: an alias first, then a group, a deployment id, a wildcard. */
import { compileWildcard, type Wildcard } from '../core/wildcard.ts';
import type { ChoiceGroup } from './choice-groups.ts';
import { didYouMean } from './did-you-mean.ts';
import type { DeploymentConfig, RoutingConfig, UnservedDeployment } from './gateway-config.ts';
import { UnservedGroups } from './unserved-groups.ts';

type Aliases = RoutingConfig['aliases'];

/** What an alias resolves to: a name that is served, one that is not, or itself. */
interface AliasEnd {
  readonly kind: 'served' | 'unserved' | 'unknown' | 'circle';
  readonly group: string;
}

/** How many names get a suggestion: finding one takes time, and no one reads more. */
const MOST_SUGGESTIONS = 200;
const MOST_CANDIDATES = 2000;
const LONGEST_SHOWN_CHAIN = 8;

/** Answers which names are served. */
export class GroupIndex {
  readonly #exact = new Set<string>();
  readonly #wildcards: Wildcard[] = [];
  readonly #aliases: Aliases;
  readonly #unserved: UnservedGroups;
  readonly #withProvider: (model: string) => string | undefined;
  readonly #ends = new Map<string, AliasEnd>();
  #suggestions = 0;

  constructor(
    deployments: readonly DeploymentConfig[],
    aliases: Aliases,
    unserved: readonly UnservedDeployment[] = [],
    withProvider: (model: string) => string | undefined = () => undefined,
    choices: readonly ChoiceGroup[] = [],
  ) {
    this.#withProvider = withProvider;
    this.#aliases = aliases;
    this.#unserved = new UnservedGroups(unserved);
    const patterns = new Set<string>();
    for (const { id, group, provider, model } of deployments) {
      this.#exact.add(id);
      if (!model.includes('*') && !group.includes('*')) this.#exact.add(`${provider}/${model}`);
      this.#exact.add(group);
      if (group.includes('*')) patterns.add(group);
    }
    for (const { group } of choices) this.#exact.add(group);
    for (const pattern of patterns) this.#wildcards.push(compileWildcard(pattern));
  }

  /** Whether a request for this name would find a deployment, aliases not followed. */
  serves(name: string): boolean {
    return this.#exact.has(name) || this.#matches(name) || this.#matches(this.#withProvider(name));
  }

  #matches(name: string | undefined): boolean {
    return name !== undefined && this.#wildcards.some((wildcard) => wildcard.match(name) !== undefined);
  }

  /** Why a name is not served although `model_list` has it; undefined for any other name. */
  whyUnserved(name: string): string | undefined {
    return this.#unserved.whyNot(name);
  }

  /** Whether the name is served or an alias. */
  isKnown(name: string): boolean {
    return this.#aliases.has(name) || this.serves(name);
  }

  /** Whether a pattern, as keys may hold, reaches anything: `openai/*` reaches the group `openai/*`, and a group `*` everything. */
  matchesAny(pattern: string): boolean {
    if (!pattern.includes('*')) return this.isKnown(pattern);
    const wildcard = compileWildcard(pattern);
    for (const name of this.#exact) if (wildcard.match(name) !== undefined) return true;
    if (this.#wildcards.some((each) => each.match(pattern) !== undefined)) return true;
    return [...this.#aliases.keys()].some((alias) => wildcard.match(alias) !== undefined);
  }

  /** Follows an alias until a name is served. One that leads to a group of its own name only says whether that is listed. */
  follow(alias: string): AliasEnd {
    const path = new Set<string>();
    let name = alias;
    let end = this.#ends.get(name);
    while (end === undefined) {
      path.add(name);
      const group = this.#aliases.get(name)?.group ?? name;
      if (this.serves(group)) end = { kind: 'served', group };
      else if (path.has(group)) end = { kind: 'circle', group };
      else if (this.#aliases.has(group)) end = this.#ends.get(group);
      else end = { kind: this.#unserved.whyNot(group) === undefined ? 'unknown' : 'unserved', group };
      name = group;
    }
    for (const each of path) this.#ends.set(each, end);
    return end;
  }

  /** The names on the path of an alias, for messages: `a → b → c`. */
  pathFrom(alias: string): string {
    const names = [alias];
    let next = this.#aliases.get(alias)?.group;
    while (next !== undefined && !names.includes(next) && names.length < LONGEST_SHOWN_CHAIN) {
      names.push(next);
      next = this.#aliases.get(next)?.group;
    }
    if (next !== undefined) names.push(names.includes(next) ? next : '…');
    return names.join(' → ');
  }

  /** The aliases with the groups that they resolve to, so that routing follows one step. */
  flattened(): Aliases {
    return new Map(
      [...this.#aliases].map(([alias, { hidden }]) => [alias, { group: this.follow(alias).group, hidden }]),
    );
  }

  /** The name that was probably intended. */
  suggest(name: string): string | undefined {
    this.#suggestions += 1;
    if (this.#suggestions > MOST_SUGGESTIONS) return undefined;
    const candidates = [...this.#aliases.keys()].concat([...this.#exact]).slice(0, MOST_CANDIDATES);
    return didYouMean(name, candidates)?.word;
  }
}
