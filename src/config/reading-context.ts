/** What reading the sections of one configuration shares. */
import { type Place, positionOf } from './config-node.ts';
import { didYouMean, type Suggestion } from './did-you-mean.ts';
import type { Findings } from './finding.ts';
import type { ProviderDirectory } from './known-providers.ts';
import { type ProviderAddresses, providerAddresses } from './provider-environment.ts';
import type { Environment } from './variables.ts';

/** A group that some setting names, and where. */
interface GroupReference {
  readonly group: string;
  readonly place: Place;
  /** For the message: `the fallback of "gpt-4o"`. */
  readonly from: string;
}

/** A setting that was read, understood, and does nothing yet. */
export interface NotYetInEffect {
  readonly path: string;
  readonly position: string;
}

/** The findings, the surroundings, and what later checks need to know. */
export class ReadingContext {
  readonly findings: Findings;
  readonly environment: Environment;
  readonly providers: ProviderDirectory;
  /** Where providers are that a deployment gives no address of its own. */
  readonly addresses: ProviderAddresses;
  /** What cannot be served stops the start; otherwise the rest is served without it. */
  readonly isStrict: boolean;
  /** The model groups that settings name. */
  readonly references: GroupReference[] = [];
  #homesOf: (name: string, path: string) => readonly string[] = () => [];
  readonly #suggestions = new Map<object, Map<string, Suggestion | undefined>>();
  readonly #ignored = new Map<string, Place>();
  readonly #usedIgnored = new Set<string>();
  readonly #later = new Map<string, { readonly place: Place; count: number }>();

  constructor(
    findings: Findings,
    environment: Environment,
    providers: ProviderDirectory,
    isStrict = false,
    addresses: ProviderAddresses = providerAddresses(providers.all, environment),
  ) {
    this.addresses = addresses;
    this.isStrict = isStrict;
    this.findings = findings;
    this.environment = environment;
    this.providers = providers;
  }

  /** The value of a variable; one that is set to nothing counts as not set. */
  variable(name: string): string | undefined {
    return this.environment[name] || undefined;
  }

  /** The setting that was probably intended; remembered, because thousands of deployments may carry the same field. */
  suggest(written: string, rows: Readonly<Record<string, unknown>>): Suggestion | undefined {
    const known = this.#suggestions.get(rows) ?? new Map<string, Suggestion | undefined>();
    this.#suggestions.set(rows, known);
    if (!known.has(written)) known.set(written, didYouMean(written, Object.keys(rows)));
    return known.get(written);
  }

  /** Says where a setting may belong instead of `path`: the names of the sections that have it. */
  knowHomes(homesOf: (name: string, path: string) => readonly string[]): void {
    this.#homesOf = homesOf;
  }

  /** Where a setting belongs that `path` does not have. */
  homesOf(name: string, path: string): readonly string[] {
    return this.#homesOf(name, path);
  }

  /** Settings that may do nothing although they protect requests, by name or path. */
  ignore(name: string, place: Place): void {
    this.#ignored.set(name, place);
  }

  /** Reports a setting that asks for a protection which requests would not have, unless the operator accepts that. */
  recordUnprotected(path: string, name: string, place: Place): void {
    // `model_list[].litellm_params.guardrails` may be named without its brackets.
    const names = [name, path, path.replaceAll('[]', '')];
    const accepted = names.filter((each) => this.#ignored.has(each));
    for (const each of accepted) this.#usedIgnored.add(each);
    if (accepted.length > 0) return;
    const message = `${path} protects requests, but does nothing here yet: they would pass without it; remove it, or write "ignore_settings: [${name}]" to start nevertheless`;
    this.findings.add('error', 'unprotected', place, message);
  }

  /** Warns about ignored names that name nothing in the files. */
  reportUnusedIgnored(): void {
    for (const [name, place] of this.#ignored) {
      if (this.#usedIgnored.has(name)) continue;
      const message = `ignore_settings names "${name}", but no setting of this name needs it; remove it from the list`;
      this.findings.add('warning', 'unknown-key', place, message);
    }
  }

  /** Reports what is left out, because it cannot be served. */
  reportUnserved(place: Place | undefined, message: string, suggestion?: string): void {
    this.findings.add(this.isStrict ? 'error' : 'warning', 'not-served', place, message, suggestion);
  }

  /** Remembers a setting that does nothing yet: once for each name, for any number of deployments that have it. */
  recordLater(path: string, place: Place): void {
    const known = this.#later.get(path);
    if (known === undefined) this.#later.set(path, { place, count: 1 });
    else known.count += 1;
  }

  /** Adds one note for each such setting, and returns the list of them. */
  reportLater(): readonly NotYetInEffect[] {
    return [...this.#later].map(([path, { place, count }]) => {
      const more = count === 1 ? '' : ` (here and in ${count - 1} more places)`;
      this.findings.add('note', 'not-yet-in-effect', place, `${path} is accepted but not yet in effect${more}`);
      return { path, position: positionOf(place) };
    });
  }
}
