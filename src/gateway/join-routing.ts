/** Makes the state of routing, and shares it with other instances if a Redis is configured. */
import { createHmac } from 'node:crypto';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import { Breakers, type BreakerTurn } from '../routing/breaker.ts';
import { HealthResults } from '../routing/health-results.ts';
import { Hedging } from '../routing/hedging.ts';
import { PrefixHolders } from '../routing/prefix-holders.ts';
import { RetryBudget } from '../routing/retry-budget.ts';
import { DeploymentStats } from '../routing/stats.ts';
import { breakerSettings, type RoutingState } from '../snapshot/router.ts';
import type { SharedRouting } from '../stores/contracts/shared-routing.ts';
import { MemoryCluster } from '../stores/memory/shared-routing.ts';
import type { Log } from '../telemetry/log.ts';

/** What the state of routing is made with. */
interface RoutingOptions {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly random: () => number;
  /** What instances share. */
  readonly share: SharedRouting;
  /** Deployments whose budget, or whose provider's, is used up. */
  readonly overBudget: ReadonlySet<string>;
  readonly masterKey: string;
  readonly onTurn: (deploymentId: string, turn: BreakerTurn) => void;
}

/** The state of routing, which outlives reloads. */
export function makeRouting({
  config,
  clock,
  random,
  share,
  overBudget,
  masterKey,
  onTurn,
}: RoutingOptions): RoutingState {
  const budget = new RetryBudget(clock);
  share.countWith(budget);
  const holders = new PrefixHolders(clock, { tell: (news) => share.announceHeld(news) });
  share.onHeld((held) => holders.learn(held));
  const health = new HealthResults(clock, config.health);
  share.onHealth((id, news) => health.learn(id, news));
  return {
    breakers: new Breakers({ clock, random, settings: breakerSettings(config), share, onTurn }),
    budget,
    stats: new DeploymentStats(clock),
    health,
    healthShare: config.redis === undefined ? undefined : share,
    hedging: new Hedging(clock),
    overBudget,
    holders,
    // All instances have it, and no client can compute with it.
    prefixSeed: createHmac('sha256', masterKey).update('prefixes of prompts').digest('base64url'),
  };
}

/** What this instance shares with others: through Redis if one is configured, else nothing. Does not wait for Redis to answer. */
export async function joinInstances({ redis }: GatewayConfig, clock: Clock, log: Log): Promise<SharedRouting> {
  if (redis === undefined) return new MemoryCluster(clock).join();
  // Loaded only here: the client library takes time and memory that a gateway without Redis need not spend.
  const { RedisSharedRouting } = await import('../stores/redis/shared-routing.ts');
  return new RedisSharedRouting({
    address: redis,
    clock,
    random: Math.random,
    onStatus: ({ isUp, reason }) => {
      const facts = { redis: `${redis.host}:${redis.port}` };
      if (isUp) log.app.info(facts, 'Redis is back: instances share the state of their routing');
      else
        log.app.warn(
          { ...facts, reason },
          'Redis is unavailable: requests go on, and this instance routes by what it sees itself until Redis is back',
        );
    },
  });
}
