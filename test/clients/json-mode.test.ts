/** JSON mode where Claude serves it by a tool, beside tools of the clients' own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, WEATHER_QUESTION } from '../support/samples.ts';

const MODELS = {
  'claude-sonnet': 'anthropic/claude-sonnet-4-5',
  'claude-opus': 'anthropic/claude-opus-4-6',
  'claude-unforced': 'anthropic/claude-opus-5-5',
  'claude-old': 'anthropic/claude-3-5-haiku-latest',
  'gpt-4o': 'openai/gpt-4o',
};

let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;
before(async () => {
  gateway = await startTestGateway({ models: MODELS, dropParams: false });
  const facts = { apiKey: gateway.masterKey, maxRetries: 0 };
  openai = new OpenAI({ ...facts, baseURL: `${gateway.url}/v1` });
  anthropic = new Anthropic({ ...facts, baseURL: gateway.url });
});
after(() => gateway.close());

const tool = (name: string) => ({ type: 'function' as const, function: { name, parameters: CITY_SCHEMA } });
const JSON_QUESTION = 'Answer in JSON: is it raining?';

describe('the openai client wants JSON of Claude', { timeout: 20_000 }, () => {
  const body = (model: string, content: string, ...names: string[]) => ({
    model,
    messages: [{ role: 'user' as const, content }],
    response_format: { type: 'json_object' as const },
    ...(names.length > 0 && { tools: names.map(tool) }),
  });
  const answersTo = async (
    asked: ReturnType<typeof body> & { reasoning_effort?: 'low' },
  ): Promise<OpenAI.ChatCompletion.Choice[]> => {
    const whole = await openai.chat.completions.create(asked);
    const streamed = await openai.chat.completions.stream(asked).finalChatCompletion();
    return [...whole.choices, ...streamed.choices];
  };

  for (const model of ['claude-sonnet', 'claude-opus', 'claude-unforced', 'claude-old']) {
    it(`gets it of ${model}, or a call of its own tool, without anything being dropped`, async () => {
      const answers = await answersTo(body(model, JSON_QUESTION, 'get_weather'));
      assert.equal(answers.length, 2);
      for (const { message, finish_reason } of answers) {
        assert.notDeepEqual(JSON.parse(message.content ?? ''), {});
        assert.deepEqual([message.tool_calls, finish_reason], [undefined, 'stop']);
      }
      for (const { message, finish_reason } of await answersTo(body(model, WEATHER_QUESTION, 'get_weather'))) {
        const names = (message.tool_calls ?? []).map((call) => call.type === 'function' && call.function.name);
        assert.deepEqual([message.content || null, names, finish_reason], [null, ['get_weather'], 'tool_calls']);
      }
    });
  }

  it('gets it of a Claude that thinks, with its thoughts', async () => {
    for (const { message } of await answersTo({
      ...body('claude-opus', JSON_QUESTION),
      reasoning_effort: 'low',
    })) {
      assert.notDeepEqual(JSON.parse(message.content ?? ''), {});
      assert.ok('reasoning_content' in message);
    }
  });

  it('learns that its own tool may not have the name', async () => {
    await assert.rejects(openai.chat.completions.create(body('claude-sonnet', 'Hi', 'json_tool_call')), {
      status: 400,
      message: /json_tool_call/,
    });
  });
});

describe('the anthropic client has a tool of that name', { timeout: 20_000 }, () => {
  for (const model of ['claude-sonnet', 'gpt-4o']) {
    it(`and ${model} calls it`, async () => {
      const body = {
        model,
        max_tokens: 1000,
        messages: [{ role: 'user' as const, content: WEATHER_QUESTION }],
        tools: [{ name: 'json_tool_call', input_schema: CITY_SCHEMA }],
        tool_choice: { type: 'tool' as const, name: 'json_tool_call' },
      };
      for (const answer of [
        await anthropic.messages.create(body),
        await anthropic.messages.stream(body).finalMessage(),
      ]) {
        const calls = answer.content.flatMap((block) => (block.type === 'tool_use' ? [[block.name, block.input]] : []));
        assert.deepEqual(calls, [['json_tool_call', { city: 'Paris' }]]);
        assert.equal(answer.stop_reason, 'tool_use');
      }
    });
  }
});
