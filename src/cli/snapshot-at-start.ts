import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import { Breakers } from '../routing/breaker.ts';
import { HealthResults } from '../routing/health-results.ts';
import { Hedging } from '../routing/hedging.ts';
import { PrefixHolders } from '../routing/prefix-holders.ts';
import { RetryBudget } from '../routing/retry-budget.ts';
import { DeploymentStats } from '../routing/stats.ts';
import { makeSnapshot } from '../snapshot/make-snapshot.ts';
import { breakerSettings } from '../snapshot/router.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** The middle of every draw, so that the same question has the same answer. */
const middle = (): number => 0.5;

/** The configuration as a gateway has it that just started: nothing rests, nothing is busy. */
export function snapshotAtStart(config: GatewayConfig, clock: Clock, random: () => number = middle): Snapshot {
  const routing = {
    breakers: new Breakers({ clock, random, settings: breakerSettings(config) }),
    budget: new RetryBudget(clock),
    stats: new DeploymentStats(clock),
    health: new HealthResults(clock, config.health),
    healthShare: undefined,
    hedging: new Hedging(clock),
    overBudget: new Set<string>(),
    holders: new PrefixHolders(clock),
    prefixSeed: '',
  };
  return makeSnapshot(config, '', { routing, clock, random });
}
