/** What one deployment may not be sent, another may: the request goes past the first, and nothing unknown goes along unseen. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, messageOf, startMoneyGateway } from './tenants.ts';

const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const PRICES = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
const SEARCHES = { search_context_cost_per_query: { search_context_size_medium: 0.05 } };

function deployment(group: string, model: string, more: JsonObject = {}): JsonObject {
  return {
    model_name: group,
    litellm_params: { model, ...DEPLOYMENT, ...PRICES, ...more },
    model_info: { max_output_tokens: 4_096 },
  };
}

describe('refused members under a budget', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      user_api_key_list: [{ api_key: 'budgeted', max_budget: 1_000 }, { api_key: 'free' }],
      model_list: [
        deployment('mixed', 'openai/refuses', { order: 1 }),
        deployment('mixed', 'openai/takes', { order: 2, allowed_openai_params: ['prediction', 'plugins'] }),
        deployment('refusing', 'openai/refuses'),
        deployment('taking', 'openrouter/takes', { allowed_openai_params: ['plugins', 'prediction'] }),
        deployment('none', 'openai/refuses', { order: 1 }),
        deployment('none', 'openai/refuses-too', { order: 2 }),
        deployment('claude', 'anthropic/claude-x', SEARCHES),
        deployment('gemini', 'gemini/gemini-x', SEARCHES),
        deployment('search', 'openai/x', SEARCHES),
      ],
      router_settings: {
        num_retries: 0,
        max_attempts: 1,
        fallbacks: [{ refusing: ['taking'] }],
        enable_pre_call_checks: true,
      },
    });
  });
  after(() => gateway.close());

  const modelsAsked = (from: number): readonly string[] =>
    gateway.simulator.requests.slice(from).map(({ body }) => String((body as JsonObject | undefined)?.model));

  test('a deployment of the group that may be sent it answers, though no retry is allowed', async () => {
    for (let round = 0; round < 5; round += 1) {
      const before = gateway.simulator.requests.length;
      const seen = await ask(gateway, 'budgeted', { model: 'mixed', prediction: { type: 'content', content: 'x' } });
      assert.equal(seen.status, 200, seen.text);
      assert.deepEqual(modelsAsked(before), ['takes']);
      assert.equal(seen.headers.get('x-litellm-attempted-retries') ?? '0', '0');
    }
    // The refusals say nothing of the health of the first.
    const before = gateway.simulator.requests.length;
    assert.equal((await ask(gateway, 'budgeted', { model: 'mixed' })).status, 200);
    assert.deepEqual(modelsAsked(before), ['refuses']);
  });

  test('a fallback that may be sent it answers, unless the request forbids fallbacks', async () => {
    const before = gateway.simulator.requests.length;
    const seen = await ask(gateway, 'budgeted', { model: 'refusing', plugins: [{ id: 'web' }] });
    assert.equal(seen.status, 200, seen.text);
    assert.deepEqual(modelsAsked(before), ['takes']);
    const without = await ask(gateway, 'budgeted', { model: 'refusing', plugins: [], disable_fallbacks: true });
    assert.equal(without.status, 400, without.text);
  });

  test('if none may be sent it, the answer is 400 and names the member', async () => {
    const before = gateway.simulator.requests.length;
    const seen = await ask(gateway, 'budgeted', { model: 'none', prediction: { type: 'content', content: 'x' } });
    assert.equal(seen.status, 400);
    assert.match(messageOf(seen), /`prediction`[\s\S]*counts against a budget/);
    assert.equal(gateway.simulator.requests.length, before);
  });

  test('a member that is null and unknown is not sent; a known one is, and so is each without a budget', async () => {
    const nulls = { plugins: null, extra_thing: null, service_tier: null, tools: null };
    const sentBy = async (key: string): Promise<JsonObject> => {
      const before = gateway.simulator.requests.length;
      const seen = await ask(gateway, key, { model: 'none', ...nulls });
      assert.equal(seen.status, 200, seen.text);
      return gateway.simulator.requests[before]?.body as JsonObject;
    };
    const sent = await sentBy('budgeted');
    for (const name of ['plugins', 'extra_thing', 'service_tier']) assert.ok(!Object.hasOwn(sent, name), name);
    assert.ok(Object.hasOwn(sent, 'tools'));
    assert.ok(Object.hasOwn(await sentBy('free'), 'extra_thing'));
    for (const body of [
      '{"model":"none","messages":[{"role":"user","content":"hi"}],"plug\\u0069ns":null}',
      '{"plugins" : null ,"model":"none","messages":[{"role":"user","content":"hi"}]}',
    ]) {
      const before = gateway.simulator.requests.length;
      const response = await gateway.post('/v1/chat/completions', body, { authorization: 'Bearer budgeted' });
      assert.equal(response.status, 200, await response.text());
      assert.doesNotMatch(JSON.stringify(gateway.simulator.requests[before]?.body), /plugins/);
    }
  });

  const refused = async (model: string, more: JsonObject): Promise<void> => {
    const seen = await ask(gateway, 'budgeted', { model, ...more });
    assert.equal(seen.status, 400, `${JSON.stringify(more)}: ${seen.text}`);
    assert.match(messageOf(seen), /counts against a budget/);
  };

  test('what a search says is checked by value', async () => {
    const place = { type: 'approximate', approximate: { country: 'GB', city: 'London' } };
    for (const options of [{}, { search_context_size: 'low' }, { search_context_size: 'high', user_location: place }]) {
      const seen = await ask(gateway, 'budgeted', { model: 'search', web_search_options: options });
      assert.equal(seen.status, 200, `${JSON.stringify(options)}: ${seen.text}`);
    }
    for (const options of [
      { search_context_size: 'enormous' },
      { search_context_size: 9 },
      { search_type: 'pro' },
      { engine: 'dear' },
      { user_location: { endpoint: 'http://evil.example' } },
      { user_location: { approximate: { country: { deep: 1 } } } },
      { __proto__x: 1 },
      [],
      'high',
      true,
    ])
      await refused('search', { web_search_options: options as JsonObject });
  });

  test('what tools say is checked by value', async () => {
    const f = { name: 'f', description: 'x', parameters: { type: 'object' }, strict: true };
    assert.equal(
      (await ask(gateway, 'budgeted', { model: 'none', tools: [{ type: 'function', function: f }] })).status,
      200,
    );
    for (const tool of [
      { type: 'function', function: f, server_url: 'http://evil.example' },
      { type: 'function', function: { ...f, container: { type: 'auto' } } },
      { type: 'function', function: f, web_search: { enable: true } },
      { type: 'custom', custom: { name: 'f', code_interpreter: {} } },
      { function: f, retrieval: {} },
    ] as readonly JsonObject[])
      await refused('none', { tools: [{ type: 'function', function: f }, tool] });
  });

  test('what tools of Anthropic and Gemini say is checked by value', async () => {
    const claude = async (tool: JsonObject): Promise<string> => {
      const body = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], tools: [tool] };
      const response = await gateway.post('/v1/messages', body, { 'x-api-key': 'budgeted' });
      return `${response.status} ${await response.text()}`;
    };
    const own = { name: 'f', input_schema: { type: 'object' } };
    const search = { type: 'web_search_20250305', name: 'web_search' };
    for (const good of [own, { ...own, cache_control: { type: 'ephemeral' } }, { ...search, max_uses: 2 }])
      assert.match(await claude(good), /^200/, JSON.stringify(good));
    for (const bad of [
      { ...own, allowed_callers: ['code_execution_20250825'] },
      { ...own, server_url: 'http://evil.example' },
      { ...search, engine: 'dear' },
      { ...search, allowed_callers: ['code_execution_20260120'] },
    ])
      assert.match(await claude(bad), /^400 .*counts against a budget/, JSON.stringify(bad));
  });
});
