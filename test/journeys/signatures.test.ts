/** A thought or a call that a provider signed comes back as it was signed, whatever client carried it, and to no one else. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, WEATHER_QUESTION } from '../support/samples.ts';

let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;
before(async () => {
  gateway = await startTestGateway();
  openai = new OpenAI({ apiKey: gateway.masterKey, baseURL: gateway.url, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: gateway.masterKey, baseURL: gateway.url, maxRetries: 0 });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: CITY_SCHEMA } }];
const ask: OpenAI.ChatCompletionMessageParam = { role: 'user', content: WEATHER_QUESTION };
const SIGNATURE = /"(?:thought_?[sS]ignature|signature)":"([^"]{16,})"/g;
const signaturesIn = (text: string): string[] => [...text.matchAll(SIGNATURE)].map((match) => match[1] ?? '');
const lastBody = (): string => gateway.simulator.requests.at(-1)?.rawBody.toString() ?? '';

describe('signatures of thoughts and calls', { timeout: 20_000 }, () => {
  it('of Gemini survive an openai client that knows nothing of them but keeps the message', async () => {
    const body = { model: 'gemini-3-pro', tools };
    const first = await openai.chat.completions.create({ ...body, messages: [ask] });
    const [choice] = first.choices;
    assert.ok(choice !== undefined);
    const [signature] = signaturesIn(JSON.stringify(choice));
    assert.ok(signature !== undefined);
    const [call] = choice.message.tool_calls ?? [];
    const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'sunny' };
    await openai.chat.completions.create({ ...body, messages: [ask, choice.message, result] });
    assert.deepEqual(signaturesIn(lastBody()), [signature]);
  });

  it('of Gemini, when a client lost them, are replaced by what Google takes in their stead', async () => {
    const body = { model: 'gemini-3-pro', tools };
    const first = await openai.chat.completions.create({ ...body, messages: [ask] });
    const [call] = first.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === 'function');
    // Many clients keep these three members of a call and no other.
    const bare = { id: 'call_1', type: 'function' as const, function: call.function };
    const answer = await openai.chat.completions.create({
      ...body,
      messages: [
        ask,
        { role: 'assistant', content: null, tool_calls: [bare] },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
    });
    assert.match(answer.choices[0]?.message.content ?? '', /sunny/);
  });

  it('that are forged are refused by the provider and told to the client', async () => {
    const body = { model: 'gemini-3-pro', tools };
    const first = await openai.chat.completions.create({ ...body, messages: [ask] });
    const [signature = ''] = signaturesIn(JSON.stringify(first));
    const forged = JSON.parse(
      JSON.stringify(first.choices[0]?.message).replaceAll(signature, 'Zm9yZ2VkIGJ5IG5vYm9keQ=='),
    );
    const result = { role: 'tool' as const, tool_call_id: forged.tool_calls[0].id, content: 'sunny' };
    await assert.rejects(
      openai.chat.completions.create({ ...body, messages: [ask, forged, result] }),
      (error) => error instanceof OpenAI.BadRequestError && /signature/.test(error.message),
    );
  });

  it('of Claude go back to Claude and never to another provider', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const question: Anthropic.MessageParam = { role: 'user', content: WEATHER_QUESTION };
    const claudeTools = [{ name: 'get_weather', input_schema: CITY_SCHEMA }];
    const body = { max_tokens: 4000, tools: claudeTools, thinking };
    const first = await anthropic.messages.create({ ...body, model: 'claude-sonnet', messages: [question] });
    const signatures = signaturesIn(JSON.stringify(first));
    assert.equal(signatures.length, 1);
    const call = first.content.find((block) => block.type === 'tool_use');
    const messages: Anthropic.MessageParam[] = [
      question,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sunny' }] },
    ];
    await anthropic.messages.create({ ...body, model: 'claude-sonnet', messages });
    assert.deepEqual(signaturesIn(lastBody()), signatures);
    for (const model of ['gpt-4o', 'gemini-3-pro', 'deepseek-reasoner', 'glm-4.6']) {
      await anthropic.messages.create({ ...body, model, messages });
      assert.ok(!lastBody().includes(signatures[0] ?? ''), model);
    }
  });

  it('of Gemini never reach Claude, which would refuse them', async () => {
    const question: Anthropic.MessageParam = { role: 'user', content: WEATHER_QUESTION };
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const body = { max_tokens: 4000, tools: [{ name: 'get_weather', input_schema: CITY_SCHEMA }], thinking };
    const first = await anthropic.messages.create({ ...body, model: 'gemini-3-pro', messages: [question] });
    const call = first.content.find((block) => block.type === 'tool_use');
    const second = await anthropic.messages.create({
      ...body,
      model: 'claude-sonnet',
      messages: [
        question,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sunny' }] },
      ],
    });
    assert.match(JSON.stringify(second.content), /sunny/);
  });
});
