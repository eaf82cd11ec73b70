/** A turn of the assistant at the end: continued by the models that do so, asked for again by others, and never joined wrongly. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const MODELS = ['claude-sonnet-4-5', 'claude-sonnet-4-6', 'claude-opus-4-8', 'claude-opus-5'] as const;
const NEW = MODELS.slice(1);

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway({
    models: Object.fromEntries(MODELS.map((model) => [model, `anthropic/${model}`])),
  });
});
after(() => gateway.close());

const user = { role: 'user', content: 'Say: hello' };
const begun = { role: 'assistant', content: 'I have used all my steps.' };

async function ask(path: string, body: JsonObject) {
  const answer = await gateway.post(path, { max_tokens: 2_000, ...body });
  const text = await answer.text();
  const sent = gateway.simulator.requests.at(-1)?.body as JsonObject;
  return { status: answer.status, dropped: answer.headers.get('x-sluice-dropped'), text, messages: sent.messages };
}
const chat = (model: string, messages: JsonObject[], more: JsonObject = {}) =>
  ask('/v1/chat/completions', { model, messages, ...more });

describe('a turn of the assistant at the end', () => {
  for (const model of NEW) {
    it(`is followed by a word of the user for ${model}, which continues none, and that is reported`, async () => {
      const { status, dropped, messages, text } = await chat(model, [user, begun]);
      assert.equal(status, 200, text);
      assert.equal(dropped, 'messages[1]');
      assert.deepEqual(messages, [user, begun, { role: 'user', content: 'Continue.' }]);
    });
  }

  it('of a client of the Responses API and of one of Gemini’s format is treated the same', async () => {
    const input = [user, begun];
    const response = await ask('/v1/responses', {
      model: 'claude-opus-4-8',
      input,
      max_output_tokens: 2_000,
      max_tokens: undefined,
    });
    assert.equal(response.status, 200, response.text);
    assert.deepEqual((response.messages as JsonObject[]).at(-1), { role: 'user', content: 'Continue.' });
    const contents = [
      { role: 'user', parts: [{ text: 'Say: hello' }] },
      { role: 'model', parts: [{ text: 'I have' }] },
    ];
    const generated = await ask('/v1beta/models/claude-opus-4-8:generateContent', { contents, max_tokens: undefined });
    assert.equal(generated.status, 200, generated.text);
    assert.deepEqual((generated.messages as JsonObject[]).at(-1), { role: 'user', content: 'Continue.' });
  });

  it('is continued by a Claude that does so, unless it thinks', async () => {
    const { messages, dropped } = await chat('claude-sonnet-4-5', [user, begun]);
    assert.deepEqual([messages, dropped], [[user, begun], null]);
    const thinking = await chat('claude-sonnet-4-5', [user, begun], { reasoning_effort: 'low' });
    assert.deepEqual((thinking.messages as JsonObject[]).at(-1), { role: 'user', content: 'Continue.' });
  });

  it('that says nothing is left out', async () => {
    for (const content of ['', ' \n', null]) {
      const { status, messages, dropped } = await chat('claude-opus-4-8', [user, { role: 'assistant', content }]);
      assert.deepEqual([status, messages, dropped], [200, [user], 'messages[1]']);
    }
  });

  it('that is marked as the beginning of the answer is refused, and the message says which it is', async () => {
    for (const mark of [{ prefix: true }, { partial: true }]) {
      const { status, text } = await chat('claude-opus-4-8', [user, { role: 'assistant', content: '{', ...mark }]);
      assert.equal(status, 400);
      const { error } = JSON.parse(text) as { error: JsonObject };
      assert.match(String(error.message), /'messages\[1\]'.*the last message must be of the user/);
      assert.equal(error.param, 'messages[1]');
    }
  });

  it('of a client of Anthropic’s format is refused in the words of Anthropic', async () => {
    const { status, text } = await ask('/v1/messages', {
      model: 'claude-opus-4-8',
      messages: [user, { ...begun, content: '{' }],
    });
    assert.equal(status, 400);
    const { type, error } = JSON.parse(text) as { type: string; error: JsonObject };
    assert.deepEqual([type, error.type], ['error', 'invalid_request_error']);
    assert.match(String(error.message), /does not support assistant message prefill/);
  });
});
