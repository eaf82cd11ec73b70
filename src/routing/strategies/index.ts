/** The routing strategies by the names that configurations use. */
import type { JsonObject } from '../../core/json.ts';
import { costBased } from './cost-based.ts';
import { latencyBased } from './latency-based.ts';
import { leastBusy } from './least-busy.ts';
import { shuffleStrategy } from './simple-shuffle.ts';
import type { Strategy } from './strategy.ts';
import { usageBased } from './usage-based.ts';

const STRATEGIES: Readonly<Record<string, (args: JsonObject) => Strategy>> = {
  'simple-shuffle': () => shuffleStrategy,
  'least-busy': () => leastBusy,
  'latency-based-routing': latencyBased,
  'cost-based-routing': () => costBased,
  'usage-based-routing': () => usageBased,
  'usage-based-routing-v2': () => usageBased,
};

/** Other spellings of these names; LiteLLM's enum values are above. */
const ALIASES: Readonly<Record<string, string>> = {
  'lowest-latency': 'latency-based-routing',
  latency: 'latency-based-routing',
  'lowest-cost': 'cost-based-routing',
  cost: 'cost-based-routing',
  'usage-based': 'usage-based-routing-v2',
  weighted: 'simple-shuffle',
};

/** The names a configuration may use, LiteLLM's first. */
export const STRATEGY_NAMES: readonly string[] = [...Object.keys(STRATEGIES), ...Object.keys(ALIASES)];

/**
 * The strategy of this name with the members of `routing_strategy_args`; undefined for an unknown name. Make it once
 * when the configuration is loaded.
 */
export function strategyNamed(name: string, args: JsonObject = {}): Strategy | undefined {
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
  return known !== undefined && Object.hasOwn(STRATEGIES, known) ? STRATEGIES[known]?.(args) : undefined;
}
