/** What the operator says of one key or team: its routing and its access groups, through the front door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const model = (name: string, wire: string, info: JsonObject = {}) => ({
  model_name: name,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
  litellm_params: { model: `openai/${wire}`, api_base: '${SIMULATOR_URL}/v1', api_key: 'os.environ/PROVIDER_KEY' },
  model_info: info,
});

const MODELS = [
  model('broken', 'gpt-4o+fault-500'),
  model('spare', 'gpt-4o-mini'),
  model('other', 'gpt-4.1'),
  model('slow', 'gpt-4o+fault-hang'),
  model('grouped', 'gpt-4.1-mini', { access_groups: ['beta'] }),
];

async function withTenants(config: JsonObject, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: MODELS,
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ broken: ['other'] }] },
      ...config,
    }),
  });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

async function chat(gateway: TestGateway, key: string, name: string, body: JsonObject = {}) {
  const before = gateway.simulator.requests.length;
  const messages = [{ role: 'user', content: 'Hello' }];
  const asked = { model: name, messages, ...body };
  const response = await gateway.post('/v1/chat/completions', asked, { authorization: `Bearer ${key}` });
  const text = await response.text();
  const asksOf = gateway.simulator.requests.slice(before).map((request) => request.model);
  return { status: response.status, text, models: asksOf.map((each) => each.replace(/\+.*/, '')) };
}

test('router_settings of a key come before those of its team and of the file, and a request before all', async () => {
  const settings = (group: string, retries: number) => ({
    fallbacks: [{ broken: [group] }],
    num_retries: retries,
  });
  const config = {
    teams: [{ team_id: 't', router_settings: settings('spare', 1) }],
    user_api_key_list: [
      { api_key: 'key-alone-0001' },
      { api_key: 'key-of-team-01', team_id: 't' },
      { api_key: 'key-own-000001', team_id: 't', router_settings: { num_retries: 2 } },
    ],
  };
  await withTenants(config, async (gateway) => {
    assert.deepEqual((await chat(gateway, 'key-alone-0001', 'broken')).models, ['gpt-4o', 'gpt-4.1']);
    const team = ['gpt-4o', 'gpt-4o', 'gpt-4o-mini'];
    assert.deepEqual((await chat(gateway, 'key-of-team-01', 'broken')).models, team);
    assert.deepEqual((await chat(gateway, 'key-own-000001', 'broken')).models, ['gpt-4o', ...team]);
    const said = await chat(gateway, 'key-own-000001', 'broken', { num_retries: 0, fallbacks: ['other'] });
    assert.deepEqual(said.models, ['gpt-4o', 'gpt-4.1']);
    const off = await chat(gateway, 'key-own-000001', 'broken', { num_retries: 0, disable_fallbacks: true });
    assert.deepEqual(off.models, ['gpt-4o']);
  });
});

test('a fallback of router_settings that the key may not use is left out, and a limit of time holds', async () => {
  const config = {
    user_api_key_list: [
      {
        api_key: 'key-held-to-two',
        models: ['broken', 'other'],
        router_settings: { fallbacks: [{ broken: ['spare', 'other'] }] },
      },
      { api_key: 'key-in-a-hurry', router_settings: { timeout: 0.3, default_fallbacks: ['spare'] } },
    ],
  };
  await withTenants(config, async (gateway) => {
    assert.deepEqual((await chat(gateway, 'key-held-to-two', 'broken')).models, ['gpt-4o', 'gpt-4.1']);
    assert.equal((await chat(gateway, 'key-in-a-hurry', 'slow')).status, 408);
  });
});

test('router_settings of keys and teams that the API makes hold too', async () => {
  await withTenants({}, async (gateway) => {
    const router = { fallbacks: [{ broken: ['spare'] }] };
    const made = await gateway.post('/key/generate', { router_settings: router });
    const { key } = (await made.json()) as { readonly key: string };
    assert.deepEqual((await chat(gateway, key, 'broken')).models, ['gpt-4o', 'gpt-4o-mini']);
  });
});

test('access_group_ids let keys and teams use the models of these groups, besides those that they name', async () => {
  const config = {
    teams: [{ team_id: 't', models: ['spare'], access_group_ids: ['beta'] }],
    user_api_key_list: [
      { api_key: 'key-with-both', models: ['other'], access_group_ids: ['beta'] },
      { api_key: 'key-with-group', access_group_ids: ['beta'] },
      { api_key: 'key-of-the-team', team_id: 't' },
    ],
  };
  await withTenants(config, async (gateway) => {
    const mayUse = async (key: string): Promise<readonly string[]> => {
      const names = ['spare', 'other', 'grouped'];
      const statuses = await Promise.all(names.map(async (name) => (await chat(gateway, key, name)).status));
      return names.filter((_name, index) => statuses[index] === 200);
    };
    assert.deepEqual(await mayUse('key-with-both'), ['other', 'grouped']);
    assert.deepEqual(await mayUse('key-with-group'), ['grouped']);
    assert.deepEqual(await mayUse('key-of-the-team'), ['spare', 'grouped']);
  });
});

test('default_model of a customer serves its region if the group that is asked for has nothing there', async () => {
  const inEurope = (name: string, wire: string) => {
    const entry = model(name, wire);
    return { ...entry, litellm_params: { ...entry.litellm_params, region_name: 'eu' } };
  };
  const config = {
    model_list: [...MODELS, inEurope('european', 'gpt-4.1-nano'), inEurope('chosen', 'gpt-5')],
    customers: [
      { user_id: 'eva', allowed_model_region: 'eu', default_model: 'european' },
      { user_id: 'udo', allowed_model_region: 'eu', default_model: 'other' },
      { user_id: 'ann', default_model: 'european' },
    ],
    user_api_key_list: [{ api_key: 'key-of-the-shop' }, { api_key: 'key-held-to-one', models: ['spare', 'chosen'] }],
  };
  await withTenants(config, async (gateway) => {
    const served = async (key: string, name: string, user: string) => (await chat(gateway, key, name, { user })).models;
    assert.deepEqual(await served('key-of-the-shop', 'spare', 'eva'), ['gpt-4.1-nano']);
    assert.deepEqual(await served('key-of-the-shop', 'chosen', 'eva'), ['gpt-5']);
    assert.deepEqual(await served('key-of-the-shop', 'spare', 'ann'), ['gpt-4o-mini']);
    assert.deepEqual(
      await served('key-of-the-shop', 'spare', 'udo'),
      [],
      'the default has nothing in the region either',
    );
    assert.deepEqual(await served('key-held-to-one', 'spare', 'eva'), [], 'the key may not use the default');
    const { text } = await chat(gateway, 'key-held-to-one', 'spare', { user: 'eva' });
    assert.doesNotMatch(text, /european/);
  });
});
