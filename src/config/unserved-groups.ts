import { compileWildcard, type Wildcard } from '../core/wildcard.ts';
import type { UnservedDeployment } from './gateway-config.ts';

/** The model groups whose deployments were left out, so that a client that asks for one of them learns why. */
export class UnservedGroups {
  readonly #reasons = new Map<string, string>();
  readonly #wildcards: { readonly wildcard: Wildcard; readonly reason: string }[] = [];

  constructor(unserved: readonly UnservedDeployment[]) {
    for (const { group, reason } of unserved) {
      if (this.#reasons.has(group)) continue;
      this.#reasons.set(group, reason);
      if (group.includes('*')) this.#wildcards.push({ wildcard: compileWildcard(group), reason });
    }
  }

  /** Why the deployment of this name was left out; undefined if none was. */
  whyNot(name: string): string | undefined {
    return (
      this.#reasons.get(name) ?? this.#wildcards.find(({ wildcard }) => wildcard.match(name) !== undefined)?.reason
    );
  }
}
