/** What clients of Gemini's format embed and count is counted and booked as any other client's is. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { eventually, manage, PRICES, startMoneyGateway } from './tenants.ts';

const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const TEXT = 'The tide comes in at noon. '.repeat(200);
const content = { parts: [{ text: TEXT }] };
/** Both calls of the API for vectors, with everything that they may say. */
const CALLS: Readonly<Record<string, JsonObject>> = {
  embedContent: { content, taskType: 'CLUSTERING', title: 'Tides', outputDimensionality: 64 },
  batchEmbedContents: { requests: [{ model: 'models/x', content, outputDimensionality: 64 }] },
};

let gateway: TestGateway;
before(async () => {
  gateway = await startMoneyGateway({
    model_list: [
      { model_name: 'google', litellm_params: { model: 'gemini/gemini-embedding-001', ...DEPLOYMENT, ...PRICES } },
      { model_name: 'openai', litellm_params: { model: 'openai/text-embedding-3-small', ...DEPLOYMENT, ...PRICES } },
      { model_name: 'chat', litellm_params: { model: 'openai/gpt-4o', ...DEPLOYMENT, ...PRICES } },
    ],
    user_api_key_list: [
      { api_key: 'rich-key', key_alias: 'rich', max_budget: 10 },
      { api_key: 'poor-key', key_alias: 'poor', max_budget: 0.000_1 },
    ],
  });
});
after(() => gateway.close());

const post = (model: string, verb: string, body: JsonObject, key: string): Promise<Response> =>
  gateway.post(`/v1beta/models/${model}:${verb}`, body, { authorization: `Bearer ${key}` });
const spent = async (): Promise<number> => Number((await manage(gateway, '/global/spend')).spend);

describe('vectors asked for in Gemini’s format', () => {
  for (const model of ['google', 'openai']) {
    for (const [verb, body] of Object.entries(CALLS)) {
      test(`${verb} over ${model} costs what its text costs, and is refused to a key that cannot pay for it`, async () => {
        const before = await spent();
        const answer = await post(model, verb, body, 'rich-key');
        assert.equal(answer.status, 200, await answer.clone().text());
        // A thousand tokens and more, at 3 USD per million.
        await eventually(async () => (await spent()) - before > 0.003, `${verb} is booked`);
        const refused = await post(model, verb, body, 'poor-key');
        assert.ok(refused.status === 422 || refused.status === 429, `${refused.status} ${await refused.text()}`);
      });
    }
  }
});

test('a count in Gemini’s format counts a whole request, however it is spelled', async () => {
  const contents = [{ role: 'user', parts: [{ text: TEXT }] }];
  for (const body of [
    { contents },
    { generateContentRequest: { contents } },
    { generate_content_request: { contents } },
  ]) {
    const answer = await post('chat', 'countTokens', body, 'rich-key');
    const { totalTokens } = (await answer.json()) as JsonObject;
    assert.ok(Number(totalTokens) > 1_000, `${totalTokens} tokens of ${JSON.stringify(body).slice(0, 60)}`);
  }
});
