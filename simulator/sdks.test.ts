import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { Simulator } from './contract.ts';
import { startSimulator } from './start.ts';

const WEATHER = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const QUESTION = 'What is the weather in Paris?';

describe('the official SDKs talk to the simulator', { timeout: 20_000 }, () => {
  let simulator: Simulator;
  let openai: OpenAI;
  let anthropic: Anthropic;
  let google: GoogleGenAI;
  before(async () => {
    simulator = await startSimulator({ seed: 7 });
    openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
    anthropic = new Anthropic({ apiKey: 'sk-ant-test', baseURL: simulator.url, maxRetries: 0 });
    google = new GoogleGenAI({ apiKey: 'AIza-test', httpOptions: { baseUrl: simulator.url } });
  });
  beforeEach(() => simulator.reset());
  after(() => simulator.close());

  describe('openai', () => {
    it('gets the same words and usage whole and streamed', async () => {
      const body = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Tell me about tides.' }] };
      const whole = await openai.chat.completions.create(body);
      let text = '';
      let usage: OpenAI.CompletionUsage | null | undefined;
      for await (const chunk of await openai.chat.completions.create({
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      })) {
        text += chunk.choices[0]?.delta.content ?? '';
        usage = chunk.usage ?? usage;
      }
      assert.match(text, /tides/);
      assert.equal(text, whole.choices[0]?.message.content);
      assert.deepEqual(usage, whole.usage);
      assert.equal(usage?.total_tokens, (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    });

    it('calls tools in parallel, then speaks of their results', async () => {
      const tools = [
        { type: 'function' as const, function: { name: 'get_weather', parameters: WEATHER, strict: true } },
      ];
      const messages: OpenAI.ChatCompletionMessageParam[] = [
        { role: 'user', content: 'What is the weather in Paris and London?' },
      ];
      const first = await openai.chat.completions.create({ model: 'gpt-4o', messages, tools });
      const message = first.choices[0]?.message;
      assert.equal(first.choices[0]?.finish_reason, 'tool_calls');
      const calls = message?.tool_calls ?? [];
      assert.deepEqual(
        calls.map((call) => (call.type === 'function' ? JSON.parse(call.function.arguments) : null)),
        [{ city: 'Paris' }, { city: 'London' }],
      );
      if (message !== undefined) messages.push(message);
      for (const call of calls) messages.push({ role: 'tool', tool_call_id: call.id, content: `rain at ${call.id}` });
      const second = await openai.chat.completions.create({ model: 'gpt-4o', messages, tools });
      assert.match(second.choices[0]?.message.content ?? '', /rain at call_/);
    });

    it('assembles streamed tool calls with its own helper', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: WEATHER } }];
      const stream = openai.chat.completions.stream({
        model: 'gpt-4o',
        messages: [{ role: 'user', content: QUESTION }],
        tools,
      });
      const final = await stream.finalChatCompletion();
      const [call] = final.choices[0]?.message.tool_calls ?? [];
      assert.equal(call?.type === 'function' && call.function.arguments, '{"city":"Paris"}');
    });

    it('learns of wrong requests as OpenAI tells it', async () => {
      const messages = [{ role: 'user' as const, content: 'hi' }];
      await assert.rejects(
        openai.chat.completions.create({ model: 'o3', messages, max_tokens: 5 }),
        /max_completion_tokens/,
      );
      await assert.rejects(
        openai.chat.completions.create(JSON.parse('{"model":"gpt-4o"}')),
        /Missing required parameter: 'messages'/,
      );
      const bad = new OpenAI({ apiKey: 'invalid', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
      await assert.rejects(bad.chat.completions.create({ model: 'gpt-4o', messages }), OpenAI.AuthenticationError);
    });
  });

  describe('anthropic', () => {
    const body = {
      model: 'claude-sonnet-4-5',
      max_tokens: 4000,
      messages: [{ role: 'user' as const, content: 'Tell me about tides.' }],
    };

    it('gets the same words and usage whole and streamed, thinking included', async () => {
      const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
      const whole = await anthropic.messages.create({ ...body, thinking });
      const streamed = await anthropic.messages.stream({ ...body, thinking }).finalMessage();
      assert.deepEqual(streamed.content, whole.content);
      assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
      assert.equal(whole.content[0]?.type, 'thinking');
    });

    it('gives thinking back with its signature, and not with another', async () => {
      const tools = [{ name: 'get_weather', input_schema: WEATHER }];
      const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
      const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }];
      const first = await anthropic.messages.create({ ...body, messages, tools, thinking });
      assert.equal(first.stop_reason, 'tool_use');
      const call = first.content.find((block) => block.type === 'tool_use');
      const result: Anthropic.MessageParam = {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sunny' }],
      };
      const content = first.content as Anthropic.ContentBlockParam[];
      const second = await anthropic.messages.create({
        ...body,
        messages: [...messages, { role: 'assistant', content }, result],
        tools,
        thinking,
      });
      assert.match(JSON.stringify(second.content), /sunny/);
      const forged = content.map((block) => (block.type === 'thinking' ? { ...block, signature: 'AAAA' } : block));
      await assert.rejects(
        anthropic.messages.create({
          ...body,
          messages: [...messages, { role: 'assistant', content: forged }, result],
          tools,
          thinking,
        }),
        /Invalid `signature` in `thinking` block/,
      );
    });

    it('counts tokens as it bills them', async () => {
      const { max_tokens: _limit, ...counted } = body;
      const count = await anthropic.messages.countTokens(counted);
      const whole = await anthropic.messages.create(body);
      assert.equal(count.input_tokens, whole.usage.input_tokens);
    });

    it('learns of wrong requests as Anthropic tells it', async () => {
      await assert.rejects(
        anthropic.messages.create({ ...body, ...{ frequency_penalty: 1 } }),
        /frequency_penalty: Extra inputs are not permitted/,
      );
      await assert.rejects(
        anthropic.messages.create(JSON.parse('{"model":"claude","messages":[]}')),
        /max_tokens: Field required/,
      );
      const orphan = [
        { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'x' }] },
      ];
      await assert.rejects(anthropic.messages.create({ ...body, messages: orphan }), /unexpected `tool_use_id`/);
    });

    it('writes to the prompt cache, then reads from it', async () => {
      const system = [
        { type: 'text' as const, text: 'Be brief. '.repeat(800), cache_control: { type: 'ephemeral' as const } },
      ];
      const first = await anthropic.messages.create({ ...body, system });
      const second = await anthropic.messages.create({ ...body, system });
      assert.ok((first.usage.cache_creation_input_tokens ?? 0) > 1024);
      assert.equal(second.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens);
      assert.equal(second.usage.input_tokens, first.usage.input_tokens);
    });
  });

  describe('google', () => {
    it('gets the same words and usage whole and streamed', async () => {
      const request = {
        model: 'gemini-2.5-flash',
        contents: 'Tell me about tides.',
        config: { thinkingConfig: { includeThoughts: true } },
      };
      const whole = await google.models.generateContent(request);
      let text = '';
      let thoughts = '';
      let usage: unknown;
      for await (const chunk of await google.models.generateContentStream(request)) {
        for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
          if (part.thought) thoughts += part.text ?? '';
          else text += part.text ?? '';
        }
        usage = chunk.usageMetadata;
      }
      assert.equal(text, whole.text);
      assert.equal(thoughts, whole.candidates?.[0]?.content?.parts?.[0]?.text);
      assert.deepEqual(usage, whole.usageMetadata);
    });

    it('signs its calls and checks the signature that comes back', async () => {
      const config = { tools: [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: WEATHER }] }] };
      const model = 'gemini-3-pro';
      const contents = [{ role: 'user', parts: [{ text: QUESTION }] }];
      const first = await google.models.generateContent({ model, contents, config });
      const parts = first.candidates?.[0]?.content?.parts ?? [];
      assert.deepEqual(first.functionCalls?.[0]?.args, { city: 'Paris' });
      const result = {
        role: 'user',
        parts: [{ functionResponse: { name: 'get_weather', response: { result: 'sunny' } } }],
      };
      const second = await google.models.generateContent({
        model,
        contents: [...contents, { role: 'model', parts }, result],
        config,
      });
      assert.match(second.text ?? '', /sunny/);
      const unsigned = parts.map(({ thoughtSignature: _signature, ...part }) => part);
      await assert.rejects(
        google.models.generateContent({
          model,
          contents: [...contents, { role: 'model', parts: unsigned }, result],
          config,
        }),
        /missing a thought_signature/,
      );
      const forged = parts.map((part) => ({ ...part, thoughtSignature: 'AAAA' }));
      await assert.rejects(
        google.models.generateContent({
          model,
          contents: [...contents, { role: 'model', parts: forged }, result],
          config,
        }),
        /Corrupted thought signature/,
      );
    });

    it('learns of wrong requests as Google tells it', async () => {
      const url = `${simulator.url}/v1beta/models/gemini-2.5-flash:generateContent`;
      const post = (body: unknown) =>
        fetch(url, { method: 'POST', headers: { 'x-goog-api-key': 'k' }, body: JSON.stringify(body) }).then((answer) =>
          answer.text(),
        );
      const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
      assert.match(
        await post({ contents, toolConfig: { functionCallingConfig: { mode: 'any' } } }),
        /FunctionCallingConfig.Mode/,
      );
      assert.match(await post({ contents, messages: [] }), /Unknown name \\"messages\\"/);
      assert.match(
        await post({ contents: [{ role: 'assistant', parts: [{ text: 'hi' }] }] }),
        /valid role: user, model/,
      );
    });
  });
});
