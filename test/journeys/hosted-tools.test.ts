/** Tools that a provider runs itself: how they are written for each provider, and what happens where there is no such tool. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const models = {
  gpt: 'openai/gpt-5',
  nano: 'openai/gpt-4.1-nano',
  claude: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-pro',
  glm: 'zai/glm-4.6',
  router: 'openrouter/anthropic/claude-sonnet-4.5',
  searcher: 'openai/gpt-4o-search-preview',
  deepseek: 'deepseek/deepseek-chat',
};
let strict: TestGateway;
before(async () => {
  strict = await startTestGateway({ models });
});
beforeEach(() => strict.simulator.reset());
after(() => strict.close());

const FUNCTION = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false };
const BERLIN = { type: 'approximate', city: 'Berlin', country: 'DE' };

interface Sent {
  readonly status: number;
  readonly error: JsonObject;
  readonly dropped: string;
  /** The body that the provider got. */
  readonly body: JsonObject;
}

async function post(path: string, body: JsonObject, gateway = strict): Promise<Sent> {
  const answer = await gateway.post(path, body);
  const told = (await answer.json()) as JsonObject;
  return {
    status: answer.status,
    error: (told.error ?? {}) as JsonObject,
    dropped: answer.headers.get('x-sluice-dropped') ?? '',
    body: (gateway.simulator.requests.at(-1)?.body ?? {}) as JsonObject,
  };
}

const responses = (model: string, more: JsonObject): Promise<Sent> =>
  post('/v1/responses', { model, input: 'Search for tides.', store: false, ...more });
const messages = (model: string, more: JsonObject): Promise<Sent> =>
  post('/v1/messages', {
    model,
    max_tokens: 2000,
    messages: [{ role: 'user', content: 'Search for tides.' }],
    ...more,
  });
const gemini = (model: string, more: JsonObject): Promise<Sent> =>
  post(`/v1beta/models/${model}:generateContent`, { contents: [{ parts: [{ text: 'Search for tides.' }] }], ...more });
const chat = (model: string, more: JsonObject): Promise<Sent> =>
  post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Search for tides.' }], ...more });

describe('a search of the web is written in the words of the model', { timeout: 60_000 }, () => {
  const OPENAI = {
    type: 'web_search',
    filters: { allowed_domains: ['example.org'] },
    user_location: BERLIN,
    search_context_size: 'low',
  };

  it('of a Responses client', async () => {
    const claude = await responses('claude', { tools: [OPENAI] });
    assert.equal(claude.status, 200);
    assert.deepEqual(claude.body.tools, [
      { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['example.org'], user_location: BERLIN },
    ]);
    assert.equal(claude.dropped, 'tools[0].search_context_size');
    const { filters: _, ...free } = OPENAI;
    const google = await responses('gemini', { tools: [free] });
    assert.deepEqual(google.body.tools, [{ googleSearch: {} }]);
    assert.equal(google.dropped, 'tools[0].user_location, tools[0].search_context_size');
    const router = await responses('router', { tools: [OPENAI, FUNCTION] });
    assert.deepEqual((router.body.tools as JsonValue[])[1], {
      type: 'openrouter:web_search',
      parameters: {
        engine: 'exa',
        allowed_domains: ['example.org'],
        user_location: BERLIN,
        search_context_size: 'low',
      },
    });
    const options = await chat('searcher', { web_search_options: { search_context_size: 'high' } });
    assert.deepEqual(options.body.web_search_options, { search_context_size: 'high' });
  });

  it('of a Messages client', async () => {
    const tools = [
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 4,
        blocked_domains: ['example.com'],
        user_location: BERLIN,
      },
    ];
    const gpt = await messages('gpt', { tools });
    assert.equal(gpt.status, 200);
    assert.deepEqual(gpt.body.tools, [
      { type: 'web_search', filters: { blocked_domains: ['example.com'] }, user_location: BERLIN },
    ]);
    assert.equal(gpt.body.max_tool_calls, 4);
    assert.deepEqual(gpt.body.include, ['reasoning.encrypted_content', 'web_search_call.action.sources']);
    const searcher = await messages('searcher', {
      tools: [{ type: 'web_search_20260209', name: 'web_search', user_location: BERLIN }],
    });
    assert.deepEqual(searcher.body.web_search_options, {
      user_location: { type: 'approximate', approximate: { city: 'Berlin', country: 'DE' } },
    });
  });

  it('of a Gemini client and of one of chat completions', async () => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
    for (const asked of [{ tools: [{ google_search: {} }] }, { tools: [{ googleSearch: {} }] }]) {
      assert.deepEqual((await gemini('claude', asked)).body.tools, tools);
    }
    for (const asked of [
      { web_search_options: {} },
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      { tools: [{ type: 'web_search_preview' }] },
      { tools: [{ googleSearch: {} }] },
    ]) {
      assert.deepEqual((await chat('claude', asked)).body.tools, tools, JSON.stringify(asked));
      assert.deepEqual((await chat('gemini', asked)).body.tools, [{ googleSearch: {} }], JSON.stringify(asked));
      assert.deepEqual((await chat('gpt', asked)).body.tools, [{ type: 'web_search' }], JSON.stringify(asked));
    }
  });

  it('with thinking of the least kind, which GPT-5 does not search with', async () => {
    const { body, dropped } = await chat('gpt', { web_search_options: {}, reasoning_effort: 'minimal' });
    assert.equal((body.reasoning as JsonObject).effort, 'low');
    assert.match(dropped, /reasoning_effort/);
  });
});

describe('a choice of a tool that the provider runs', { timeout: 60_000 }, () => {
  const SEARCH = { type: 'web_search' };

  it('reaches OpenAI as the client wrote it, also in a list of allowed tools', async () => {
    const others = [SEARCH, FUNCTION, { type: 'file_search', vector_store_ids: ['vs_1'] }];
    // Reasoning of another provider in the input has the request read and written again.
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'anthropic:QUFB' },
      { role: 'user', content: 'Search for tides.' },
    ];
    for (const tool_choice of [
      SEARCH,
      { type: 'file_search' },
      { type: 'allowed_tools', mode: 'auto', tools: [SEARCH, { type: 'function', name: 'f' }] },
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'file_search' }] },
    ]) {
      const { status, body } = await responses('gpt', { input, tools: others, tool_choice });
      assert.equal(status, 200);
      assert.deepEqual(body.tool_choice, tool_choice);
    }
  });

  it('of a search is Claude’s, Gemini’s and OpenAI’s own', async () => {
    const named = { tools: [SEARCH, FUNCTION], tool_choice: SEARCH };
    assert.deepEqual((await responses('claude', named)).body.tool_choice, { type: 'tool', name: 'web_search' });
    const claude = { type: 'web_search_20250305', name: 'web_search' };
    const only = await messages('gpt', { tools: [claude], tool_choice: { type: 'tool', name: 'web_search' } });
    assert.equal(only.body.tool_choice, 'required');
    const tool = { name: 'f', input_schema: { type: 'object', properties: {} } };
    const beside = await messages('gpt', { tools: [claude, tool], tool_choice: { type: 'tool', name: 'web_search' } });
    assert.deepEqual(beside.body.tool_choice, { type: 'allowed_tools', mode: 'required', tools: [SEARCH] });
    const google = await responses('gemini', { tools: [SEARCH], tool_choice: SEARCH });
    assert.equal(google.status, 400);
    assert.equal(google.error.param, 'tool_choice');
  });

  it('of allowed tools leaves out what is not allowed, where there is no such list', async () => {
    const allow = (...tools: JsonObject[]): JsonObject => ({ type: 'allowed_tools', mode: 'auto', tools });
    const both = [SEARCH, FUNCTION];
    const names = async (model: string, choice: JsonObject): Promise<JsonValue[]> => {
      const { body } = await responses(model, { tools: both, tool_choice: choice });
      return ((body.tools ?? []) as JsonObject[]).map((tool) => tool.name ?? Object.keys(tool).join());
    };
    assert.deepEqual(await names('claude', allow(SEARCH)), ['web_search']);
    assert.deepEqual(await names('claude', allow({ type: 'function', name: 'f' })), ['f']);
    assert.deepEqual(await names('claude', allow(SEARCH, { type: 'function', name: 'f' })), ['f', 'web_search']);
    assert.deepEqual(await names('gemini', allow({ type: 'function', name: 'f' })), ['functionDeclarations']);
  });
});

describe('where the provider has no such tool', { timeout: 60_000 }, () => {
  const CODEX = { ...FUNCTION, name: 'exec_command' };

  it('an agent goes on without a search that it only offers, and the answer says so', async () => {
    for (const model of ['deepseek', 'nano']) {
      const tools = [
        { name: 'Bash', input_schema: { type: 'object', properties: {} } },
        { type: 'web_search_20250305', name: 'web_search' },
      ];
      const { status, dropped, body } = await messages(model, { tools });
      assert.equal(status, 200, model);
      assert.equal(dropped, 'tools[1]');
      assert.equal((body.tools as JsonValue[]).length, 1);
    }
    for (const model of ['deepseek', 'glm', 'claude', 'gemini']) {
      // As Codex sends it if it may not fetch pages: no other provider promises that.
      const tools = [CODEX, { type: 'web_search', external_web_access: false }];
      const { status, dropped, body } = await responses(model, { tools, tool_choice: 'auto' });
      assert.equal(status, 200, model);
      assert.equal(dropped, 'tools[1]', model);
      assert.ok(!JSON.stringify(body.tools).includes('search'), model);
    }
  });

  it('a search that is all that is offered is refused in OpenAI’s words', async () => {
    for (const [model, tool] of [
      ['deepseek', { type: 'web_search' }],
      ['gemini', { type: 'web_search', filters: { allowed_domains: ['example.org'] } }],
      ['claude', { type: 'web_search', external_web_access: false }],
      ['claude', { type: 'web_search', filters: { allowed_domains: ['a.org'], blocked_domains: ['b.org'] } }],
      ['claude', { type: 'web_search', a_member_of_tomorrow: true }],
    ] satisfies [string, JsonObject][]) {
      const { status, error } = await responses(model, { tools: [tool] });
      assert.equal(status, 400);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(error.param, 'tools');
      assert.match(String(error.message), /hosted tool 'web_search' is not supported/);
    }
  });

  it('tools that only one provider has are refused by their names', async () => {
    for (const tool of [
      { type: 'file_search', vector_store_ids: ['vs_1'] },
      { type: 'image_generation' },
      { type: 'mcp', server_label: 'deepwiki', server_url: 'https://mcp.example.com', require_approval: 'never' },
      { type: 'code_interpreter', container: 'cntr_1' },
    ]) {
      for (const model of ['claude', 'gemini', 'deepseek']) {
        const { status, error } = await responses(model, { tools: [tool, FUNCTION] });
        assert.equal(status, 400);
        assert.equal(error.param, 'tools');
        const name = 'server_label' in tool ? tool.server_label : tool.type;
        assert.match(String(error.message), new RegExp(`tool '${name}' is not supported`));
        const forced = await responses(model, {
          tools: [tool, FUNCTION],
          tool_choice: { type: tool.type, ...('server_label' in tool && { server_label: tool.server_label }) },
        });
        assert.equal(forced.status, 400);
        assert.equal(forced.error.param, 'tool_choice');
      }
    }
  });
});
