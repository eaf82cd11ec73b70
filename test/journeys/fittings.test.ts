/** A request is brought to what its model takes, in both lanes; the answer and the log say what was changed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const MODELS = [
  'openai/gpt-4o',
  'openai/gpt-4o-mini',
  'openai/gpt-4-turbo',
  'openai/gpt-4.1',
  'openai/gpt-5',
  'openai/gpt-5-mini',
  'openai/gpt-5-pro',
  'openai/gpt-5.1',
  'openai/gpt-5.2',
  'openai/gpt-5.4',
  'openai/gpt-5.6',
  'openai/o3',
  'deepseek/deepseek-v4-pro',
  'deepseek/deepseek-chat',
  'deepseek/deepseek-reasoner',
  'moonshot/kimi-k2.5',
  'moonshot/kimi-k3',
  'zai/glm-4.5',
  'zai/glm-4.6',
  'zai/glm-5.2',
  'groq/qwen/qwen3-32b',
  'groq/openai/gpt-oss-120b',
  'groq/llama-3.3-70b-versatile',
  'mistral/mistral-large-latest',
  'mistral/mistral-small-latest',
  'xai/grok-4',
  'xai/grok-4.5',
  'dashscope/qwen-plus',
  'minimax/MiniMax-M2',
  'minimax/MiniMax-M3',
  'ollama/qwen3',
  'ollama/llama3.2',
  'hosted_vllm/qwen3',
  'openrouter/openai/gpt-5',
] as const;

let simulator: Simulator;
let gateway: TestGateway;
before(async () => {
  simulator = await startSimulator();
  gateway = await startTestGateway({
    sharedSimulator: simulator,
    models: Object.fromEntries(MODELS.map((model) => [model, model])),
    dropParams: true,
  });
});
after(async () => {
  await gateway.close();
  await simulator.close();
});

/** What the provider got, and what the answer says of it. */
async function sent(
  path: string,
  body: JsonObject,
): Promise<{ body: JsonObject; dropped: string | null; lane: string | null }> {
  const answered = await gateway.post(path, body, {
    authorization: `Bearer ${gateway.masterKey}`,
    'x-sluice-explain': '1',
  });
  const text = await answered.text();
  assert.equal(answered.status, 200, text);
  return {
    body: simulator.requests.at(-1)?.body as JsonObject,
    dropped: answered.headers.get('x-sluice-dropped'),
    lane: answered.headers.get('x-sluice-lane'),
  };
}

const user = [{ role: 'user', content: 'say: hello' }];
const messages = (model: string, more: JsonObject) =>
  sent('/v1/messages', { model, max_tokens: 1_000, messages: user, ...more });
const chat = (model: string, more: JsonObject) => sent('/v1/chat/completions', { model, messages: user, ...more });
const reasoningOf = ({ reasoning_effort, thinking, enable_thinking, chat_template_kwargs }: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify({ reasoning_effort, thinking, enable_thinking, chat_template_kwargs }));
const adaptive = (effort?: string): JsonObject => ({
  thinking: { type: 'adaptive' },
  ...(effort !== undefined && { output_config: { effort } }),
});
const DISABLED: JsonObject = { thinking: { type: 'disabled' } };
const ENABLED = { type: 'enabled' };
const TOOL: JsonObject = { name: 'f', input_schema: { type: 'object', properties: {} } };
const FUNCTION: JsonObject = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: {} } },
};

/** What Claude Code asks, the model, and what the provider gets. */
const ASKED: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['openai/gpt-5', adaptive('xhigh'), { reasoning_effort: 'high' }],
  ['openai/gpt-5', adaptive('max'), { reasoning_effort: 'high' }],
  ['openai/gpt-5', adaptive(), {}],
  ['openai/gpt-5', DISABLED, { reasoning_effort: 'minimal' }],
  ['openai/gpt-5-mini', DISABLED, { reasoning_effort: 'minimal' }],
  ['openai/gpt-5-pro', adaptive('low'), { reasoning_effort: 'high' }],
  ['openai/gpt-5.1', DISABLED, { reasoning_effort: 'none' }],
  ['openai/gpt-5.1', adaptive('xhigh'), { reasoning_effort: 'high' }],
  ['openai/gpt-5.2', adaptive('max'), { reasoning_effort: 'xhigh' }],
  ['openai/gpt-5.6', adaptive('max'), { reasoning_effort: 'max' }],
  ['openai/o3', adaptive('xhigh'), { reasoning_effort: 'high' }],
  ['openai/o3', DISABLED, { reasoning_effort: 'low' }],
  ['openai/gpt-4o', adaptive('xhigh'), {}],
  ['openai/gpt-4o', DISABLED, {}],
  ['openai/gpt-4.1', adaptive('low'), {}],
  ['deepseek/deepseek-v4-pro', adaptive('low'), { thinking: ENABLED, reasoning_effort: 'high' }],
  ['deepseek/deepseek-v4-pro', adaptive('xhigh'), { thinking: ENABLED, reasoning_effort: 'max' }],
  ['deepseek/deepseek-v4-pro', DISABLED, DISABLED],
  ['deepseek/deepseek-reasoner', adaptive('high'), {}],
  ['moonshot/kimi-k2.5', adaptive('xhigh'), { thinking: ENABLED }],
  ['moonshot/kimi-k2.5', DISABLED, DISABLED],
  ['moonshot/kimi-k3', adaptive('medium'), { reasoning_effort: 'low' }],
  ['zai/glm-4.6', DISABLED, DISABLED],
  ['zai/glm-4.6', adaptive('high'), { thinking: ENABLED }],
  ['zai/glm-5.2', adaptive('max'), { thinking: ENABLED, reasoning_effort: 'max' }],
  ['groq/qwen/qwen3-32b', adaptive('xhigh'), {}],
  ['groq/qwen/qwen3-32b', DISABLED, { reasoning_effort: 'none' }],
  ['groq/openai/gpt-oss-120b', adaptive('xhigh'), { reasoning_effort: 'high' }],
  ['groq/openai/gpt-oss-120b', DISABLED, { reasoning_effort: 'low' }],
  ['groq/llama-3.3-70b-versatile', adaptive('xhigh'), {}],
  ['mistral/mistral-large-latest', adaptive('high'), {}],
  ['mistral/mistral-small-latest', adaptive('medium'), { reasoning_effort: 'high' }],
  ['xai/grok-4', adaptive('high'), {}],
  ['xai/grok-4.5', adaptive('xhigh'), { reasoning_effort: 'high' }],
  ['dashscope/qwen-plus', adaptive('high'), { enable_thinking: true }],
  ['dashscope/qwen-plus', DISABLED, { enable_thinking: false }],
  ['minimax/MiniMax-M2', adaptive('high'), {}],
  ['minimax/MiniMax-M3', adaptive(), { thinking: { type: 'adaptive' } }],
  ['ollama/qwen3', adaptive('xhigh'), { reasoning_effort: 'high' }],
  ['ollama/qwen3', DISABLED, { reasoning_effort: 'none' }],
  ['ollama/llama3.2', adaptive('high'), {}],
  ['hosted_vllm/qwen3', adaptive('max'), { reasoning_effort: 'high' }],
  ['hosted_vllm/qwen3', DISABLED, { chat_template_kwargs: { enable_thinking: false, thinking: false } }],
  ['openrouter/openai/gpt-5', adaptive('xhigh'), { reasoning_effort: 'xhigh' }],
];

describe('how much to think is said in the words of the model', { timeout: 60_000 }, () => {
  for (const [model, asked, expected] of ASKED) {
    it(`${model} is asked for ${JSON.stringify(asked)}`, async () => {
      const { body, dropped } = await messages(model, asked);
      assert.deepEqual(reasoningOf(body), expected);
      const effort = (asked.output_config as JsonObject | undefined)?.effort;
      const isChanged = effort !== undefined && effort !== expected.reasoning_effort;
      if (isChanged) assert.match(dropped ?? '', /thinking/, 'the change is reported');
    });
  }

  it('adaptive thinking with a budget of nothing is not switched off', async () => {
    const { body } = await messages('openai/gpt-5.1', { thinking: { type: 'adaptive', budget_tokens: 0 } });
    assert.deepEqual(reasoningOf(body), {});
  });

  it('a chat client is relayed, with its effort in the words of the model', async () => {
    for (const [model, effort, expected] of [
      ['openai/gpt-5', 'xhigh', { reasoning_effort: 'high' }],
      ['openai/gpt-5', 'none', { reasoning_effort: 'minimal' }],
      ['deepseek/deepseek-v4-pro', 'none', { thinking: { type: 'disabled' } }],
      ['deepseek/deepseek-v4-pro', 'minimal', { reasoning_effort: 'high' }],
      ['zai/glm-4.6', 'none', { thinking: { type: 'disabled' } }],
      ['xai/grok-4', 'low', {}],
    ] as const) {
      const { body, dropped, lane } = await chat(model, { reasoning_effort: effort });
      assert.deepEqual(reasoningOf(body), expected, model);
      assert.equal(lane, 'relay');
      if (effort !== 'none' || model === 'openai/gpt-5') assert.equal(dropped, 'reasoning_effort');
    }
  });

  it('what a model takes as it is stays to the byte', async () => {
    const { dropped } = await chat('openai/gpt-5', { reasoning_effort: 'minimal', max_completion_tokens: 100 });
    assert.equal(dropped, null);
    assert.match(simulator.requests.at(-1)?.rawBody.toString() ?? '', /"reasoning_effort":"minimal"/);
  });
});

describe('reasoning beside tools in chat completions', { timeout: 20_000 }, () => {
  it('is left out for GPT-5.4 and switched off for GPT-5.6, in both lanes', async () => {
    for (const [model, effort] of [
      ['openai/gpt-5.4', undefined],
      ['openai/gpt-5.6', 'none'],
    ] as const) {
      const translated = await messages(model, { ...adaptive('xhigh'), tools: [TOOL] });
      assert.equal(translated.body.reasoning_effort, effort);
      assert.match(translated.dropped ?? '', /thinking/);
      const relayed = await chat(model, { reasoning_effort: 'medium', tools: [FUNCTION] });
      assert.equal(relayed.body.reasoning_effort, effort);
      assert.equal(relayed.dropped, 'reasoning_effort');
      assert.equal(relayed.lane, 'relay');
    }
  });

  it('stays for GPT-5.1, and without tools', async () => {
    const tools = await messages('openai/gpt-5.1', { ...adaptive('low'), tools: [TOOL] });
    assert.equal(tools.body.reasoning_effort, 'low');
    const plain = await messages('openai/gpt-5.4', adaptive('xhigh'));
    assert.equal(plain.body.reasoning_effort, 'xhigh');
  });
});

describe('forced tools of models that think', { timeout: 20_000 }, () => {
  const asked: JsonObject = { tools: [TOOL], tool_choice: { type: 'any' } };
  it('are called without thinking where it can be switched off', async () => {
    const translated = await messages('deepseek/deepseek-v4-pro', { ...asked, ...adaptive('high') });
    assert.deepEqual(translated.body.thinking, { type: 'disabled' });
    assert.equal(translated.body.tool_choice, 'required');
    assert.match(translated.dropped ?? '', /thinking/);
    const relayed = await chat('deepseek/deepseek-v4-pro', { tools: [FUNCTION], tool_choice: 'required' });
    assert.deepEqual(relayed.body.thinking, { type: 'disabled' });
    assert.equal(relayed.body.tool_choice, 'required');
    assert.equal(relayed.lane, 'relay');
    assert.equal(relayed.dropped, 'reasoning_effort');
    const choice = { type: 'function', function: { name: 'f' } };
    const kimi = await chat('moonshot/kimi-k2.5', { tools: [FUNCTION], tool_choice: choice });
    assert.deepEqual(kimi.body.thinking, { type: 'disabled' });
  });

  it('are left to a model that always thinks', async () => {
    const { body, dropped } = await chat('deepseek/deepseek-reasoner', { tools: [FUNCTION], tool_choice: 'required' });
    assert.equal(body.tool_choice, 'auto');
    assert.equal(dropped, 'tool_choice');
  });

  it('change nothing for a model that does not think unasked', async () => {
    const { body, dropped } = await chat('deepseek/deepseek-chat', { tools: [FUNCTION], tool_choice: 'required' });
    assert.equal(body.thinking, undefined);
    assert.equal(dropped, null);
  });
});

describe('the limit of the answer', { timeout: 20_000 }, () => {
  it('is lowered to what the model can write, in both lanes', async () => {
    for (const [model, name, most] of [
      ['openai/gpt-4o', 'max_completion_tokens', 16_384],
      ['openai/gpt-4o-mini', 'max_completion_tokens', 16_384],
      ['openai/gpt-4-turbo', 'max_completion_tokens', 4_096],
      ['deepseek/deepseek-chat', 'max_tokens', 8_192],
      ['groq/llama-3.3-70b-versatile', 'max_tokens', 32_768],
      ['zai/glm-4.5', 'max_tokens', 32_000],
    ] as const) {
      const translated = await messages(model, { max_tokens: 64_000 });
      assert.equal(translated.body[name], most, model);
      assert.match(translated.dropped ?? '', /max_/);
      const relayed = await chat(model, { max_tokens: 64_000 });
      assert.equal(relayed.body.max_tokens ?? relayed.body.max_completion_tokens, most, model);
      assert.equal(relayed.dropped, 'max_tokens');
      assert.equal(relayed.lane, 'relay');
    }
    const within = await chat('openai/gpt-5', { max_completion_tokens: 64_000 });
    assert.equal(within.body.max_completion_tokens, 64_000);
    assert.equal(within.dropped, null);
  });
});

describe('stop sequences', { timeout: 20_000 }, () => {
  it('beyond what the provider takes are left out and reported, in both lanes', async () => {
    const many = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'];
    const translated = await messages('openai/gpt-4o', { stop_sequences: many });
    assert.deepEqual(translated.body.stop, many.slice(0, 4));
    assert.equal(translated.dropped, 'stop');
    const relayed = await chat('openai/gpt-4o', { stop: many });
    assert.deepEqual(relayed.body.stop, many.slice(0, 4));
    assert.equal(relayed.dropped, 'stop');
  });
});

describe('instructions after the first message', { timeout: 20_000 }, () => {
  const turns = [
    { role: 'user', content: 'say: hello' },
    { role: 'assistant', content: 'a' },
    { role: 'user', content: 'b' },
  ];
  it('stay at their place, in the user’s turn, for models that take them only first', async () => {
    const { body, dropped } = await messages('hosted_vllm/qwen3', {
      system: 'You are CC',
      messages: [...turns, { role: 'system', content: '1234 tokens left' }],
    });
    assert.deepEqual(body.messages, [
      { role: 'system', content: 'You are CC' },
      turns[0],
      turns[1],
      { role: 'user', content: 'b\n\n<system>\n1234 tokens left\n</system>' },
    ]);
    assert.equal(dropped, 'messages[4]');
    const relayed = await chat('ollama/qwen3', {
      messages: [
        { role: 'system', content: 'one' },
        { role: 'developer', content: 'two' },
        { role: 'user', content: 'say: hello' },
        { role: 'system', content: 'three' },
        { role: 'user', content: 'b' },
      ],
    });
    assert.deepEqual(relayed.body.messages, [
      { role: 'system', content: 'one\n\ntwo' },
      { role: 'user', content: 'say: hello\n\n<system>\nthree\n</system>\n\nb' },
    ]);
    assert.equal(relayed.lane, 'relay');
  });

  it('are relayed as they are to a model that takes them anywhere', async () => {
    const late = [...turns, { role: 'system', content: 'x' }, { role: 'user', content: 'c' }];
    const { body, dropped } = await chat('openai/gpt-4o', { messages: late });
    assert.deepEqual(body.messages, late);
    assert.equal(dropped, null);
  });
});
