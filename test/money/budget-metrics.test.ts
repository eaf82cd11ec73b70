import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, eventually, manage, PRICES, priced, startMoneyGateway } from './tenants.ts';

const WITHIN = { timeout: 60_000 };

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** The samples of one metric, by their labels. */
async function scrape(gateway: TestGateway, name: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await gateway.get('/metrics')).text();
  const found = text.split('\n').flatMap((line) => {
    const match = /^(\w+)\{(.*)\} (\S+)$/.exec(line);
    return match?.[1] === name ? [[match[2] ?? '', Number(match[3])] as const] : [];
  });
  return new Map(found);
}

async function near(gateway: TestGateway, name: string, labels: string, wanted: number): Promise<void> {
  const samples = await scrape(gateway, name);
  const value = samples.get(labels);
  assert.ok(value !== undefined, `${name} of ${labels} is one of ${[...samples.keys()].join(' | ')}`);
  assert.ok(Math.abs(value - wanted) < 1e-9, `${name}: ${value} instead of ${wanted}`);
}

function costOf({ json }: { readonly json: JsonObject }): number {
  const usage = json.usage as { prompt_tokens: number; completion_tokens: number };
  return usage.prompt_tokens * PRICES.input_cost_per_token + usage.completion_tokens * PRICES.output_cost_per_token;
}

test('gauges say what is left of the budgets of keys, teams, users, organisations and providers', WITHIN, async () => {
  const gateway = await startMoneyGateway({
    model_list: [priced('m', 100)],
    router_settings: { provider_budget_config: { openai: { budget_limit: 7, time_period: '1d' } } },
    user_api_key_list: [
      {
        api_key: 'sk-gauge',
        key_alias: 'app',
        max_budget: 3,
        budget_duration: '30d',
        model_rpm_limit: { m: 5 },
        model_tpm_limit: { m: 90_000 },
      },
    ],
  });
  try {
    await manage(gateway, '/user/new', {
      user_id: 'ada',
      auto_create_key: false,
      max_budget: 6,
      budget_duration: '7d',
    });
    const organization = await manage(gateway, '/organization/new', { organization_alias: 'acme', max_budget: 5 });
    const owner = organization.organization_id ?? null;
    await manage(gateway, '/team/new', { team_id: 't1', team_alias: 'core', organization_id: owner, max_budget: 4 });
    const inTeam = await manage(gateway, '/key/generate', { team_id: 't1' });
    const ofUser = await manage(gateway, '/key/generate', { user_id: 'ada' });
    const key = `hashed_api_key="${hashOf('sk-gauge')}",api_key_alias="app"`;
    assert.equal((await scrape(gateway, 'litellm_remaining_api_key_budget_metric')).size, 0, 'no request came yet');

    const cost = costOf(await ask(gateway, 'sk-gauge'));
    await ask(gateway, 'sk-gauge');
    await ask(gateway, String(inTeam.key));
    await ask(gateway, String(ofUser.key));
    await near(gateway, 'litellm_remaining_api_key_budget_metric', key, 3 - 2 * cost);
    await near(gateway, 'litellm_api_key_max_budget_metric', key, 3);
    const hours = (await scrape(gateway, 'litellm_api_key_budget_remaining_hours_metric')).get(key);
    assert.ok(hours !== undefined && hours > 0 && hours <= 31 * 24, `${hours} hours`);
    await near(gateway, 'litellm_remaining_team_budget_metric', 'team="t1",team_alias="core"', 4 - cost);
    await near(gateway, 'litellm_team_max_budget_metric', 'team="t1",team_alias="core"', 4);
    assert.equal((await scrape(gateway, 'litellm_team_budget_remaining_hours_metric')).size, 0, 'it never resets');
    await near(gateway, 'litellm_remaining_user_budget_metric', 'user="ada"', 6 - cost);
    await near(gateway, 'litellm_remaining_org_budget_metric', `org_id="${owner}",org_alias="acme"`, 5 - cost);
    await eventually(async () => {
      const left = (await scrape(gateway, 'litellm_provider_remaining_budget_metric')).get('api_provider="openai"');
      return left !== undefined && Math.abs(left - (7 - 4 * cost)) < 1e-9;
    }, 'what is left for the provider');
    await near(gateway, 'litellm_remaining_api_key_requests_for_model', `${key},model="m"`, 3);
    const tokens = (await scrape(gateway, 'litellm_remaining_api_key_tokens_for_model')).get(`${key},model="m"`);
    assert.ok(tokens !== undefined && tokens > 0 && tokens < 90_000, `${tokens} tokens`);

    const text = await (await gateway.get('/metrics')).text();
    assert.doesNotMatch(text, /sk-gauge/);
    // What a store says, a moment later, is the same.
    const info = await manage(gateway, `/team/info?team_id=t1`);
    assert.ok(Math.abs(Number((info.team_info as JsonObject).spend) - cost) < 1e-9);
  } finally {
    await gateway.close();
  }
});

test('a budget that resets is whole again, before any request', WITHIN, async () => {
  const gateway = await startMoneyGateway({
    user_api_key_list: [{ api_key: 'sk-reset', key_alias: 'reset', max_budget: 2, budget_duration: '2s' }],
  });
  try {
    const labels = `hashed_api_key="${hashOf('sk-reset')}",api_key_alias="reset"`;
    await ask(gateway, 'sk-reset');
    await wait(2_100);
    await near(gateway, 'litellm_remaining_api_key_budget_metric', labels, 2);
    const hours = (await scrape(gateway, 'litellm_api_key_budget_remaining_hours_metric')).get(labels);
    assert.ok(hours !== undefined && hours > 0 && hours <= 2 / 3600, `${hours} hours`);
  } finally {
    await gateway.close();
  }
});

test('a raised budget and a reset one are seen with the next request', WITHIN, async () => {
  const gateway = await startMoneyGateway({ litellm_settings: { drop_params: true } });
  try {
    await manage(gateway, '/user/new', { user_id: 'ada', auto_create_key: false, max_budget: 6 });
    const made = await manage(gateway, '/key/generate', { user_id: 'ada', key_alias: 'changed', max_budget: 1 });
    const labels = `hashed_api_key="${made.token}",api_key_alias="changed"`;
    const cost = costOf(await ask(gateway, String(made.key)));
    await near(gateway, 'litellm_remaining_api_key_budget_metric', labels, 1 - cost);
    await manage(gateway, '/key/update', { key: String(made.key), max_budget: 2 });
    await ask(gateway, String(made.key));
    await near(gateway, 'litellm_api_key_max_budget_metric', labels, 2);
    await near(gateway, 'litellm_remaining_api_key_budget_metric', labels, 2 - 2 * cost);
    await manage(gateway, `/key/${made.token}/reset_spend`, { reset_to: 0 });
    await ask(gateway, String(made.key));
    await near(gateway, 'litellm_remaining_api_key_budget_metric', labels, 2 - cost);
    assert.equal((await scrape(gateway, 'litellm_remaining_user_budget_metric')).size, 1);
  } finally {
    await gateway.close();
  }
});

test(
  'customers are shown only if that is configured, and no one is named if personal data is hidden',
  WITHIN,
  async () => {
    const names = ['litellm_remaining_customer_budget_metric', 'litellm_remaining_user_budget_metric'] as const;
    const shown = async (settings: JsonObject): Promise<readonly string[]> => {
      const gateway = await startMoneyGateway({
        litellm_settings: { drop_params: true, max_end_user_budget: 3, ...settings },
      });
      try {
        await manage(gateway, '/user/new', { user_id: 'ada', auto_create_key: false, max_budget: 6 });
        const made = await manage(gateway, '/key/generate', { user_id: 'ada' });
        assert.equal((await ask(gateway, String(made.key), { user: 'visitor' })).status, 200);
        return (await Promise.all(names.map((name) => scrape(gateway, name)))).flatMap((samples) => [
          ...samples.keys(),
        ]);
      } finally {
        await gateway.close();
      }
    };
    const asked = { enable_end_user_cost_tracking_prometheus_only: true };
    assert.deepEqual(await shown({}), ['user="ada"']);
    assert.deepEqual(await shown(asked), ['end_user="visitor"', 'user="ada"']);
    assert.deepEqual(await shown({ ...asked, disable_pii_logging: true }), []);
  },
);
