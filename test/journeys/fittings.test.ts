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
  'anthropic/claude-3-5-haiku-20241022',
  'anthropic/claude-sonnet-4-5',
  'anthropic/claude-haiku-4-5',
  'anthropic/claude-sonnet-4-6',
  'anthropic/claude-opus-4-1',
  'anthropic/claude-opus-4-8',
  'anthropic/claude-opus-5',
  'anthropic/claude-fable-5',
  'anthropic/claude-fable-5-1',
  'gemini/gemini-2.0-flash',
  'gemini/gemini-2.5-flash',
  'gemini/gemini-3-flash',
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
const reasoningOf = ({ reasoning_effort, reasoning, thinking, enable_thinking, chat_template_kwargs }: JsonObject) =>
  JSON.parse(JSON.stringify({ reasoning_effort, reasoning, thinking, enable_thinking, chat_template_kwargs }));
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
  ['openai/gpt-5-pro', adaptive('low'), { reasoning: { effort: 'high', summary: 'auto' } }],
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

describe('reasoning beside tools', { timeout: 20_000 }, () => {
  it('goes by the Responses API for GPT-5.4 and 5.6', async () => {
    for (const model of ['openai/gpt-5.4', 'openai/gpt-5.6']) {
      const ofMessages = await messages(model, { ...adaptive('xhigh'), tools: [TOOL] });
      assert.deepEqual(ofMessages.body.reasoning, { effort: 'xhigh', summary: 'auto' });
      const ofChat = await chat(model, { reasoning_effort: 'medium', tools: [FUNCTION] });
      assert.deepEqual(ofChat.body.reasoning, { effort: 'medium', summary: 'auto' });
    }
  });

  it('is left out of chat completions for GPT-5.4 and switched off for GPT-5.6', async () => {
    for (const [model, effort] of [
      ['openai/gpt-5.4', undefined],
      ['openai/gpt-5.6', 'none'],
    ] as const) {
      // The Responses API has no seed.
      const relayed = await chat(model, { reasoning_effort: 'medium', tools: [FUNCTION], seed: 1 });
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

const HAIKU = 'anthropic/claude-haiku-4-5';
const SONNET = 'anthropic/claude-sonnet-4-5';
const OPUS = 'anthropic/claude-opus-4-8';

describe('a request for one Claude that goes to another', { timeout: 30_000 }, () => {
  const parts = ({ thinking, output_config, temperature, top_p, top_k, tool_choice }: JsonObject): JsonObject =>
    JSON.parse(JSON.stringify({ thinking, output_config, temperature, top_p, top_k, tool_choice }));
  const FORCED: JsonObject = { tools: [TOOL], tool_choice: { type: 'any' } };
  for (const [model, asked, expected, dropped] of [
    [
      HAIKU,
      { ...adaptive('xhigh'), max_tokens: 32_000 },
      { thinking: { type: 'enabled', budget_tokens: 8_192 } },
      'output_config.effort, thinking',
    ],
    [
      SONNET,
      { ...adaptive(), max_tokens: 32_000 },
      { thinking: { type: 'enabled', budget_tokens: 2_048 } },
      'thinking',
    ],
    ['anthropic/claude-3-5-haiku-20241022', adaptive('high'), {}, 'output_config.effort, thinking'],
    [
      OPUS,
      { thinking: { type: 'enabled', budget_tokens: 2_000 }, temperature: 0.3, max_tokens: 5_000 },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      'thinking, temperature',
    ],
    [OPUS, { top_k: 5, temperature: 1 }, {}, 'top_k'],
    ['anthropic/claude-fable-5', DISABLED, { output_config: { effort: 'low' } }, 'thinking'],
    ['anthropic/claude-fable-5-1', FORCED, {}, 'tool_choice'],
    [
      'anthropic/claude-opus-5',
      { ...DISABLED, output_config: { effort: 'xhigh' } },
      { ...DISABLED, output_config: { effort: 'high' } },
      'output_config.effort',
    ],
    [
      'anthropic/claude-sonnet-4-6',
      adaptive('xhigh'),
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      'output_config.effort',
    ],
    [SONNET, { output_config: { effort: 'high' } }, {}, 'output_config.effort'],
  ] as const satisfies readonly (readonly [string, JsonObject, JsonObject, string])[]) {
    it(`${model} is asked for ${JSON.stringify(asked)}, by an edit of bytes`, async () => {
      const got = await messages(model, asked);
      assert.deepEqual(parts(got.body), expected);
      assert.equal(got.dropped, dropped);
      assert.equal(got.lane, 'relay');
    });
  }

  it('is left as it is by a model that takes it', async () => {
    const asked: JsonObject = {
      ...adaptive('xhigh'),
      temperature: 1,
      max_tokens: 32_000,
      tools: [TOOL],
      stop_sequences: ['x'],
    };
    const sent = await messages('anthropic/claude-opus-5', { ...asked, temperature: undefined } as JsonObject);
    assert.equal(sent.dropped, null);
    assert.deepEqual(parts(sent.body), adaptive('xhigh'));
    const budget: JsonObject = {
      thinking: { type: 'enabled', budget_tokens: 1_024, display: 'omitted' },
      temperature: 1,
      max_tokens: 32_000,
    };
    const older = await messages(SONNET, budget);
    assert.equal(older.dropped, null);
    assert.deepEqual(parts(older.body), { thinking: budget.thinking, temperature: 1 });
  });

  it('has its limit lowered to what the model can write', async () => {
    for (const [model, most] of [
      ['anthropic/claude-3-5-haiku-20241022', 8_192],
      ['anthropic/claude-opus-4-1', 32_000],
    ] as const) {
      const relayed = await messages(model, { max_tokens: 64_000 });
      assert.equal(relayed.body.max_tokens, most);
      assert.equal(relayed.dropped, 'max_tokens');
      assert.equal(relayed.lane, 'relay');
      const translated = await chat(model, { max_tokens: 128_000 });
      assert.equal(translated.body.max_tokens, most);
      assert.equal(translated.dropped, 'max_tokens');
    }
  });

  it('after a call whose thoughts are lost, is not asked to think with a budget', async () => {
    const { body, dropped } = await messages(HAIKU, {
      ...adaptive('high'),
      max_tokens: 32_000,
      tools: [TOOL],
      messages: [
        ...user,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'r' }] },
      ],
    });
    assert.equal(body.thinking, undefined);
    assert.match(dropped ?? '', /output_config.effort/);
  });

  it('keeps instructions at their place where the model takes none in messages', async () => {
    const late = [
      ...user,
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'system', content: 'c' },
    ];
    const older = await messages(SONNET, { messages: late });
    assert.deepEqual((older.body.messages as JsonObject[]).at(-1), {
      role: 'user',
      content: [
        { type: 'text', text: 'b' },
        { type: 'text', text: '<system>\nc\n</system>' },
      ],
    });
    assert.equal(older.lane, 'translate');
    assert.equal(older.dropped, 'messages[3]');
    const newer = await messages('anthropic/claude-opus-5', { messages: late });
    assert.equal(newer.lane, 'relay');
  });
});

describe('cache marks', { timeout: 20_000 }, () => {
  const marked = (text: string): JsonObject => ({ type: 'text', text, cache_control: { type: 'ephemeral' } });
  it('beyond the four that Claude takes go, the first of them, in both lanes', async () => {
    const turns = ['say: hello', 'm1', 'm2', 'm3', 'm4'].map((text, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: [marked(text)],
    }));
    const marks = (body: JsonObject): number => (JSON.stringify(body).match(/"cache_control"/g) ?? []).length;
    for (const ask of [messages, chat]) {
      const { body, dropped } = await ask(SONNET, { messages: turns });
      assert.equal(marks(body), 4);
      assert.deepEqual((body.messages as JsonObject[])[0]?.content, [{ type: 'text', text: 'say: hello' }]);
      assert.equal(dropped, 'cache_control');
    }
    const four = await messages(SONNET, { messages: turns.slice(2) });
    assert.equal(four.lane, 'relay');
  });
});

describe('schemas', { timeout: 20_000 }, () => {
  const branch = (name: string): JsonObject => ({
    type: 'object',
    properties: { [name]: { type: 'string' } },
    required: [name],
  });
  const schemasOf = ({ tools }: JsonObject): JsonObject[] =>
    (tools as JsonObject[]).map((tool) => tool.input_schema as JsonObject);

  it('with alternatives at the top are joined for Claude, in both lanes', async () => {
    for (const word of ['anyOf', 'oneOf', 'allOf']) {
      const parameters: JsonObject = { [word]: [branch('x'), branch('y')] };
      const translated = await chat(SONNET, { tools: [{ type: 'function', function: { name: 'f', parameters } }] });
      const relayed = await messages(SONNET, { tools: [{ name: 'f', input_schema: parameters }] });
      for (const { body, dropped } of [translated, relayed]) {
        const [schema] = schemasOf(body);
        assert.equal(schema?.type, 'object');
        assert.deepEqual(Object.keys((schema?.properties ?? {}) as JsonObject), ['x', 'y']);
        assert.deepEqual(schema?.required, word === 'allOf' ? ['x', 'y'] : undefined);
        assert.equal(
          ['anyOf', 'oneOf', 'allOf'].some((key) => schema?.[key] !== undefined),
          false,
        );
        assert.equal(dropped, 'tools[0].input_schema');
      }
      assert.equal(relayed.lane, 'relay');
    }
  });

  it('of tools always have the type object', async () => {
    const definitions = [
      { type: ['object', 'null'], properties: {} },
      { type: 'None' },
      { type: 'string' },
      { $ref: '#/$defs/A', $defs: { A: branch('a') } },
    ];
    const { body } = await chat(SONNET, {
      tools: definitions.map((parameters, index) => ({
        type: 'function',
        function: { name: `f${index}`, parameters },
      })) as JsonObject[],
    });
    const schemas = schemasOf(body);
    assert.deepEqual(
      schemas.map(({ type }) => type),
      ['object', 'object', 'object', 'object'],
    );
    assert.deepEqual(Object.keys(schemas[3]?.properties as JsonObject), ['a']);
  });

  it('of answers keep what allOf joins, and report what cannot be said', async () => {
    const schema: JsonObject = {
      type: 'object',
      allOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'number' } } }],
      properties: { map: { type: 'object', additionalProperties: { type: 'string' } } },
    };
    const { body, dropped } = await chat(SONNET, {
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    const written = ((body.output_config as JsonObject).format as JsonObject).schema as JsonObject;
    assert.deepEqual(Object.keys(written.properties as JsonObject), ['map', 'a', 'b']);
    assert.equal(written.additionalProperties, false);
    assert.equal(written.allOf, undefined);
    assert.equal(dropped, 'response_format.json_schema.schema.additionalProperties');
  });

  it('that OpenAI refuses in strict mode go without it, and others stay strict', async () => {
    const format = (schema: JsonObject): JsonObject => ({ output_config: { format: { type: 'json_schema', schema } } });
    const closed: JsonObject = { ...branch('a'), additionalProperties: false };
    const strictOf = ({ response_format }: JsonObject) =>
      ((response_format as JsonObject).json_schema as JsonObject).strict;
    const open: readonly JsonObject[] = [
      { ...closed, properties: { a: { type: 'string' }, b: { type: 'string' } } },
      { ...closed, properties: { a: branch('x') } },
      { ...closed, properties: { a: { type: 'array', items: branch('x') } } },
      { ...closed, $defs: { D: { type: 'object' } } },
    ];
    for (const schema of open) {
      const { body, dropped } = await messages('openai/gpt-5', format(schema));
      assert.equal(strictOf(body), false);
      assert.equal(dropped, 'response_format.json_schema.strict');
    }
    const kept = await messages('openai/gpt-5', format(closed));
    assert.equal(strictOf(kept.body), true);
    assert.equal(kept.dropped, null);
    const tool = await messages('openai/gpt-5', { tools: [{ name: 'f', input_schema: branch('a'), strict: true }] });
    assert.match(JSON.stringify(tool.body.tools), /"strict":false/);
  });
});

describe('Gemini', { timeout: 20_000 }, () => {
  const late = [...user, { role: 'assistant', content: 'a' }, { role: 'user', content: 'b' }];
  it('gets the same instructions at the beginning in every turn', async () => {
    const prompts: unknown[] = [];
    for (const left of ['1234', '999']) {
      const { body, dropped } = await messages('gemini/gemini-2.5-flash', {
        system: 'You are CC',
        messages: [...late, { role: 'system', content: `${left} tokens left` }],
      });
      prompts.push(body.systemInstruction);
      assert.deepEqual((body.contents as JsonObject[]).at(-1), {
        role: 'user',
        parts: [{ text: 'b' }, { text: `<system>\n${left} tokens left\n</system>` }],
      });
      assert.equal(dropped, 'messages[4]');
    }
    assert.deepEqual(prompts[0], prompts[1]);
  });

  it('gets a result with references as text', async () => {
    for (const content of ['{"a":{"$ref":"#/x"}}', '{"$defs":{}}', '{"list":[{"$id":1}]}']) {
      const { body } = await chat('gemini/gemini-3-flash', {
        messages: [
          ...user,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'call_1', content },
        ],
        tools: [FUNCTION],
      });
      assert.match(JSON.stringify(body.contents), /"response":\{"output":/);
    }
  });

  it('gets at most five stop sequences and no more tokens than it can write', async () => {
    const many = ['1a', '2a', '3a', '4a', '5a', '6a'];
    const { body, dropped } = await messages('gemini/gemini-2.0-flash', { stop_sequences: many, max_tokens: 64_000 });
    const config = body.generationConfig as JsonObject;
    assert.deepEqual(config.stopSequences, many.slice(0, 5));
    assert.equal(config.maxOutputTokens, 8_192);
    assert.equal(dropped, 'max_tokens, stop');
  });
});

describe('a Gemini client', { timeout: 20_000 }, () => {
  const contents = [{ role: 'user', parts: [{ text: 'say: hello' }] }];
  const ask = (model: string, generationConfig: JsonObject) =>
    sent(`/v1beta/models/${model}:generateContent`, { contents, generationConfig });
  const many = ['1a', '2a', '3a', '4a', '5a', '6a'];
  for (const [model, asked, expected, dropped] of [
    [
      'gemini/gemini-2.0-flash',
      { maxOutputTokens: 64_000 },
      { maxOutputTokens: 8_192 },
      'generationConfig.maxOutputTokens',
    ],
    [
      'gemini/gemini-2.5-flash',
      { stopSequences: many },
      { stopSequences: many.slice(0, 5) },
      'generationConfig.stopSequences',
    ],
    [
      'gemini/gemini-2.5-flash',
      { thinkingConfig: { thinkingLevel: 'high' } },
      { thinkingConfig: { thinkingBudget: 4_096, includeThoughts: true } },
      'generationConfig.thinkingConfig',
    ],
    ['gemini/gemini-2.0-flash', { thinkingConfig: { thinkingBudget: 500 } }, {}, 'generationConfig.thinkingConfig'],
    [
      'gemini/gemini-2.5-flash',
      { thinkingConfig: { thinkingBudget: 99_000 } },
      { thinkingConfig: { thinkingBudget: 24_576, includeThoughts: true } },
      'generationConfig.thinkingConfig',
    ],
    [
      'gemini/gemini-3-flash',
      { thinkingConfig: { thinkingLevel: 'low' } },
      { thinkingConfig: { thinkingLevel: 'low' } },
      null,
    ],
  ] as const satisfies readonly (readonly [string, JsonObject, JsonObject, string | null])[]) {
    it(`asks ${model} for ${JSON.stringify(asked)}, by an edit of bytes`, async () => {
      const got = await ask(model, asked);
      assert.deepEqual(got.body.generationConfig, expected);
      assert.equal(got.dropped, dropped);
      assert.equal(got.lane, 'relay');
    });
  }
});

describe('on a fallback', { timeout: 20_000 }, () => {
  it('the request is fitted to the model that answers, and the answer says how', async () => {
    const deployment = (name: string, model: string) => ({
      model_name: name,
      litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
    });
    const chains: readonly (readonly [string, string, RegExp, JsonObject])[] = [
      [
        'anthropic/claude-opus-5+fault-500',
        HAIKU,
        /output_config.effort, thinking/,
        { thinking: { type: 'enabled', budget_tokens: 8_192 } },
      ],
      ['anthropic/claude-opus-5+fault-500', 'openai/gpt-5', /thinking/, { reasoning_effort: 'high' }],
      [
        'anthropic/claude-opus-5+fault-500',
        'deepseek/deepseek-v4-pro',
        /thinking/,
        { thinking: ENABLED, reasoning_effort: 'max' },
      ],
    ];
    for (const [first, second, dropped, expected] of chains) {
      const chain = await startTestGateway({
        sharedSimulator: simulator,
        config: JSON.stringify({
          model_list: [deployment('first', first), deployment('second', second)],
          litellm_settings: { num_retries: 0, fallbacks: [{ first: ['second'] }] },
          general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
        }),
      });
      const answered = await chain.post('/v1/messages', {
        model: 'first',
        max_tokens: 32_000,
        messages: user,
        ...adaptive('xhigh'),
      });
      assert.equal(answered.status, 200, await answered.text());
      assert.match(answered.headers.get('x-sluice-dropped') ?? '', dropped);
      const body = simulator.requests.at(-1)?.body as JsonObject;
      const { reasoning_effort, thinking } = body;
      assert.deepEqual(JSON.parse(JSON.stringify({ reasoning_effort, thinking })), expected);
      await chain.close();
    }
  });
});

describe('Claude Code’s billing block', { timeout: 20_000 }, () => {
  const block = 'x-anthropic-billing-header: cc_version=2.1.252.a1; cc_entrypoint=cli; cch=0aaa9;';
  const system = [
    { type: 'text', text: block },
    { type: 'text', text: 'You are Claude Code' },
  ];
  it('is left out for other providers, so that the prompt begins the same every time', async () => {
    for (const model of ['deepseek/deepseek-v4-pro', 'openai/gpt-5', 'gemini/gemini-2.5-flash', 'hosted_vllm/qwen3']) {
      for (const prompt of [system, `${block}\nYou are Claude Code`]) {
        const { body, dropped } = await messages(model, { system: prompt });
        assert.doesNotMatch(JSON.stringify(body), /billing-header/);
        assert.match(JSON.stringify(body), /You are Claude Code/);
        assert.match(dropped ?? '', /system/);
      }
    }
  });

  it('goes to Anthropic, in both lanes', async () => {
    const relayed = await messages(SONNET, { system });
    assert.deepEqual(relayed.body.system, system);
    const translated = await messages(SONNET, { system, messages: [...user, { role: 'system', content: 'x' }] });
    assert.deepEqual(translated.body.system, system);
  });
});

describe('small things', { timeout: 20_000 }, () => {
  const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  it('an image of another type than its source says is sent under its own', async () => {
    const asked: JsonObject = {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'say: hello' },
            { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: PNG } },
          ],
        },
      ],
    };
    for (const model of [SONNET, 'openai/gpt-4o', 'gemini/gemini-2.5-flash']) {
      const { body, dropped } = await messages(model, asked);
      assert.match(JSON.stringify(body), /image\/png/);
      assert.doesNotMatch(JSON.stringify(body), /image\/jpeg/);
      assert.match(dropped ?? '', /messages\[0\]\.content\[1\]/);
    }
  });

  it('a cache mark of another lifetime than Claude’s is no error', async () => {
    const content = [{ type: 'text', text: 'say: hello', cache_control: { type: 'ephemeral', ttl: '30m' } }];
    const { dropped } = await messages('openai/gpt-4o', { messages: [{ role: 'user', content }] });
    assert.equal(dropped, 'cache_control');
  });

  it('a name without a model is no model', async () => {
    for (const config of [
      { name: 'openai/*', model: 'openai/*' },
      { name: '*', model: 'openrouter/*' },
    ]) {
      const wild = await startTestGateway({ sharedSimulator: simulator, models: { [config.name]: config.model } });
      const calls = simulator.requests.length;
      for (const model of ['openai/', 'openai/ ', 'openai//gpt-4o']) {
        const answered = await wild.post('/v1/chat/completions', { model, messages: user });
        assert.equal(answered.status, 400, model);
      }
      assert.equal(simulator.requests.length, calls);
      await wild.close();
    }
  });

  it('arguments that are JSON twice are read once more', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: JSON.stringify('{"a":1}') } };
    const turns = [
      ...user,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'r' },
    ];
    const claude = await chat(SONNET, { messages: turns, tools: [FUNCTION] });
    assert.match(JSON.stringify(claude.body.messages), /"input":\{"a":1\}/);
    const gemini = await chat('gemini/gemini-2.5-flash', { messages: turns, tools: [FUNCTION] });
    assert.match(JSON.stringify(gemini.body.contents), /"args":\{"a":1\}/);
  });
});

describe('a client of Gemini’s format', () => {
  const generate = (model: string, config: JsonObject, name = 'generationConfig') =>
    sent(`/v1beta/models/${model}:generateContent`, {
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      [name]: config,
    });

  it('that wants no thinking gets the least of Gemini 3, which always thinks, and learns it', async () => {
    const relayed = await generate('gemini/gemini-3-flash', { thinkingConfig: { thinkingBudget: 0 } });
    assert.deepEqual((relayed.body.generationConfig as JsonObject).thinkingConfig, {
      thinkingLevel: 'MINIMAL',
    });
    assert.deepEqual([relayed.lane, relayed.dropped], ['relay', 'generationConfig.thinkingConfig']);
    const translated = await sent('/v1/responses', {
      model: 'gemini/gemini-3-flash',
      input: 'hi',
      reasoning: { effort: 'none' },
    });
    assert.match(translated.dropped ?? '', /reasoning_effort/);
  });

  it('may say a level and a budget: the level counts, as both are refused', async () => {
    const { body } = await generate('gemini/gemini-3-flash', {
      thinkingConfig: { thinkingBudget: 100, thinkingLevel: 'low' },
    });
    assert.deepEqual(
      Object.keys((body.generationConfig as JsonObject).thinkingConfig as JsonObject).includes('thinkingBudget'),
      false,
    );
  });

  it('is fitted in snake case too', async () => {
    const config = {
      max_output_tokens: 99_999,
      stop_sequences: ['1', '2', '3', '4', '5', '6'],
      thinking_config: { thinking_level: 'high' },
    };
    const { body, dropped } = await generate('gemini/gemini-2.0-flash', config, 'generation_config');
    assert.deepEqual(body.generation_config, { max_output_tokens: 8_192, stop_sequences: ['1', '2', '3', '4', '5'] });
    assert.equal(
      dropped,
      'generationConfig.maxOutputTokens, generationConfig.stopSequences, generationConfig.thinkingConfig',
    );
  });
});

describe('a client of the Responses API', () => {
  it('gets no sealed reasoning of a model that does not reason, which would refuse to seal any', async () => {
    const include = ['reasoning.encrypted_content', 'message.output_text.logprobs'];
    const one = await sent('/v1/responses', {
      model: 'openai/gpt-4o',
      input: 'hi',
      include,
      reasoning: { summary: 'auto' },
    });
    assert.deepEqual([one.body.include, one.body.reasoning], [['message.output_text.logprobs'], undefined]);
    assert.equal(one.dropped, null);
    const other = await sent('/v1/responses', { model: 'openai/gpt-4.1', input: 'hi', include: include.slice(0, 1) });
    assert.equal(other.body.include, undefined);
    const reasons = await sent('/v1/responses', { model: 'openai/gpt-5', input: 'hi', include: include.slice(0, 1) });
    assert.deepEqual([reasons.body.include, reasons.dropped], [include.slice(0, 1), null]);
  });
});
