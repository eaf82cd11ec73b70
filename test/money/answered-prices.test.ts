/** A deployment whose own name has no price is booked, and then reserved for, at the price of the model that its answers name. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, rowsOf, startMoneyGateway } from './tenants.ts';

const USAGE = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };

/** A provider that answers in OpenAI's format, and names a model of its own choice. */
async function startProvider(named: () => string): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { stream } = JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean };
      const facts = { id: 'chatcmpl-1', created: 1, model: named() };
      if (stream === true) {
        const chunk = (more: JsonObject): string =>
          `data: ${JSON.stringify({ ...facts, object: 'chat.completion.chunk', ...more })}\n\n`;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Yes' } }] }));
        response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
        response.end(`${chunk({ choices: [], usage: USAGE })}data: [DONE]\n\n`);
        return;
      }
      const choices = [{ index: 0, message: { role: 'assistant', content: 'Yes' }, finish_reason: 'stop' }];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ...facts, object: 'chat.completion', choices, usage: USAGE }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('the model that an answer names', () => {
  let named = 'gpt-4o-2024-08-06';
  let provider: Server;
  let gateway: TestGateway;
  before(async () => {
    provider = await startProvider(() => named);
    const api_base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const entry = (name: string, model: string): JsonObject => ({
      model_name: name,
      litellm_params: { model, api_base, api_key: 'sk-provider', api_version: '2024-10-21' },
      model_info: { max_output_tokens: 1_000 },
    });
    gateway = await startMoneyGateway({
      model_list: [
        entry('whole', 'openai/our-own-name'),
        entry('stream', 'openai/our-own-name-2'),
        entry('azure', 'azure/our-deployment'),
        entry('translated', 'openai/our-own-name-3'),
        entry('unknown', 'openai/our-own-name-4'),
        entry('own', 'openai/gpt-4o-mini'),
      ],
      user_api_key_list: [{ api_key: 'tenant' }, { api_key: 'poor', max_budget: 0.000001 }],
    });
  });
  after(async () => {
    await gateway.close();
    provider.close();
  });

  /** 2.50 and 10 USD per million tokens. */
  const COST = 0.0035;
  const spent = async (model: string, more: JsonObject = {}): Promise<number> => {
    const seen = await ask(gateway, 'tenant', { model, ...more });
    assert.equal(seen.status, 200, seen.text);
    const [row] = await rowsOf(gateway, callIdOf(seen));
    return Number(row?.spend);
  };

  for (const [model, more] of [
    ['whole', {}],
    ['stream', { stream: true }],
    ['azure', {}],
  ] as const) {
    test(`${model}: the first answer is booked at its price, and the next request reserves it`, async () => {
      assert.equal(await spent(model, more), COST);
      const next = await ask(gateway, 'poor', { model, ...more });
      assert.equal(next.status, 422, next.text);
    });
  }

  test('a translated answer too', async () => {
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: 'Bearer tenant', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'translated', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    assert.equal(response.status, 200, await response.text());
    const [row] = await rowsOf(gateway, response.headers.get('x-litellm-call-id') ?? '');
    assert.equal(Number(row?.spend), COST);
  });

  test('a model without a price stays unpriced', async () => {
    named = 'nobody-knows-this';
    assert.equal(await spent('unknown'), 0);
    named = 'gpt-4o-2024-08-06';
  });

  test('a deployment whose own name has a price keeps it', async () => {
    assert.equal(await spent('own'), 0.00021);
  });
});
