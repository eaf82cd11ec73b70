/** The official `@anthropic-ai/sdk` against Claude (relayed) and every other provider format (translated). */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ALL_CHAT_GROUPS, TENANT_KEY } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, PDF_BASE64, PNG_BASE64, TWO_CITIES_QUESTION, WEATHER_QUESTION } from '../support/samples.ts';

let gateway: TestGateway;
let client: Anthropic;
const clientFor = (apiKey: string): Anthropic => new Anthropic({ apiKey, baseURL: gateway.url, maxRetries: 0 });
before(async () => {
  gateway = await startTestGateway();
  client = clientFor(gateway.masterKey);
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const ask = (text: string): Anthropic.MessageParam[] => [{ role: 'user', content: text }];
const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');
const callsOf = ({ content }: Anthropic.Message) => content.filter((block) => block.type === 'tool_use');
const tools: Anthropic.Tool[] = [
  { name: 'get_weather', description: 'The weather in a city', input_schema: CITY_SCHEMA },
  { name: 'now', input_schema: { type: 'object', properties: {} } },
];
const THINKING = { type: 'enabled' as const, budget_tokens: 1024 };

/** Asks, gives every call its result, and asks again until words come. */
async function converse(model: string, isStream: boolean, extra: object = {}): Promise<Anthropic.Message[]> {
  const messages = ask(TWO_CITIES_QUESTION);
  const answers: Anthropic.Message[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const body = { model, max_tokens: 4000, messages, tools, ...extra };
    const answer = isStream
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create({ ...body, stream: false });
    answers.push(answer);
    if (answer.stop_reason !== 'tool_use') break;
    messages.push({ role: 'assistant', content: answer.content });
    messages.push({
      role: 'user',
      content: callsOf(answer).map(({ id }, index) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: index === 0 ? 'degrees: 20' : [{ type: 'text', text: 'degrees: 21' }],
      })),
    });
  }
  return answers;
}

for (const model of ALL_CHAT_GROUPS) {
  describe(`the anthropic client asks ${model}`, { timeout: 20_000 }, () => {
    it('gets the same words and usage whole and streamed', async () => {
      const body = { model, max_tokens: 500, messages: ask('Tell me about tides.') };
      const whole = await client.messages.create(body);
      const stream = client.messages.stream(body);
      let seen = '';
      stream.on('text', (delta) => {
        seen += delta;
      });
      const streamed = await stream.finalMessage();
      assert.match(textOf(whole), /tides/);
      assert.equal(whole.type, 'message');
      assert.equal(whole.role, 'assistant');
      assert.equal(whole.stop_reason, 'end_turn');
      assert.ok(whole.usage.input_tokens > 0 && whole.usage.output_tokens > 0);
      assert.deepEqual(streamed.content, whole.content);
      assert.equal(seen, textOf(whole));
      assert.equal(streamed.stop_reason, 'end_turn');
      assert.equal(streamed.usage.input_tokens, whole.usage.input_tokens);
      assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
    });

    it('is stopped by its stop sequence, which is named, and by its limit', async () => {
      const stopped = await client.messages.create({
        model,
        max_tokens: 500,
        messages: ask('say: alpha beta gamma delta'),
        stop_sequences: ['gamma'],
      });
      assert.equal(textOf(stopped).trim(), 'alpha beta');
      // Only Anthropic tells a stop sequence from an end; elsewhere nothing is invented.
      assert.equal(stopped.stop_reason, model === 'claude-sonnet' ? 'stop_sequence' : 'end_turn');
      const cut = await client.messages.create({ model, max_tokens: 7, messages: ask('Tell me about tides.') });
      assert.equal(cut.stop_reason, 'max_tokens');
      assert.equal(cut.usage.output_tokens, 7);
    });

    it('is understood with system blocks, several turns and several blocks', async () => {
      const answer = await client.messages.create({
        model,
        max_tokens: 500,
        system: [
          { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'Answer in English.' },
        ],
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: [{ type: 'text', text: 'Hello. What do you want to know?' }] },
          { role: 'user', content: [{ type: 'text', text: 'say: all understood' }] },
        ],
        // Gone from the package's types, not from its older users' requests.
        ...{ temperature: 0.4 },
        metadata: { user_id: 'user-1' },
      });
      assert.equal(textOf(answer), 'all understood');
      const sent = gateway.simulator.requests.at(-1)?.rawBody.toString() ?? '';
      for (const words of ['Be brief.', 'Answer in English.', 'Hello. What do you want to know?'])
        assert.ok(sent.includes(words), words);
    });

    it('shows it pictures and a document', async () => {
      const messages: Anthropic.MessageParam[] = [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG_BASE64 } },
            { type: 'image', source: { type: 'url', url: 'https://example.com/cat.png' } },
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: PDF_BASE64 },
              title: 'a page',
            },
            { type: 'text', text: 'Describe these.' },
          ],
        },
      ];
      const answer = await client.messages.create({ model, max_tokens: 500, messages });
      assert.equal(answer.stop_reason, 'end_turn');
      const sent = gateway.simulator.requests.at(-1)?.rawBody.toString() ?? '';
      for (const part of [PNG_BASE64, 'https://example.com/cat.png', PDF_BASE64]) assert.ok(sent.includes(part), part);
    });

    for (const isStream of [false, true]) {
      it(`gives tools, is called in parallel, and gets words that know the results, ${isStream ? 'streamed' : 'whole'}`, async () => {
        const [first, second] = await converse(model, isStream);
        assert.ok(first !== undefined && second !== undefined);
        assert.deepEqual(
          callsOf(first).map(({ name, input }) => ({ name, input })),
          [
            { name: 'get_weather', input: { city: 'Paris' } },
            { name: 'get_weather', input: { city: 'London' } },
          ],
        );
        assert.equal(second.stop_reason, 'end_turn');
        assert.match(textOf(second), /degrees: 20.*degrees: 21/s);
      });
    }

    it('can demand a tool, demand any, forbid all, and allow one at a time', async () => {
      const base = { model, max_tokens: 500, tools };
      const named = await client.messages.create({
        ...base,
        messages: ask('Hello'),
        tool_choice: { type: 'tool', name: 'now' },
      });
      assert.equal(callsOf(named)[0]?.name, 'now');
      assert.deepEqual(callsOf(named)[0]?.input, {});
      const any = await client.messages.create({ ...base, messages: ask('Hello'), tool_choice: { type: 'any' } });
      assert.equal(callsOf(any).length, 1);
      const none = await client.messages.create({
        ...base,
        messages: ask(WEATHER_QUESTION),
        tool_choice: { type: 'none' },
      });
      assert.equal(callsOf(none).length, 0);
      if (model.startsWith('gemini')) return;
      const one = await client.messages.create({
        ...base,
        messages: ask(TWO_CITIES_QUESTION),
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      });
      assert.equal(callsOf(one).length, 1);
    });

    it('says that a tool failed', async () => {
      const [first] = await converse(model, false);
      assert.ok(first !== undefined);
      const second = await client.messages.create({
        model,
        max_tokens: 500,
        tools,
        messages: [
          ...ask(TWO_CITIES_QUESTION),
          { role: 'assistant', content: first.content },
          {
            role: 'user',
            content: callsOf(first).map(({ id }) => ({
              type: 'tool_result',
              tool_use_id: id,
              content: 'no network',
              is_error: true,
            })),
          },
        ],
      });
      assert.match(textOf(second), /no network/);
    });

    it('counts tokens', async () => {
      const counted = await client.messages.countTokens({ model, messages: ask('Tell me about tides.'), tools });
      assert.ok(counted.input_tokens > 5 && counted.input_tokens < 400);
    });

    it('leaves in the middle of a stream without an error of its own', async () => {
      const stream = await client.messages.create({
        model,
        max_tokens: 500,
        messages: ask('Tell me about tides.'),
        stream: true,
      });
      for await (const event of stream) if (event.type === 'content_block_delta') break;
      assert.ok(stream.controller.signal.aborted);
    });
  });
}

describe('the anthropic client and thinking', { timeout: 20_000 }, () => {
  for (const model of ['claude-sonnet', 'gemini-2.5-pro', 'gemini-3-pro', 'deepseek-reasoner', 'glm-4.6']) {
    for (const isStream of [false, true]) {
      it(`sees ${model} think before it calls tools, and gives the thoughts back as they were signed, ${isStream ? 'streamed' : 'whole'}`, async () => {
        const [first, second] = await converse(model, isStream, { thinking: THINKING });
        assert.ok(first !== undefined && second !== undefined);
        const [thought] = first.content;
        assert.ok(thought?.type === 'thinking');
        assert.match(thought.thinking, /weather/);
        assert.equal(typeof thought.signature, 'string');
        assert.match(textOf(second), /degrees: 20/);
      });
    }
  }

  it('gets the same thoughts and signature whole and streamed from Claude', async () => {
    const body = { model: 'claude-sonnet', max_tokens: 4000, messages: ask('How many feathers?'), thinking: THINKING };
    const whole = await client.messages.create(body);
    const streamed = await client.messages.stream(body).finalMessage();
    assert.equal(whole.content[0]?.type, 'thinking');
    assert.deepEqual(streamed.content, whole.content);
  });

  it('goes on with GPT where it began with Claude, thoughts and all', async () => {
    const [first] = await converse('claude-sonnet', false, { thinking: THINKING });
    assert.ok(first !== undefined);
    const results = callsOf(first).map(({ id }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: 'sunny',
    }));
    for (const model of ['gpt-4o', 'gemini-3-pro', 'deepseek-chat', 'deepseek-reasoner']) {
      const second = await client.messages.create({
        model,
        max_tokens: 4000,
        tools,
        messages: [
          ...ask(TWO_CITIES_QUESTION),
          { role: 'assistant', content: first.content },
          { role: 'user', content: results },
        ],
      });
      assert.match(textOf(second), /sunny/, model);
    }
  });
});

describe('the anthropic client and Claude itself', { timeout: 20_000 }, () => {
  it('writes to the prompt cache and reads from it, and both are counted', async () => {
    const system = [
      { type: 'text' as const, text: 'Be brief. '.repeat(800), cache_control: { type: 'ephemeral' as const } },
    ];
    const body = { model: 'claude-sonnet', max_tokens: 500, system, messages: ask('Hello') };
    const first = await client.messages.create(body);
    const second = await client.messages.stream(body).finalMessage();
    assert.ok((first.usage.cache_creation_input_tokens ?? 0) > 1024);
    assert.equal(second.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens);
  });

  it('sends beta headers that reach Claude, and no other provider', async () => {
    const body = {
      max_tokens: 50,
      messages: ask('say: hi'),
      betas: ['context-1m-2025-08-07', 'interleaved-thinking-2025-05-14'],
    };
    await client.beta.messages.create({ ...body, model: 'claude-sonnet' });
    assert.match(String(gateway.simulator.requests.at(-1)?.headers['anthropic-beta']), /context-1m-2025-08-07/);
    await client.beta.messages.create({ ...body, model: 'gpt-4o' });
    assert.equal(gateway.simulator.requests.at(-1)?.headers['anthropic-beta'], undefined);
  });

  it('gets an object of its schema', async () => {
    for (const model of ['claude-sonnet', 'gpt-4o', 'gemini-2.5-pro']) {
      const answer = await client.messages.create({
        model,
        max_tokens: 500,
        messages: ask('Where is Paris?'),
        output_config: { format: { type: 'json_schema', schema: CITY_SCHEMA } },
      });
      assert.equal(typeof JSON.parse(textOf(answer)).city, 'string', model);
    }
  });

  it('lists models in its own shape', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) {
      assert.equal(model.type, 'model');
      ids.push(model.id);
    }
    assert.ok(ids.includes('claude-sonnet') && ids.includes('house-model'));
    assert.equal((await client.models.retrieve('claude-sonnet')).type, 'model');
  });
});

describe('the anthropic client gets errors as its own exceptions', { timeout: 20_000 }, () => {
  const create = (model: string, extra: object = {}) =>
    client.messages.create({ model, max_tokens: 50, messages: ask('Hello'), ...extra });
  /** The envelope of an error as it was sent. */
  const typeOf = (error: unknown): unknown =>
    error instanceof Anthropic.APIError ? (error.error as { error?: { type?: string } }).error?.type : error;

  it('for keys and models', async () => {
    const body = { model: 'claude-sonnet', max_tokens: 50, messages: ask('Hello') };
    await assert.rejects(clientFor('sk-nobody').messages.create(body), Anthropic.AuthenticationError);
    await assert.rejects(clientFor(TENANT_KEY).messages.create(body), Anthropic.PermissionDeniedError);
    await assert.rejects(create('no-such-model'), Anthropic.BadRequestError);
  });

  it('for wrong requests, whether the gateway or the provider refuses them', async () => {
    for (const model of ['claude-sonnet', 'gpt-4o', 'gemini-2.5-pro']) {
      await assert.rejects(create(model, { messages: 'hello' }), (error) => typeOf(error) === 'invalid_request_error');
      await assert.rejects(create(model, { max_tokens: 'many' }), Anthropic.BadRequestError, model);
    }
  });

  it('for limits and overload, whole and streamed', async () => {
    for (const provider of ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o', 'gemini/gemini-2.5-pro', 'zai/glm-4.6']) {
      for (const extra of [{}, { stream: true }]) {
        const limited = create(`${provider}+fault-429`, extra);
        await assert.rejects(limited, (error) => error instanceof Anthropic.RateLimitError);
        const overloaded = create(`${provider}+fault-503`, extra);
        await assert.rejects(overloaded, (error) => typeOf(error) === 'overloaded_error', provider);
      }
    }
  });

  it('in the middle of a stream that breaks', async () => {
    for (const model of ['claude-sonnet', 'gpt-4o', 'gemini-2.5-pro']) {
      const rule = gateway.simulator.script({ fault: 'reset-after-3' });
      await assert.rejects(
        client.messages.stream({ model, max_tokens: 500, messages: ask('Tell me about tides.') }).finalMessage(),
        Anthropic.APIError,
        model,
      );
      rule.remove();
    }
  });
});
