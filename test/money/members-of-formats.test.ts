/** Under a budget requests of the Responses API and in Gemini's format may have only what is known to be charged by tokens, too. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { PRICES, startMoneyGateway } from './tenants.ts';

const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };

const MODELS = {
  openai: 'gpt-4o',
  azure: 'gpt-4o',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  deepseek: 'deepseek-chat',
};

/** What buys, reaches another address, runs code, or says what the provider stored. */
const RESPONSES_REFUSED: readonly JsonObject[] = [
  { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
  { tools: [{ type: 'file_search', vector_store_ids: ['x'] }] },
  { tools: [{ type: 'mcp', server_label: 'x', server_url: 'http://evil.example' }] },
  { tools: [{ type: 'image_generation' }] },
  { tools: [{ type: 'shell' }] },
  { service_tier: 'scale' },
  { prompt: { id: 'pmpt_1' } },
  { a_member_of_tomorrow: 1 },
];

const RESPONSES_HARMLESS: JsonObject = {
  instructions: 'Be kind.',
  temperature: 0.5,
  top_p: 0.9,
  store: false,
  include: ['reasoning.encrypted_content'],
  truncation: 'auto',
  parallel_tool_calls: true,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }],
  tool_choice: 'auto',
  prompt_cache_key: 'k',
  safety_identifier: 'u',
  max_output_tokens: 100,
  metadata: { a: 'b' },
};

const GEMINI_REFUSED: readonly JsonObject[] = [
  { tools: [{ codeExecution: {} }] },
  { tools: [{ code_execution: {} }] },
  { tools: [{ urlContext: {} }] },
  { tools: [{ googleMaps: {} }] },
  { tools: [{ fileSearch: { fileSearchStoreNames: ['x'] } }] },
  { tools: [{ computerUse: {} }] },
  { cachedContent: 'cachedContents/x' },
  { cached_content: 'cachedContents/x' },
  { generationConfig: { responseModalities: ['IMAGE'] } },
  { generation_config: { response_modalities: ['AUDIO'] } },
  { a_member_of_tomorrow: 1 },
];

const GEMINI_HARMLESS: JsonObject = {
  systemInstruction: { parts: [{ text: 'Be kind.' }] },
  generationConfig: { temperature: 0.5, topP: 0.9, topK: 5, maxOutputTokens: 100, stopSequences: ['x'], seed: 1 },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
  tools: [
    { functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }] },
  ],
  toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
};

describe('members of the Responses API and of Gemini’s format under a budget', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      user_api_key_list: [{ api_key: 'budgeted', max_budget: 1_000 }, { api_key: 'free' }],
      model_list: Object.entries(MODELS).map(([name, model]) => ({
        model_name: name,
        litellm_params: { model: `${name}/${model}`, ...DEPLOYMENT, ...PRICES },
        model_info: { max_output_tokens: 4_096 },
      })),
    });
  });
  after(() => gateway.close());

  const ask = async (path: string, body: JsonObject): Promise<{ status: number; text: string; sent: string }> => {
    const before = gateway.simulator.requests.length;
    const response = await gateway.post(path, body, { authorization: 'Bearer budgeted' });
    const text = await response.text();
    const sent = gateway.simulator.requests.slice(before).map((request) => JSON.stringify(request.body));
    return { status: response.status, text, sent: sent.join() };
  };
  const response = (model: string, more: JsonObject) => ask('/v1/responses', { model, input: 'Hello', ...more });
  const content = (model: string, more: JsonObject) =>
    ask(`/v1beta/models/${model}:generateContent`, { contents: [{ parts: [{ text: 'Hello' }] }], ...more });

  for (const model of ['openai', 'azure']) {
    test(`a response over ${model}: what changes price or address, or runs code, is refused`, async () => {
      for (const more of RESPONSES_REFUSED) {
        const { status, text, sent } = await response(model, more);
        assert.equal(status, 400, `${JSON.stringify(more)}: ${text}`);
        assert.equal(sent, '', 'no provider was asked');
      }
    });
  }

  test('a response over other providers never brings along what they would charge for', async () => {
    for (const model of ['anthropic', 'gemini', 'deepseek']) {
      for (const more of RESPONSES_REFUSED) {
        const { sent } = await response(model, more);
        for (const [name, value] of Object.entries(more)) {
          if (name !== 'tools') assert.ok(!sent.includes(`"${name}"`), `${model}: ${sent}`);
          else
            assert.doesNotMatch(sent, /evil\.example|code_?interpreter|code_?execution|file_search|image_generation/i);
          assert.ok(value !== undefined);
        }
      }
    }
  });

  test('a response with members that everybody sends passes', async () => {
    for (const model of ['openai', 'azure', 'anthropic', 'gemini', 'deepseek']) {
      const { status, text } = await response(model, RESPONSES_HARMLESS);
      assert.equal(status, 200, `${model}: ${text}`);
    }
  });

  test('Gemini’s format over Gemini: what changes the price, reaches the web or runs code is refused', async () => {
    for (const more of GEMINI_REFUSED) {
      const { status, text, sent } = await content('gemini', more);
      assert.equal(status, 400, `${JSON.stringify(more)}: ${text}`);
      assert.equal(sent, '', 'no provider was asked');
    }
  });

  test('Gemini’s format over other providers never brings along what they would charge for', async () => {
    for (const model of ['openai', 'anthropic', 'deepseek']) {
      for (const more of GEMINI_REFUSED) {
        const { sent } = await content(model, more);
        assert.doesNotMatch(sent, /code_?execution|url_?context|file_?search|cached_?content|modalities|tomorrow/i);
      }
    }
  });

  test('Gemini’s format with members that everybody sends passes', async () => {
    for (const model of ['openai', 'azure', 'anthropic', 'gemini', 'deepseek']) {
      const { status, text } = await content(model, GEMINI_HARMLESS);
      assert.equal(status, 200, `${model}: ${text}`);
    }
  });
});
