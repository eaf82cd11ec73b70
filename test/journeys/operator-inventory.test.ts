/** What the operator says of models, of health checks and of new members, through the front door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
const BASE = '${SIMULATOR_URL}/v1';

const entry = (name: string, info: JsonObject = {}) => ({
  model_name: name,
  litellm_params: { model: 'openai/gpt-4o', api_base: BASE, api_key: 'os.environ/PROVIDER_KEY' },
  model_info: info,
});

async function withConfig(
  { general_settings: general, ...config }: JsonObject & { readonly general_settings?: JsonObject },
  run: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [entry('checked'), entry('unchecked', { disable_background_health_check: true })],
      router_settings: { num_retries: 0 },
      ...config,
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...general },
    }),
    env: { DEEPSEEK_API_KEY: 'a-key-of-the-environment' },
  });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

async function jsonOf(response: Response): Promise<JsonObject> {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as JsonObject;
}

const healthy = async (gateway: TestGateway) =>
  (await jsonOf(await gateway.get('/health'))).healthy_endpoints as readonly JsonObject[];

test('health_check_details false hides what was found, and disabled deployments may be left out of /health', async () => {
  await withConfig({}, async (gateway) => {
    const rows = await healthy(gateway);
    assert.deepEqual(rows.map(({ model_name: name }) => name).sort(), ['checked', 'unchecked']);
    assert.ok(rows.every((row) => 'latency_ms' in row && 'breaker' in row));
  });
  const general = { health_check_details: false, health_check_skip_disabled_background_models: true };
  await withConfig({ general_settings: general }, async (gateway) => {
    const rows = await healthy(gateway);
    assert.deepEqual(
      rows.map((row) => Object.keys(row)),
      [['model', 'model_name', 'model_id']],
    );
    assert.equal(rows[0]?.model_name, 'checked');
    assert.equal(gateway.simulator.requests.length, 1);
  });
});

const modelNames = async (gateway: TestGateway): Promise<readonly string[]> => {
  const { data } = await jsonOf(await gateway.get('/model/info'));
  return (data as readonly JsonObject[]).map(({ model_name: name }) => String(name));
};

test('infer_model_from_keys serves what the keys in the environment can, besides model_list', async () => {
  await withConfig({}, async (gateway) => assert.ok(!(await modelNames(gateway)).includes('deepseek/*')));
  await withConfig({ general_settings: { infer_model_from_keys: true } }, async (gateway) => {
    const names = await modelNames(gateway);
    assert.ok(names.includes('deepseek/*') && names.includes('checked'), names.join());
    assert.ok(!names.includes('anthropic/*'), 'there is no key of Anthropic');
  });
});

test('supported_db_objects without models serves no models of the API', async () => {
  for (const objects of [undefined, ['models'], ['guardrails']]) {
    const general = objects === undefined ? {} : { supported_db_objects: objects };
    await withConfig({ general_settings: general }, async (gateway) => {
      const added = await gateway.post('/model/new', {
        model_name: 'added',
        litellm_params: { model: 'openai/gpt-4o', api_base: `${gateway.simulator.url}/v1`, api_key: 'a-key' },
      });
      await added.text();
      const asked = await gateway.post('/v1/chat/completions', {
        model: 'added',
        messages: [{ role: 'user', content: 'Hello' }],
      });
      await asked.text();
      assert.equal(asked.status, objects?.[0] === 'guardrails' ? 400 : 200);
    });
  }
});

test('new users join the teams of default_internal_user_params, unless the request names others', async () => {
  const config = {
    litellm_settings: { default_internal_user_params: { teams: [{ team_id: 'usual', user_role: 'user' }] } },
  };
  await withConfig(config, async (gateway) => {
    for (const id of ['usual', 'other']) await jsonOf(await gateway.post('/team/new', { team_id: id }));
    const teamsOf = async (body: JsonObject): Promise<unknown> => {
      const { user_id: id } = await jsonOf(await gateway.post('/user/new', body));
      const { teams } = await jsonOf(await gateway.get(`/user/info?user_id=${String(id)}`));
      return (teams as readonly JsonObject[]).map(({ team_id: team }) => team);
    };
    assert.deepEqual(await teamsOf({}), ['usual']);
    assert.deepEqual(await teamsOf({ teams: [] }), ['usual']);
    assert.deepEqual(await teamsOf({ teams: ['other'] }), ['other']);
  });
});

test('an admin of an organisation makes users that join the default teams, and names no foreign team itself', async () => {
  const config = { litellm_settings: { default_internal_user_params: { teams: ['usual'] } } };
  await withConfig(config, async (gateway) => {
    for (const id of ['usual', 'foreign']) await jsonOf(await gateway.post('/team/new', { team_id: id }));
    await jsonOf(await gateway.post('/organization/new', { organization_id: 'o', organization_alias: 'o' }));
    await jsonOf(await gateway.post('/user/new', { user_id: 'boss', auto_create_key: false, teams: ['foreign'] }));
    const member = { user_id: 'boss', role: 'org_admin' };
    await jsonOf(await gateway.post('/organization/member_add', { organization_id: 'o', member }));
    const { key } = await jsonOf(await gateway.post('/key/generate', { user_id: 'boss' }));
    const asBoss = { authorization: `Bearer ${String(key)}` };
    const make = (body: JsonObject) => gateway.post('/user/new', { organizations: ['o'], ...body }, asBoss);
    await jsonOf(await make({ user_id: 'new', auto_create_key: false }));
    const { teams } = await jsonOf(await gateway.get('/user/info?user_id=new'));
    assert.deepEqual(
      (teams as readonly JsonObject[]).map(({ team_id: id }) => id),
      ['usual'],
    );
    const refused = await make({ user_id: 'newer', teams: ['usual', 'foreign'] });
    assert.ok([403, 404].includes(refused.status), await refused.text());
  });
});

test('team_member_key_duration of a team of the file ends the keys of its members', async () => {
  const config = {
    teams: [{ team_id: 't', team_member_key_duration: '1d', members: ['u'] }],
    users: [{ user_id: 'u' }],
  };
  await withConfig(config, async (gateway) => {
    const hoursOf = async (body: JsonObject): Promise<number | undefined> => {
      const { expires } = await jsonOf(await gateway.post('/key/generate', body));
      return typeof expires === 'string' ? (Date.parse(expires) - Date.now()) / 3_600_000 : undefined;
    };
    const hours = (await hoursOf({ team_id: 't', user_id: 'u' })) ?? 0;
    assert.ok(hours > 23 && hours < 25, String(hours));
    assert.equal(await hoursOf({ user_id: 'u' }), undefined);
  });
});
