/**
 * What LiteLLM's HTTP suites hold to its proxy, in our own words: keys, users, team members, fallbacks, end users, models, budgets and
 * metrics. https://github.com/BerriAI/litellm/tree/main/tests (2026-11-29).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
const SIMULATED = { api_base: '${SIMULATOR_URL}/v1', api_key: 'os.environ/PROVIDER_KEY' };
const model = (name: string, params: JsonObject = {}, info: JsonObject = {}): JsonObject => ({
  model_name: name,
  litellm_params: { model: 'openai/gpt-4o', ...SIMULATED, ...params },
  model_info: info,
});

let proxy: LiteLlmClient;
let count = 0;
const fresh = (): string => `id-${++count}`;

before(async () => {
  proxy = await startProxy({
    config: JSON.stringify({
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      litellm_settings: { drop_params: true },
      router_settings: { num_retries: 0 },
      model_list: [
        model('gpt-4'),
        model('gpt-3.5-turbo'),
        model('instruct'),
        model('broken', { model: 'openai/gpt-4o+fault-500' }),
        model('limited', { model: 'openai/gpt-4o+fault-429' }),
        model('slow', { timeout: 1 }),
        model('eu', { region_name: 'eu' }),
        model('us', { region_name: 'us' }),
        model('by-region', { region_name: 'eu' }),
        model('by-region', { region_name: 'us' }),
        model('anthropic/*', { model: 'anthropic/*' }),
      ],
    }),
  });
});
after(() => proxy.close());

const errorOf = ({ body }: { readonly body: JsonObject }): JsonObject => body.error as JsonObject;

describe('A key', { timeout: 60_000 }, () => {
  it('is made ten times at once, with aliases and an end that is null', async () => {
    const body = { models: ['gpt-4'], aliases: { 'mistral-7b': 'gpt-3.5-turbo' }, duration: null, max_budget: null };
    const made = await Promise.all(Array.from({ length: 10 }, () => proxy.ok('POST', '/key/generate', body)));
    assert.equal(new Set(made.map(({ key }) => key)).size, 10);
    for (const { key, expires, models } of made) {
      assert.match(String(key), /^sk-/);
      assert.equal(expires, null);
      assert.deepEqual(models, ['gpt-4']);
    }
  });

  it('is changed, used and deleted, and works no more', async () => {
    const key = await proxy.key({ models: ['gpt-3.5-turbo'] });
    assert.equal((await proxy.chat(key, 'gpt-4')).status, 403);
    await proxy.ok('POST', '/key/update', { key, models: ['gpt-4'] });
    assert.equal((await proxy.chat(key, 'gpt-4')).status, 200);
    const { deleted_keys } = await proxy.ok('POST', '/key/delete', { keys: [key] });
    assert.equal((deleted_keys as string[]).length, 1);
    assert.equal((await proxy.chat(key, 'gpt-4')).status, 401);
  });

  it('shows itself to admins and to itself, and is a 403 to another', async () => {
    const [key, other] = [await proxy.key(), await proxy.key()];
    for (const [path, by] of [
      [`/key/info?key=${key}`, undefined],
      [`/key/info?key=${key}`, key],
      ['/key/info', key],
    ] as const) {
      const { info } = await proxy.ok('GET', path, undefined, by);
      assert.equal((info as JsonObject).spend, 0);
    }
    assert.equal((await proxy.ask('GET', `/key/info?key=${key}`, undefined, other)).status, 403);
  });

  it('of no user shares nothing with others that the master key made', async () => {
    const [key, other] = [await proxy.key({ key_alias: fresh() }), await proxy.key()];
    const { body } = await proxy.chat(key, 'gpt-4');
    const rows = async (by?: string) =>
      (await proxy.ok('GET', `/spend/logs?request_id=${body.id}`, undefined, by)) as unknown as readonly JsonObject[];
    const [row] = await until(rows, (found) => found.length === 1);
    assert.equal((await rows(key)).length, 1);
    const seen = await proxy.ask('GET', `/spend/logs?request_id=${body.id}`, undefined, other);
    assert.ok(
      seen.status === 403 || (seen.body as unknown as readonly JsonObject[]).length === 0,
      JSON.stringify(seen),
    );
    for (const path of ['/key/list?size=100', '/key/aliases', '/spend/logs?summarize=false', '/user/info']) {
      const { body: answered } = await proxy.ask('GET', path, undefined, other);
      assert.ok(!JSON.stringify(answered).includes(String(row?.api_key)), `${path} names the key of another`);
    }
    for (const [path, fields] of [
      ['/key/update', { key, max_budget: 5 }],
      ['/key/block', { key }],
      ['/key/regenerate', { key }],
      ['/key/delete', { keys: [key] }],
    ] as [string, JsonObject][]) {
      assert.equal((await proxy.ask('POST', path, { ...fields }, other)).status, 403, path);
    }
    assert.equal((await proxy.chat(key, 'gpt-4')).status, 200);
  });

  it('has a budget that begins again, and says when', async () => {
    const key = await proxy.key({ max_budget: 10, budget_duration: '2s' });
    const resetAt = async () =>
      ((await proxy.ok('GET', '/key/info', undefined, key)).info as JsonObject).budget_reset_at;
    const first = await resetAt();
    assert.ok(typeof first === 'string' && Date.parse(first) > Date.now() - 2_000);
    await until(resetAt, (now) => now !== first);
  });

  it('without any budget left is refused in LiteLLM’s words, and served again with more', async () => {
    const key = await proxy.key({ max_budget: 0 });
    const refused = await proxy.chat(key, 'gpt-4');
    const { type, message, code } = errorOf(refused);
    assert.equal(type, 'budget_exceeded');
    assert.equal(code, String(refused.status));
    for (const words of [/Budget has been exceeded!/, /Current cost:/, /Max budget:/])
      assert.match(String(message), words);
    await proxy.ok('POST', '/key/update', { key, max_budget: 1 });
    for (let number = 0; number < 3; number += 1) assert.equal((await proxy.chat(key, 'gpt-4')).status, 200);
  });
});

describe('A user', { timeout: 60_000 }, () => {
  it('is made ten times at once, each with a key', async () => {
    const body = { models: ['gpt-4'], aliases: { 'mistral-7b': 'gpt-3.5-turbo' }, duration: null, max_budget: null };
    const made = await Promise.all(Array.from({ length: 10 }, () => proxy.ok('POST', '/user/new', body)));
    assert.equal(new Set(made.map(({ user_id }) => user_id)).size, 10);
    for (const { key } of made) assert.match(String(key), /^sk-/);
  });

  it('is shown to admins and itself, and a 403 to another', async () => {
    const [one, other] = await Promise.all(
      [{ user_id: `krrish_${fresh()}@berri.ai` }, {}].map((body) => proxy.ok('POST', '/user/new', body)),
    );
    const path = `/user/info?user_id=${one?.user_id}`;
    for (const by of [undefined, String(one?.key)])
      assert.equal((await proxy.ok('GET', path, undefined, by)).user_id, one?.user_id);
    assert.equal((await proxy.ask('GET', path, undefined, String(other?.key))).status, 403);
  });

  it('named litellm-proxy-budget spends what the proxy does, whole and streamed', async () => {
    const spend = async (): Promise<number> =>
      Number(((await proxy.ok('GET', '/user/info?user_id=litellm-proxy-budget')).user_info as JsonObject).spend);
    const first = await spend();
    await proxy.chat(proxy.gateway.masterKey, 'gpt-4');
    const second = await until(spend, (now) => now > first);
    const response = await proxy.gateway.post('/chat/completions', {
      model: 'gpt-4',
      stream: true,
      messages: [{ role: 'user', content: 'say: hello' }],
    });
    await response.text();
    await until(spend, (now) => now > second);
    await proxy.ok('POST', '/user/update', { user_id: 'litellm-proxy-budget', spend: 0 });
    assert.equal(await spend(), 0);
  });
});

describe('A member of a team', { timeout: 60_000 }, () => {
  const add = (team_id: string, user_id: string) =>
    proxy.ask('POST', '/team/member_add', { team_id, member: [{ role: 'user', user_id }] });
  const remove = (team_id: string, user_id: string) => proxy.ask('POST', '/team/member_delete', { team_id, user_id });
  const members = async (team_id: string): Promise<readonly JsonObject[]> =>
    ((await proxy.ok('GET', `/team/info?team_id=${team_id}`)).team_info as JsonObject)
      .members_with_roles as JsonObject[];

  it('is added and removed once, and is an error where there is none', async () => {
    const team_id = fresh();
    const team = await proxy.ok('POST', '/team/new', { team_id, team_alias: 'Test Team', models: ['gpt-4'] });
    assert.equal(team.team_id, team_id);
    const info = await proxy.ok('GET', `/team/info?team_id=${team_id}`);
    assert.deepEqual([info.team_id, (info.team_info as JsonObject).team_alias], [team_id, 'Test Team']);
    const before = (await members(team_id)).length;
    const user = `${fresh()}@mycompany.com`;
    assert.equal((await add(team_id, user)).status, 200);
    const after = await members(team_id);
    assert.equal(after.length, before + 1);
    const own = after.find(({ user_id }) => user_id === user);
    assert.equal(own?.role, 'user');
    assert.equal((await remove(team_id, user)).status, 200);
    for (let number = 0; number < 4; number += 1) assert.equal((await remove(team_id, user)).status, 400);
    assert.equal((await members(team_id)).length, before);
    assert.equal((await remove(team_id, 'nobody-of-this-name')).status, 400);
    assert.ok((await proxy.ask('GET', '/team/info?team_id=invalid-team-id')).status >= 400);
  });

  it('is one, added once or twice', async () => {
    const { team_id = '' } = await proxy.ok('POST', '/team/new', {});
    const user = fresh();
    await add(String(team_id), user);
    await add(String(team_id), user);
    assert.equal((await members(String(team_id))).filter(({ user_id }) => user_id === user).length, 1);
  });
});

describe('A fallback', { timeout: 60_000 }, () => {
  it('of the client is tried if the key may use it, with its own messages too, and is refused if not', async () => {
    const custom = { model: 'instruct', messages: [{ role: 'user', content: 'This is a message of its own' }] };
    for (const fallback of ['instruct', custom]) {
      const asked = { mock_testing_fallbacks: true, fallbacks: [fallback] };
      const metadata = { allow_client_mock_response: true };
      const may = await proxy.key({ models: ['gpt-3.5-turbo', 'instruct'], metadata });
      const served = await proxy.chat(may, 'gpt-3.5-turbo', asked);
      assert.equal(served.status, 200, JSON.stringify(served.body));
      assert.equal(served.headers.get('x-litellm-attempted-fallbacks'), '1');
      const mayNot = await proxy.key({ models: ['gpt-3.5-turbo'], metadata });
      assert.equal((await proxy.chat(mayNot, 'gpt-3.5-turbo', asked)).status, 403);
    }
  });

  it('says which time limit held: of the model, or of the request', async () => {
    const key = await proxy.key({ metadata: { allow_client_mock_response: true } });
    const ofModel = await proxy.chat(key, 'slow', { mock_timeout: true, num_retries: 0 });
    assert.equal(ofModel.status, 408);
    assert.equal(Number(ofModel.headers.get('x-litellm-timeout')), 1);
    const response = await proxy.gateway.post(
      '/chat/completions',
      { model: 'slow', messages: [{ role: 'user', content: 'Hi' }], num_retries: 0, mock_timeout: true },
      { authorization: `Bearer ${key}`, 'x-litellm-timeout': '0.001' },
    );
    assert.equal(response.status, 408);
    assert.equal(response.headers.get('x-litellm-timeout'), '0.001');
  });

  it('is not needed by models that work while another is down', async () => {
    const bad = Array.from({ length: 30 }, () => proxy.chat(proxy.gateway.masterKey, 'broken'));
    const good = await Promise.all(Array.from({ length: 30 }, () => proxy.chat(proxy.gateway.masterKey, 'gpt-4')));
    assert.ok(good.every(({ status }) => status === 200));
    assert.ok((await Promise.all(bad)).every(({ status }) => status >= 400));
  });
});

describe('An end user', { timeout: 60_000 }, () => {
  it('is made ten times at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, () =>
        proxy.ok('POST', '/end_user/new', { user_id: fresh(), allowed_model_region: null, default_model: null }),
      ),
    );
    assert.equal(new Set(made.map(({ user_id }) => user_id)).size, 10);
  });

  it('of a region is served there', async () => {
    const { user_id } = await proxy.ok('POST', '/end_user/new', { user_id: fresh(), allowed_model_region: 'eu' });
    const key = await proxy.key({ models: ['by-region'] });
    for (let number = 0; number < 6; number += 1) {
      const { status, headers } = await proxy.chat(key, 'by-region', { user: user_id });
      assert.deepEqual([status, headers.get('x-litellm-model-region')], [200, 'eu']);
    }
  });

  it('with a budget of two tokens a minute is held to it, for keys and the master key', async () => {
    const { budget_id } = await proxy.ok('POST', '/budget/new', { budget_id: fresh(), tpm_limit: 2 });
    for (const key of [await proxy.key(), proxy.gateway.masterKey]) {
      const { user_id } = await proxy.ok('POST', '/end_user/new', { user_id: fresh(), budget_id });
      let passed = 0;
      for (let number = 0; number < 10; number += 1) {
        if ((await proxy.chat(key, 'gpt-4', { user: user_id })).status === 200) passed += 1;
      }
      assert.ok(passed < 5, `${passed} passed`);
    }
  });
});

describe('A list of models', { timeout: 60_000 }, () => {
  it('has what a key may use, and no access groups where there are none', async () => {
    const key = await proxy.key();
    assert.ok(((await proxy.ok('GET', '/models', undefined, key)).data as JsonObject[]).length > 0);
    const groups = await proxy.ok('GET', '/models?only_model_access_groups=True', undefined, key);
    assert.deepEqual(groups.data, []);
  });

  it('shows one model as it shows it among all', async () => {
    const key = await proxy.key({ models: ['gpt-4'] });
    const { data } = await proxy.ok('GET', '/model/info', undefined, key);
    const [found, ...others] = data as JsonObject[];
    assert.equal(found?.model_name, 'gpt-4');
    assert.equal(others.length, 0);
    const id = String((found as { model_info: JsonObject }).model_info.id);
    assert.deepEqual((await proxy.ok('GET', `/model/info?litellm_model_id=${id}`, undefined, key)).data, [found]);
  });

  it('of a user has its own, and wildcards are expanded', async () => {
    const user = await proxy.ok('POST', '/user/new', { models: ['gpt-3.5-turbo'] });
    const { data } = await proxy.ok('GET', '/model_group/info', undefined, String(user.key));
    assert.deepEqual(
      (data as JsonObject[]).map(({ model_group }) => model_group),
      ['gpt-3.5-turbo'],
    );
    const groups = ((await proxy.ok('GET', '/model_group/info')).data as JsonObject[]).map(({ model_group }) =>
      String(model_group),
    );
    assert.ok(!groups.includes('anthropic/*'));
    assert.ok(groups.some((group) => group.startsWith('anthropic/')));
  });

  it('grows and shrinks by the API, and the model is served meanwhile', async () => {
    const [id, name] = [fresh(), fresh()];
    const added = await proxy.ok('POST', '/model/new', {
      model_name: name,
      litellm_params: { model: 'openai/gpt-4.1-nano', api_base: `${proxy.gateway.simulator.url}/v1`, api_key: 'a-key' },
      model_info: { id },
    });
    assert.equal(added.model_id, id);
    const key = await proxy.key();
    await until(
      async () => (await proxy.chat(key, name)).status,
      (status) => status === 200,
    );
    await proxy.ok('POST', '/model/delete', { id });
    await until(
      async () => (await proxy.chat(key, name)).status,
      (status) => status === 400,
    );
  });
});

describe('Metrics', { timeout: 60_000 }, () => {
  const metrics = async (): Promise<string> => await (await proxy.gateway.get('/metrics')).text();
  const labels = (text: string, name: string): ReadonlySet<string> =>
    new Set(
      [...text.matchAll(new RegExp(`^${name}\\{(.*?)\\} `, 'gm'))].flatMap(([, all = '']) =>
        [...all.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
      ),
    );

  it('have the labels that LiteLLM’s have', async () => {
    const key = await proxy.key();
    await proxy.chat(key, 'gpt-4', { user: 'my-test-user-34' });
    await proxy.chat(key, 'limited');
    await proxy.chat(key, 'limited', { fallbacks: ['gpt-4'] });
    const text = await until(metrics, (now) => now.includes('litellm_deployment_successful_fallbacks_total{'));
    assert.ok(!text.includes('my-test-user-34'), 'no end users unless they are asked for');
    const caller = ['api_key_alias', 'hashed_api_key', 'team', 'team_alias'];
    const wanted: Readonly<Record<string, readonly string[]>> = {
      litellm_proxy_failed_requests_metric_total: [
        ...caller,
        'end_user',
        'exception_class',
        'exception_status',
        'requested_model',
        'route',
        'user',
        'user_email',
      ],
      litellm_proxy_total_requests_metric_total: [
        ...caller,
        'end_user',
        'requested_model',
        'route',
        'status_code',
        'user',
        'user_email',
      ],
      litellm_deployment_failure_responses_total: [
        ...caller,
        'api_base',
        'api_provider',
        'exception_class',
        'exception_status',
        'litellm_model_name',
        'model_id',
        'requested_model',
      ],
      litellm_request_total_latency_metric_bucket: [...caller, 'end_user', 'model', 'requested_model', 'user', 'le'],
      litellm_llm_api_latency_metric_bucket: [...caller, 'end_user', 'model', 'requested_model', 'user', 'le'],
      litellm_overhead_latency_metric_bucket: ['api_base', 'api_provider', 'litellm_model_name', 'model_group', 'le'],
      litellm_deployment_successful_fallbacks_total: [
        ...caller,
        'exception_class',
        'exception_status',
        'fallback_model',
        'requested_model',
      ],
    };
    for (const [name, names] of Object.entries(wanted)) {
      const found = labels(text, name);
      assert.deepEqual(
        names.filter((label) => !found.has(label)),
        [],
        `${name} has ${[...found].join()}`,
      );
    }
    const [failure = ''] =
      text.match(/^litellm_proxy_failed_requests_metric_total\{.*requested_model="limited".*$/m) ?? [];
    assert.match(failure, /exception_class="Openai.RateLimitError"/);
    assert.match(failure, /exception_status="429"/);
  });

  it('show the budgets of teams, as /team/info does', async () => {
    const { team_id = '' } = await proxy.ok('POST', '/team/new', {
      team_alias: 'budget_test_team',
      max_budget: 10,
      budget_duration: '7d',
    });
    const key = await proxy.key({ team_id });
    assert.equal((await proxy.chat(key, 'gpt-4')).status, 200);
    const value = (text: string, name: string): number =>
      Number(
        new RegExp(`^litellm_${name}\\{team="${team_id}",team_alias="[^"]*"\\} ([0-9.e-]+)$`, 'm').exec(text)?.[1],
      );
    const text = await until(metrics, (now) => value(now, 'remaining_team_budget_metric') < 10);
    assert.equal(value(text, 'team_max_budget_metric'), 10);
    const hours = value(text, 'team_budget_remaining_hours_metric');
    assert.ok(hours > 0 && hours <= 168, `${hours}`);
    const { team_info } = await proxy.ok('GET', `/team/info?team_id=${team_id}`);
    const left = 10 - Number((team_info as JsonObject).spend);
    assert.ok(Math.abs(left - value(text, 'remaining_team_budget_metric')) < 1e-6);
  });
});
