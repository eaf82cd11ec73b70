/** Thoughts that no limit of an answer holds: some providers limit what a model says, and bill what it thinks beside that. */
import { ownValue } from '../../core/own-value.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { askedThoughts } from '../../formats/asked-thoughts.ts';
import type { Deployment } from '../../snapshot/deployment.ts';

/** How many tokens of thoughts a deployment may write for a request beside the limit of its answer. */
export function thoughtsBeside({ outline }: Exchange, { abilities, config }: Deployment): number | undefined {
  const { thoughtsBeside: most, reasoning, thinksUnasked } = abilities;
  if (most === undefined) return undefined;
  const { isOn, budget = most } = askedThoughts((name) => outline.value(name) ?? ownValue(config.defaultParams, name));
  if (isOn === false && reasoning?.how !== 'always') return undefined;
  if (isOn !== true && !outline.asksForReasoning && thinksUnasked !== true) return undefined;
  return Math.min(budget, most);
}
