import { compileWildcard, fillWildcard } from '../core/wildcard.ts';
import { listedNames, listedProvider } from '../costs/package-rates.ts';
import type { Provider } from '../providers/provider.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import type { Deployment } from './deployment.ts';

/** Found once for each group of a configuration: menus of chat programs ask for them again and again. */
const found = new WeakMap<readonly Deployment[], readonly string[]>();

/**
 * The names under which a wildcard group serves the models that its providers are known for, as LiteLLM lists them in the place of the
 * wildcard; none if no list is known.
 */
export function knownNames({ name, deployments }: ResolvedGroup<Deployment>): readonly string[] {
  const known = found.get(deployments);
  if (known !== undefined) return known;
  const names = new Set<string>();
  for (const { provider, config } of deployments) {
    const wildcard = compileWildcard(config.model);
    for (const model of modelsOf(provider)) {
      const captures = wildcard.match(model);
      if (captures !== undefined) names.add(fillWildcard(name, captures));
    }
  }
  const list = [...names];
  found.set(deployments, list);
  return list;
}

/** What the list has for models that were trained further is the beginning of their names. */
const FINE_TUNED = /(?:^|[.:])ft[:-]|-$/;

/** The list of prices also has what others serve at a provider's platform: then only the provider's own models count. */
function modelsOf({ name, priceProvider, modelPatterns }: Provider): readonly string[] {
  const id = priceProvider === undefined ? listedProvider(name) : priceProvider;
  const listed = typeof id === 'string' ? listedNames(id).filter((model) => !FINE_TUNED.test(model)) : [];
  if (modelPatterns === undefined) return listed;
  const own = modelPatterns.map(compileWildcard);
  return listed.filter((model) => own.some((wildcard) => wildcard.match(model) !== undefined));
}
