/** What the environment says of a provider, and the names under which it is reached without a model_list. */
import type { KnownProvider } from './known-providers.ts';
import type { Environment } from './variables.ts';

/** The provider's key as the environment gives it. */
export function keyFromEnvironment(provider: KnownProvider, environment: Environment): string | undefined {
  return firstSet(provider.keyVariables, environment);
}

/** Where the environment says that providers are, by their names. */
export type ProviderAddresses = Readonly<Record<string, string>>;

/** The addresses of providers in the environment. */
export function providerAddresses(all: readonly KnownProvider[], environment: Environment): ProviderAddresses {
  const found = all.flatMap(({ name, baseUrlVariables }) => {
    const address = firstSet(baseUrlVariables, environment);
    return address === undefined ? [] : [[name, address] as const];
  });
  return Object.fromEntries(found);
}

/** The first of some variables that is set to something. */
export function firstSet(names: readonly string[] | undefined, environment: Environment): string | undefined {
  for (const name of names ?? []) {
    const value = environment[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** The groups under which all models of a provider are reachable: with its prefix, and by the names it is known for. */
export function wildcardGroups(provider: KnownProvider): readonly { readonly group: string; readonly model: string }[] {
  const prefixed = [provider.name, ...(provider.aliases ?? [])].map((prefix) => ({ group: `${prefix}/*`, model: '*' }));
  const bare = (provider.modelPatterns ?? []).map((pattern) => ({ group: pattern, model: pattern }));
  return [...prefixed, ...bare];
}
