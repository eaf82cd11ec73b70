/** Under a budget a request may have only what its provider is known to charge for by tokens, or not at all. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { providers } from '../../src/providers/index.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, messageOf, startMoneyGateway } from './tenants.ts';

const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const PRICES = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
const CHAT_PROVIDERS = providers.filter(({ operations }) => operations.chat !== undefined).map(({ name }) => name);

/** What buys, names another model or address, or runs code, by the providers that know it. */
const REFUSED: Readonly<Record<string, readonly JsonObject[]>> = {
  openrouter: [
    { models: ['openai/o1-pro'] },
    { provider: { order: ['x'], max_price: { prompt: 100 } } },
    { plugins: [{ id: 'web' }] },
    { route: 'fallback' },
    { transforms: ['middle-out'] },
    { preset: 'mine' },
    { tools: [{ type: 'openrouter:web_search' }] },
    { web_search_options: {} },
  ],
  xai: [{ search_parameters: { mode: 'on' } }, { search_parameters: { mode: 'auto' } }, { deferred: true }],
  azure: [
    { data_sources: [{ type: 'azure_search', parameters: { endpoint: 'http://evil.example' } }] },
    { enhancements: {} },
  ],
  openai: [
    { prediction: { type: 'content', content: 'x' } },
    { background: true },
    { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } },
    { service_tier: 'scale' },
    { web_search_options: { search_context_size: 'high' } },
    { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
    { tools: [{ type: 'file_search', vector_store_ids: ['x'] }] },
    { tools: [{ type: 'mcp', server_url: 'http://evil.example' }] },
    { tools: [{ type: 'image_generation' }] },
  ],
  hosted_vllm: [
    { chat_template: '{{ x }}' },
    { chat_template_kwargs: { chat_template: '{{ x }}' } },
    { guided_regex: '(a+)+$' },
    { guided_json: {} },
    { guided_grammar: 'x' },
    { structured_outputs: { regex: 'x' } },
    { use_beam_search: true },
    { prompt_logprobs: 5 },
    { documents: [{}] },
    { mm_processor_kwargs: {} },
    { extra_body: { chat_template: 'x' } },
    { kv_transfer_params: {} },
  ],
  zai: [{ tools: [{ type: 'web_search', web_search: { enable: true } }] }, { tools: [{ type: 'retrieval' }] }],
  moonshot: [{ tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] }],
  dashscope: [{ enable_search: true }, { search_options: {} }, { vl_high_resolution_images: true }],
  groq: [{ search_settings: {} }, { compound_custom: {} }, { documents: [] }],
  mistral: [{ tools: [{ type: 'web_search' }] }, { tools: [{ type: 'code_interpreter' }] }, { guardrails_x: [] }],
  fireworks_ai: [{ speculation: 'x' }, { prediction: 'x' }],
  together_ai: [{ safety_model: 'Meta-Llama/x' }],
  perplexity: [{ search_type: 'pro' }, { web_search_options: { search_type: 'pro' } }],
  gemini: [{ cachedContent: 'cachedContents/x' }, { cached_content: 'cachedContents/x' }],
};

/** Members that no provider may be sent, whatever it makes of them. */
const UNKNOWN: readonly JsonObject[] = [
  { a_member_of_tomorrow: 1 },
  { extra_body: { models: ['x'] } },
  { azure_ad_token: 'x' },
  { extra_query: { a: 'b' } },
];

/** Members that everybody sends. */
const HARMLESS: JsonObject = {
  temperature: 0.5,
  top_p: 0.9,
  stop: ['x'],
  user: 'u',
  seed: 1,
  response_format: { type: 'text' },
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
  tool_choice: 'auto',
  api_base: 'http://evil.example',
  base_url: 'http://evil.example',
  api_key: 'x',
  extra_headers: { a: 'b' },
  user_config: {},
  model_list: [],
  metadata: { tags: ['x'] },
};

describe('members of the body under a budget', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      user_api_key_list: [{ api_key: 'budgeted', max_budget: 1_000 }, { api_key: 'free' }],
      model_list: [
        ...CHAT_PROVIDERS.map((name) => ({
          model_name: name,
          litellm_params: { model: `${name}/some-model`, ...DEPLOYMENT, ...PRICES },
          model_info: { max_output_tokens: 4_096 },
        })),
        {
          model_name: 'searching',
          litellm_params: {
            model: 'openai/gpt-4o',
            ...DEPLOYMENT,
            search_context_cost_per_query: { search_context_size_high: 0.05 },
          },
        },
        {
          model_name: 'allowing',
          litellm_params: {
            model: 'openrouter/some-model',
            ...DEPLOYMENT,
            ...PRICES,
            allowed_openai_params: ['plugins', 'code_interpreter'],
            provider: { sort: 'price' },
          },
        },
        {
          model_name: 'allowing-claude',
          litellm_params: {
            model: 'anthropic/claude-x',
            ...DEPLOYMENT,
            ...PRICES,
            allowed_openai_params: ['skills-2025-10-02'],
          },
        },
      ],
    });
  });
  after(() => gateway.close());

  const refused = async (
    model: string,
    more: JsonObject,
    headers?: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const before = gateway.simulator.requests.length;
    const seen = await ask(gateway, 'budgeted', { model, ...more }, headers);
    assert.equal(seen.status, 400, `${model} ${JSON.stringify(more)}: ${seen.text}`);
    assert.match(messageOf(seen), /counts against a budget[\s\S]*`allowed_openai_params`/);
    assert.equal(gateway.simulator.requests.length, before, 'no provider was asked');
  };

  for (const [provider, all] of Object.entries(REFUSED)) {
    test(`${provider}: what changes price, model or address, or runs code, is refused`, async () => {
      for (const more of all) await refused(provider, more);
    });
  }

  test('every provider: members that it is not known to take are refused', async () => {
    for (const provider of CHAT_PROVIDERS) {
      for (const more of UNKNOWN) {
        const before = gateway.simulator.requests.length;
        const seen = await ask(gateway, 'budgeted', { model: provider, ...more });
        const [name = ''] = Object.keys(more);
        // What a translation drops is not sent; nor is what never reaches a provider.
        if (seen.status === 200) {
          const body = JSON.stringify(gateway.simulator.requests[before]?.body);
          assert.ok(!body.includes(`"${name}"`), `${provider} ${name}: ${body}`);
        } else assert.equal(seen.status, 400, seen.text);
      }
    }
  });

  test('every provider: members that everybody sends pass, and addresses and keys of the client never do', async () => {
    for (const provider of CHAT_PROVIDERS) {
      const before = gateway.simulator.requests.length;
      const seen = await ask(gateway, 'budgeted', { model: provider, ...HARMLESS });
      assert.equal(seen.status, 200, `${provider}: ${seen.text}`);
      assert.ok(!JSON.stringify(gateway.simulator.requests[before]?.body).includes('evil.example'), provider);
    }
  });

  test('Gemini: tools that Google runs are not sent, in whatever words a client asks for them', async () => {
    const before = gateway.simulator.requests.length;
    for (const tools of [
      [{ type: 'googleSearch', googleSearch: {} }],
      [{ type: 'google_search' }],
      [{ type: 'code_execution', code_execution: {} }],
      [{ type: 'urlContext', urlContext: {} }],
      [{ type: 'function', function: { name: 'f' }, googleSearch: {} }],
    ]) {
      await ask(gateway, 'budgeted', { model: 'gemini', tools });
    }
    await gateway.post(
      '/v1/messages',
      {
        model: 'gemini',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'hi' }],
        tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      },
      { 'x-api-key': 'budgeted' },
    );
    for (const { body } of gateway.simulator.requests.slice(before)) {
      assert.doesNotMatch(JSON.stringify(body), /google_?search|code_?execution|url_?context/i);
    }
  });

  test('spelled with escapes, twice, or inside the raw bytes otherwise, it is the same member', async () => {
    const rest = '"model":"openrouter","messages":[{"role":"user","content":"hi"}]';
    for (const body of [
      `{${rest},"pl\\u0075gins":[{"id":"web"}]}`,
      `{${rest},"plugins":null,"plugins":[{"id":"web"}]}`,
      `{${rest},"tools":[{"type":"openrouter\\u003aweb_search"}]}`,
      `{${rest},"tools":[{"t\\u0079pe":"web_search"}]}`,
      `{${rest},"tools":{"type":"web_search"}}`,
      `{${rest},"tools":[{"type":"function","function":{"name":"f"}},{}]}`,
      `{${rest},"tools":[{"type":["web_search"]}]}`,
    ]) {
      const response = await gateway.post('/v1/chat/completions', body, { authorization: 'Bearer budgeted' });
      assert.equal(response.status, 400, `${body}: ${await response.text()}`);
    }
  });

  test('Anthropic: servers, containers, speed, regions, server tools and beta flags', async () => {
    const claude = async (more: JsonObject, headers: Readonly<Record<string, string>> = {}, model = 'anthropic') => {
      const response = await gateway.post(
        '/v1/messages',
        { model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], ...more },
        { 'x-api-key': 'budgeted', ...headers },
      );
      return `${response.status} ${await response.text()}`;
    };
    for (const more of [
      { mcp_servers: [{ type: 'url', url: 'http://evil.example', name: 'x' }] },
      { container: 'x' },
      { speed: 'fast' },
      { inference_geo: 'us' },
      { context_management: { edits: [{ type: 'compact_20260112' }] } },
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] },
      { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
      { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] },
      { service_tier: 'priority' },
      { a_member_of_tomorrow: 1 },
    ]) {
      assert.match(await claude(more), /^400 .*invalid_request_error.*counts against a budget/, JSON.stringify(more));
    }
    for (const beta of [
      'mcp-client-2025-04-04',
      'code-execution-2025-08-25',
      'fast-mode-2026-02-01',
      'skills-2025-10-02',
      'tomorrow-2027-01-01',
      'compact-2026-01-12',
      'interleaved-thinking-2025-05-14, web-fetch-2025-09-10',
    ]) {
      assert.match(await claude({}, { 'anthropic-beta': beta }), /^400 .*counts against a budget/, beta);
    }
    assert.match(await claude({}, { 'anthropic-beta': 'skills-2025-10-02' }, 'allowing-claude'), /^200/);
    assert.match(
      await claude(
        {
          thinking: { type: 'enabled', budget_tokens: 1_024 },
          max_tokens: 2_048,
          system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
          metadata: { user_id: 'u' },
          context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
          tools: [
            { name: 'f', input_schema: { type: 'object' } },
            { type: 'bash_20250124', name: 'bash' },
          ],
          service_tier: 'auto',
          speed: 'standard',
        },
        {
          'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27',
        },
      ),
      /^200/,
    );
  });

  test('a search with a known price passes, and so does what the operator allows or sets itself', async () => {
    assert.equal((await ask(gateway, 'budgeted', { model: 'searching', web_search_options: {} })).status, 200);
    const plugged = await ask(gateway, 'budgeted', { model: 'allowing', plugins: [{ id: 'web' }] });
    assert.equal(plugged.status, 200, plugged.text);
    const tooled = await ask(gateway, 'budgeted', { model: 'allowing', tools: [{ type: 'code_interpreter' }] });
    assert.ok(!tooled.text.includes('counts against a budget'), tooled.text);
    await refused('allowing', { models: ['x'] });
    await refused('allowing', { provider: { order: ['dear'] } });
    await refused('allowing', { models: ['x'], allowed_openai_params: ['models'] });
  });

  test('without a budget it is sent on as before', async () => {
    const bodies: readonly JsonObject[] = [
      { model: 'openrouter', plugins: [{ id: 'web' }], models: ['x'] },
      { model: 'hosted_vllm', guided_regex: 'x' },
    ];
    for (const more of bodies) {
      const before = gateway.simulator.requests.length;
      assert.equal((await ask(gateway, 'free', more)).status, 200);
      const sent = JSON.stringify(gateway.simulator.requests[before]?.body);
      for (const name of Object.keys(more)) assert.ok(sent.includes(name), sent);
    }
  });
});
