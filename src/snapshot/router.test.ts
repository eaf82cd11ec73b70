import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../config/load.ts';
import { providers } from '../providers/index.ts';
import { Breakers } from '../routing/breaker.ts';
import { HealthResults } from '../routing/health-results.ts';
import { Hedging } from '../routing/hedging.ts';
import { PrefixHolders } from '../routing/prefix-holders.ts';
import { RetryBudget } from '../routing/retry-budget.ts';
import { DeploymentStats } from '../routing/stats.ts';
import { makeSnapshot } from './make-snapshot.ts';
import { breakerSettings } from './router.ts';

/** DeepSeek is dearer by day ($0.27 + $1.10 per million tokens) than the other ($0.20 + $0.80), and cheaper by night ($0.135 + $0.55). */
const CONFIG = `
model_list:
  - model_name: chat
    litellm_params: { model: deepseek/deepseek-chat, api_key: k }
    model_info: { id: deepseek }
  - model_name: chat
    litellm_params: { model: openai_like/other, api_base: http://127.0.0.1:1, api_key: k }
    model_info: { id: other, input_cost_per_token: 2e-7, output_cost_per_token: 8e-7 }
router_settings: { routing_strategy: cost-based-routing }
`;

test('prices that change with the hour are those of the hour by the gateway’s clock', () => {
  const { config, findings } = loadConfig({
    files: ['config.yaml'],
    env: {},
    knownProviders: providers,
    readFile: () => CONFIG,
  });
  assert.ok(config, JSON.stringify(findings));
  let now = '';
  const clock = { nowMs: () => Date.parse(now), monotonicMs: () => 0 };
  const random = (): number => 0.5;
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
  const { groups, router } = makeSnapshot(config, '', { routing, clock, random });
  const group = groups.resolve('chat');
  assert.ok(group);
  const firstAt = (time: string): string | undefined => {
    now = time;
    return router.plan(group, { stream: false, tags: [] }).deployments[0]?.id;
  };
  assert.equal(firstAt('2026-11-28T12:00:00Z'), 'other');
  assert.equal(firstAt('2026-11-28T20:00:00Z'), 'deepseek');
});
