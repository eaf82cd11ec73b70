/** The official `openai` package calls tools and shows reasoning through every provider format. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { ALL_CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION, WEATHER_QUESTION } from '../support/samples.ts';
import { type Reasoned, readMessage } from '../support/streamed-message.ts';

let gateway: TestGateway;
let client: OpenAI;
before(async () => {
  gateway = await startTestGateway();
  client = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
after(() => gateway.close());

const tools = [
  {
    type: 'function' as const,
    function: { name: 'get_weather', description: 'The weather in a city', parameters: CITY_SCHEMA, strict: true },
  },
  { type: 'function' as const, function: { name: 'now', parameters: { type: 'object', properties: {} } } },
];
type Message = OpenAI.ChatCompletionMessageParam;
const ask = (text: string): Message[] => [{ role: 'user', content: text }];
const callsIn = (message: OpenAI.ChatCompletionMessage | undefined) =>
  (message?.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? [{ name: call.function.name, arguments: JSON.parse(call.function.arguments) }] : [],
  );
const callsOf = (completion: OpenAI.ChatCompletion) => callsIn(completion.choices[0]?.message);
const BOTH = [
  { name: 'get_weather', arguments: { city: 'Paris' } },
  { name: 'get_weather', arguments: { city: 'London' } },
];

/** How an answer is got: in one piece, as a stream, or as a stream that the package's own helper puts together. */
type Manner = 'whole' | 'streamed' | 'streamed by the helper';
const MANNERS: readonly Manner[] = ['whole', 'streamed', 'streamed by the helper'];

interface Answer {
  readonly message: OpenAI.ChatCompletionMessage & Reasoned;
  readonly finishReason: string | undefined;
}

async function answerOf(body: OpenAI.ChatCompletionCreateParamsNonStreaming, manner: Manner): Promise<Answer> {
  if (manner === 'streamed') return readMessage(await client.chat.completions.create({ ...body, stream: true }));
  const completion =
    manner === 'whole'
      ? await client.chat.completions.create(body)
      : await client.chat.completions.stream({ ...body, stream: true }).finalChatCompletion();
  const [choice] = completion.choices;
  assert.ok(choice !== undefined);
  return { message: choice.message, finishReason: choice.finish_reason };
}

/** Asks, gives every call its result, and asks again until words come. */
async function converse(model: string, manner: Manner, extra: object = {}): Promise<Answer[]> {
  const messages = ask(TWO_CITIES_QUESTION);
  const answers: Answer[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const answer = await answerOf({ model, messages, tools, ...extra }, manner);
    answers.push(answer);
    const calls = answer.message.tool_calls ?? [];
    if (calls.length === 0) break;
    messages.push(answer.message);
    for (const [index, call] of calls.entries())
      messages.push({ role: 'tool', tool_call_id: call.id, content: `degrees: ${20 + index}` });
  }
  return answers;
}

for (const model of [...ALL_CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro', 'deepseek-reasoner']) {
  describe(`the openai client gives ${model} tools`, { timeout: 20_000 }, () => {
    for (const manner of MANNERS) {
      it(`is called in parallel, answers, and gets words that know the results, ${manner}`, async () => {
        const [first, second] = await converse(model, manner);
        assert.ok(first !== undefined && second !== undefined);
        assert.equal(first.finishReason, 'tool_calls');
        assert.deepEqual(callsIn(first.message), BOTH);
        const ids = (first.message.tool_calls ?? []).map(({ id }) => id);
        assert.equal(new Set(ids).size, 2);
        assert.equal(second.finishReason, 'stop');
        assert.match(second.message.content ?? '', /degrees: 20.*degrees: 21/s);
      });
    }

    it('is called once at a time when it does not want more', async () => {
      const { data, response } = await client.chat.completions
        .create({ model, messages: ask(TWO_CITIES_QUESTION), tools, parallel_tool_calls: false })
        .withResponse();
      // Gemini has no such switch, and the gateway says that it was dropped.
      if (model.startsWith('gemini'))
        assert.match(response.headers.get('x-sluice-dropped') ?? '', /parallel_tool_calls/);
      else assert.equal(callsOf(data).length, 1);
    });

    it('can demand a tool, demand any, and forbid all', async () => {
      const { data: named, response } = await client.chat.completions
        .create({
          model,
          messages: ask('Hello'),
          tools,
          tool_choice: { type: 'function', function: { name: 'now' } },
        })
        .withResponse();
      const dropped = response.headers.get('x-sluice-dropped') ?? '';
      // A model that always thinks cannot be forced at DeepSeek, and the gateway says that it was not.
      if (model === 'deepseek-reasoner') assert.match(dropped, /tool_choice/);
      else assert.equal(callsOf(named)[0]?.name, 'now');
      const required = await client.chat.completions.create({
        model,
        messages: ask('Hello'),
        tools,
        tool_choice: 'required',
      });
      if (model !== 'deepseek-reasoner') assert.equal(callsOf(required).length, 1);
      const none = await client.chat.completions.create({
        model,
        messages: ask(WEATHER_QUESTION),
        tools,
        tool_choice: 'none',
      });
      assert.equal(callsOf(none).length, 0);
      assert.match(none.choices[0]?.message.content ?? '', /weather/);
    });

    it('runs its own functions with runTools', async () => {
      const cities: string[] = [];
      const runner = client.chat.completions.runTools({
        model,
        stream: true,
        stream_options: { include_usage: true },
        messages: ask(TWO_CITIES_QUESTION),
        tools: [
          {
            type: 'function',
            function: {
              name: 'get_weather',
              description: 'The weather in a city',
              parameters: CITY_SCHEMA,
              parse: JSON.parse,
              function: ({ city }: { city: string }) => {
                cities.push(city);
                return `sunny in ${city}`;
              },
            },
          },
        ],
      });
      assert.match((await runner.finalContent()) ?? '', /sunny in Paris; sunny in London/);
      assert.deepEqual(cities, ['Paris', 'London']);
      assert.ok((await runner.totalUsage()).total_tokens > 0);
    });
  });
}

describe('the openai client asks for reasoning', { timeout: 20_000 }, () => {
  for (const model of ['claude-sonnet', 'claude-opus', 'gemini-2.5-pro', 'gemini-3-pro', 'deepseek-reasoner']) {
    it(`sees the thoughts of ${model}, whole and streamed, and they count as reasoning`, async () => {
      const body = { model, messages: ask('How many feathers has a swan?'), reasoning_effort: 'low' as const };
      const whole = await client.chat.completions.create(body);
      const message = whole.choices[0]?.message as Reasoned;
      assert.match(message.reasoning_content ?? '', /swan/);
      const streamed = await readMessage(
        await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }),
      );
      assert.equal(streamed.message.reasoning_content, message.reasoning_content);
      assert.equal(streamed.message.content, whole.choices[0]?.message.content);
      assert.deepEqual(streamed.message.thinking_blocks, message.thinking_blocks);
      assert.deepEqual(streamed.usage, whole.usage);
      const counted = whole.usage?.completion_tokens_details?.reasoning_tokens ?? 0;
      // Anthropic bills thoughts as output without saying how many of it they are.
      if (!model.startsWith('claude')) assert.ok(counted > 0);
      assert.ok((whole.usage?.completion_tokens ?? 0) > counted);
    });

    it(`goes on thinking with ${model} over a tool call: what was thought comes back as it was signed`, async () => {
      for (const manner of MANNERS) {
        const isLost = manner === 'streamed by the helper';
        const answers = await converse(model, manner, { reasoning_effort: 'low' });
        assert.deepEqual(
          answers.map(({ finishReason }) => finishReason),
          ['tool_calls', 'stop'],
          manner,
        );
        if (!isLost) assert.match(answers[0]?.message.reasoning_content ?? '', /weather/, manner);
      }
    });
  }

  it('counts hidden reasoning of GPT', async () => {
    const answer = await client.chat.completions.create({
      model: 'gpt-5',
      messages: ask('How many feathers has a swan?'),
      reasoning_effort: 'low',
    });
    assert.ok((answer.usage?.completion_tokens_details?.reasoning_tokens ?? 0) > 0);
  });

  it('is refused when it gives Claude a thought that was never signed', async () => {
    const [first] = await converse('claude-sonnet', 'whole', { reasoning_effort: 'low' });
    assert.ok(first !== undefined);
    const message = structuredClone(first.message);
    for (const block of message.thinking_blocks ?? []) block.thinking = 'I never thought this.';
    const results = (message.tool_calls ?? []).map(
      (call): Message => ({ role: 'tool', tool_call_id: call.id, content: 'sunny' }),
    );
    await assert.rejects(
      client.chat.completions.create({
        model: 'claude-sonnet',
        messages: [...ask(TWO_CITIES_QUESTION), message, ...results],
        tools,
        reasoning_effort: 'low',
      }),
      (error) => error instanceof OpenAI.BadRequestError && /signature/.test(error.message),
    );
  });
});
