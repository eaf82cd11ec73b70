/** A gateway to which everything happens that a dashboard shows. */
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestRedis } from '../support/redis.ts';

const KEY = 'sk-a-key-of-the-search-team';

const deployment = (group: string, model: string, more: JsonObject = {}, info: JsonObject = {}): JsonObject => ({
  model_name: group,
  litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY', ...more },
  model_info: { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6, ...info },
});

/** Rounds of requests. */
interface Load {
  round(): Promise<void>;
}

/** Starts it, with Redis, caches, fallbacks, budgets and prices, and a load that meets each of them. */
export async function startBusyGateway(context: TestContext): Promise<TestGateway & { load(): Load }> {
  const redis = await startTestRedis();
  context.after(() => redis.close());
  const config = {
    model_list: [
      deployment('m', 'openai/gpt-4o+tokens-10'),
      deployment('m', 'openai/gpt-4o+tokens-12', { weight: 2 }),
      deployment('slow', 'openai/gpt-4o+tokens-40+latency-200-50'),
      deployment('claude', 'anthropic/claude-sonnet-4-5', { prompt_cache: 'auto' }),
      deployment('mixed', 'openai/gpt-4o+tokens-10'),
      deployment('mixed', 'openai/gpt-4o+fault-500'),
      deployment('broken', 'openai/gpt-4o+fault-500'),
      deployment('also-broken', 'openai/gpt-4o+fault-503'),
      deployment('down', 'openai/gpt-4o+fault-500'),
      deployment('limited', 'openai/gpt-4o+fault-429'),
      { ...deployment('unpriced', 'openai/a-model-nobody-knows'), model_info: {} },
    ],
    router_settings: {
      redis_url: redis.url,
      fallbacks: [{ broken: ['also-broken', 'm'] }, { mixed: ['m'] }],
      cooldown_time: 1,
      num_retries: 0,
      allowed_fails: 1,
    },
    litellm_settings: { drop_params: true, cache: true, cache_params: { type: 'local', mode: 'default_off' } },
    teams: [{ team_id: 't1', team_alias: 'search', max_budget: 50, budget_duration: '30d' }],
    user_api_key_list: [{ api_key: KEY, key_alias: 'app', team_id: 't1', max_budget: 20, budget_duration: '7d' }],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  };
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  context.after(() => gateway.close());
  return Object.assign(gateway, { load: () => makeLoad(gateway) });
}

function makeLoad(gateway: TestGateway): Load {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const send = async (path: string, body: JsonObject, signal?: AbortSignal): Promise<void> => {
    try {
      const answer = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        ...(signal && { signal }),
      });
      await answer.arrayBuffer();
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  };
  const chat = (model: string, more: JsonObject = {}, signal?: AbortSignal): Promise<void> =>
    send(
      '/v1/chat/completions',
      { model, messages: [{ role: 'user', content: 'Tell me of rivers.' }], ...more },
      signal,
    );
  const long = 'You answer questions about the handbook of the company. '.repeat(400);
  const withHead = [
    { role: 'system', content: long },
    { role: 'user', content: 'How many days?' },
  ];
  const claude = {
    model: 'claude',
    max_tokens: 50,
    system: [{ type: 'text', text: long, cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'user', content: 'How many days?' }],
  };
  return {
    async round() {
      const gone = new AbortController();
      setTimeout(() => gone.abort(), 400);
      await Promise.all([
        chat('m'),
        chat('m', { stream: true }),
        chat('m', { messages: withHead }),
        chat('m', { cache: { 'use-cache': true } }),
        chat('m', { top_k: 3 }),
        chat('slow', { stream: true }, gone.signal),
        chat('mixed'),
        chat('mixed', { stream: true }),
        chat('mixed', { max_tokens: -1 }),
        chat('broken'),
        chat('down'),
        chat('limited'),
        chat('unpriced'),
        chat('nobody-has-this'),
        send('/v1/messages', claude),
      ]);
      await wait(300);
    },
  };
}
