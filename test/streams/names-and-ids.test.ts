/** Names of tools and ids of calls that a provider refuses are written so that it takes them, and the client sees its own. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { readAnthropic, readOpenAi } from './client-streams.ts';
import { claude, openai, type StreamWorld, startStreamWorld } from './world.ts';

let world: StreamWorld;
before(async () => {
  world = await startStreamWorld();
});
beforeEach(() => {
  world.upstream.requests.length = 0;
  world.spare.requests.length = 0;
});
after(() => world.close());

const LONG = 'mcp__plugin_claude-code-home-manager_github__add_comment_to_pending_review_x';
const NAMES = [
  LONG,
  `${LONG.slice(0, -1)}y`,
  'files.read',
  'files_read',
  'naïve name',
  'emoji 🛠',
  '9lives',
  'a/b',
  'x'.repeat(300),
];
const WHOLE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'c',
  stop_reason: 'end_turn',
  stop_sequence: null,
};
const DONE: JsonObject = {
  ...WHOLE,
  content: [{ type: 'text', text: 'ok' }],
  usage: { input_tokens: 1, output_tokens: 1 },
};
const SAID: JsonObject = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const GEMINI_NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/;
const OPENAI_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const CLAUDE_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

const lastBody = (): JsonObject => world.upstream.requests.at(-1)?.body ?? {};

/** Every name in a body: of the tools, of a choice, of calls and results. */
function namesIn(body: JsonObject): string[] {
  const found: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, key);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        if (name === 'name' && typeof member === 'string') found.push(member);
        else if (name !== 'parameters' && name !== 'input_schema') visit(member, name);
      }
    }
  };
  visit(body, '');
  return found;
}

const SCHEMA: JsonObject = { type: 'object', properties: {} };
const claudeTools = NAMES.map((name) => ({ name, input_schema: SCHEMA }));
const openaiTools = NAMES.map((name) => ({ type: 'function', function: { name, parameters: SCHEMA } }));

/** A turn that calls every tool, and the results, as each client writes them. */
const claudeHistory: JsonObject[] = [
  { role: 'user', content: 'x' },
  { role: 'assistant', content: NAMES.map((name, index) => ({ type: 'tool_use', id: `t${index}`, name, input: {} })) },
  { role: 'user', content: NAMES.map((_, index) => ({ type: 'tool_result', tool_use_id: `t${index}`, content: 'r' })) },
];
const openaiHistory: JsonObject[] = [
  { role: 'user', content: 'x' },
  {
    role: 'assistant',
    content: null,
    tool_calls: NAMES.map((name, index) => ({
      id: `t${index}`,
      type: 'function',
      function: { name, arguments: '{}' },
    })),
  },
  ...NAMES.map((_, index) => ({ role: 'tool', tool_call_id: `t${index}`, content: 'r' })),
];

describe('names of tools', { timeout: 30_000 }, () => {
  for (const [model, limit] of [
    ['openai/gpt-5', OPENAI_NAME],
    ['deepseek/deepseek-chat', OPENAI_NAME],
    ['groq/llama-3.3-70b', OPENAI_NAME],
    ['anthropic/claude-sonnet-4-5', CLAUDE_NAME],
    ['gemini/gemini-2.5-pro', GEMINI_NAME],
  ] as const) {
    it(`that ${model} refuses are mapped one to one, in tools, choice and history, and reported`, async () => {
      const isClaude = model.startsWith('anthropic');
      const isGemini = model.startsWith('gemini');
      const gemini = { responseId: 'r', candidates: [{ content: { parts: [{ text: 'ok' }] }, finishReason: 'STOP' }] };
      world.upstream.answer = () => ({ json: isClaude ? DONE : isGemini ? gemini : SAID });
      const asked = [
        await world.ask('anthropic', {
          model,
          tools: claudeTools,
          tool_choice: { type: 'tool', name: LONG },
          messages: claudeHistory,
        }),
        await world.ask('openai', {
          model,
          tools: openaiTools,
          tool_choice: { type: 'function', function: { name: LONG } },
          messages: openaiHistory,
        }),
      ];
      const [one, other] = world.upstream.requests.map(({ body }) => namesIn(body));
      assert.ok(one !== undefined && other !== undefined);
      for (const name of [...one, ...other]) assert.match(name, limit);
      assert.equal(new Set(one).size, NAMES.length);
      assert.deepEqual(new Set(one), new Set(other));
      assert.ok(one.includes('files_read'), 'a name that fits is kept');
      for (const { status, headers } of asked) {
        assert.equal(status, 200);
        assert.match(headers.get('x-sluice-dropped') ?? '', /tools\[\d\]\.name/);
      }
    });
  }

  it('come back as the client wrote them, whole and streamed, in both lanes', async () => {
    for (const client of ['anthropic', 'openai'] as const) {
      for (const model of ['anthropic/claude-sonnet-4-5', 'openai/gpt-5']) {
        world.upstream.answer = ({ body }) => {
          const sent = namesIn(body);
          if (model.startsWith('anthropic')) {
            if (body.stream !== true) {
              const content = sent.map((name, index) => ({ type: 'tool_use', id: `t${index}`, name, input: {} }));
              return { json: { ...DONE, content, stop_reason: 'tool_use' } };
            }
            const blocks = sent.flatMap((name, index) => [claude.tool(index, `t${index}`, name), claude.stop(index)]);
            return { events: [claude.start(), ...blocks, ...claude.end()] };
          }
          const calls = sent.map((name, index) => ({
            index,
            id: `t${index}`,
            type: 'function',
            function: { name, arguments: '{}' },
          }));
          if (body.stream === true)
            return { events: [...calls.map((call) => openai.call(call)), ...openai.end('tool_calls')] };
          const message = { role: 'assistant', content: null, tool_calls: calls };
          return { json: { ...SAID, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] } };
        };
        const tools = client === 'anthropic' ? claudeTools : openaiTools;
        const streamed = await world.ask(client, { model, tools, stream: true });
        const seen = client === 'anthropic' ? readAnthropic(streamed.text) : readOpenAi(streamed.text);
        assert.deepEqual(
          seen.calls.map(({ name }) => name).sort(),
          [...NAMES].sort(),
          `${client} over ${model}, streamed`,
        );
        const whole = await world.ask(client, { model, tools });
        const names = namesIn(JSON.parse(whole.text) as JsonObject);
        assert.deepEqual(names.sort(), [...NAMES].sort(), `${client} over ${model}, whole`);
      }
    }
  });

  it('that fit are relayed as they are', async () => {
    world.upstream.answer = () => ({ json: DONE });
    const tools = [{ name: 'Bash', input_schema: { type: 'object', properties: { name: { default: 'Jane Doe' } } } }];
    const { headers } = await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', tools });
    assert.equal(headers.get('x-sluice-dropped'), null);
    assert.deepEqual(lastBody().tools, tools);
  });
});

/** The ids of calls and of results, in order. */
function idsIn(body: JsonObject): { calls: string[]; results: string[] } {
  const calls: string[] = [];
  const results: string[] = [];
  for (const message of body.messages as JsonObject[]) {
    for (const call of (message.tool_calls ?? []) as JsonObject[]) calls.push(String(call.id));
    if (message.role === 'tool') results.push(String(message.tool_call_id));
    for (const block of Array.isArray(message.content) ? message.content : []) {
      if (!isJsonObject(block)) continue;
      if (block.type === 'tool_use') calls.push(String(block.id));
      if (block.type === 'tool_result') results.push(String(block.tool_use_id));
    }
  }
  return { calls, results };
}

const IDS = [
  'functions.Bash:0',
  'functions.Bash:1',
  'functions_Bash_0',
  'ключ',
  'a b',
  `call_${'0123456789'.repeat(9)}`,
  'x'.repeat(41),
];

function claudeTurns(ids: readonly string[]): JsonObject[] {
  return [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'Bash', input: {} })) },
    { role: 'user', content: ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'r' })) },
  ];
}

function openaiTurns(ids: readonly string[]): JsonObject[] {
  const call = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'Bash', arguments: '{}' } });
  return [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: null, tool_calls: ids.map(call) },
    ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: 'r' })),
  ];
}

describe('ids of calls', { timeout: 30_000 }, () => {
  for (const [model, limit] of [
    ['anthropic/claude-sonnet-4-5', /^[a-zA-Z0-9_-]+$/],
    ['openai/gpt-5', /^.{1,40}$/s],
    ['mistral/mistral-large-latest', /^[a-zA-Z0-9]{9}$/],
  ] as const) {
    it(`that ${model} refuses are mapped alike for calls and results, from both clients, and reported`, async () => {
      world.upstream.answer = () => ({ json: model.startsWith('anthropic') ? DONE : SAID });
      for (const client of ['anthropic', 'openai'] as const) {
        const messages = client === 'anthropic' ? claudeTurns(IDS) : openaiTurns(IDS);
        const asked = await world.ask(client, { model, messages });
        assert.equal(asked.status, 200, asked.text);
        const { calls, results } = idsIn(lastBody());
        assert.deepEqual(calls, results);
        assert.equal(new Set(calls).size, IDS.length);
        for (const id of calls) assert.match(id, limit);
        assert.match(asked.headers.get('x-sluice-dropped') ?? '', /messages\[1\]\.content\[\d\]\.id/);
      }
    });
  }

  it('that come twice in a history are two for Claude, each with its own result', async () => {
    world.upstream.answer = () => ({ json: DONE });
    const history = [
      ...claudeTurns(['functions.Bash:0']),
      ...claudeTurns(['functions.Bash:0']),
      ...claudeTurns(['a', 'a']),
    ];
    await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', messages: history });
    const { calls, results } = idsIn(lastBody());
    assert.deepEqual(calls, results);
    assert.equal(new Set(calls).size, 4);
  });

  it('of Kimi travel through an Anthropic client in letters that Claude takes, and Kimi gets its own back', async () => {
    const call = { index: 0, id: 'functions.Bash:0', type: 'function', function: { name: 'Bash', arguments: '{}' } };
    world.upstream.answer = ({ body }) =>
      body.stream === true
        ? { events: [openai.call(call), ...openai.end('tool_calls')] }
        : {
            json: {
              ...SAID,
              choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] } }],
            },
          };
    const model = 'moonshot/kimi-k2';
    const streamed = readAnthropic((await world.ask('anthropic', { model, stream: true })).text).calls[0]?.id ?? '';
    const whole = JSON.parse((await world.ask('anthropic', { model })).text) as { content: { id: string }[] };
    assert.equal(whole.content[0]?.id, streamed);
    assert.match(streamed, /^[a-zA-Z0-9_-]+$/);
    await world.ask('anthropic', { model, messages: claudeTurns([streamed]) });
    assert.deepEqual(idsIn(lastBody()), { calls: ['functions.Bash:0'], results: ['functions.Bash:0'] });
    world.upstream.answer = () => ({ json: DONE });
    await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', messages: claudeTurns([streamed]) });
    assert.deepEqual(idsIn(lastBody()), { calls: [streamed], results: [streamed] });
  });

  it('are fitted in a question for a count too', async () => {
    world.upstream.answer = () => ({ json: { input_tokens: 7 } });
    const asked = await world.gateway.post('/v1/messages/count_tokens', {
      model: 'anthropic/claude-sonnet-4-5',
      messages: claudeTurns(IDS),
    });
    assert.deepEqual(await asked.json(), { input_tokens: 7 });
    for (const id of idsIn(lastBody()).calls) assert.match(id, /^[a-zA-Z0-9_-]+$/);
  });

  it('are fitted for the deployment that a request falls back to', async () => {
    world.upstream.answer = () => ({ json: { error: { message: 'down' } }, status: 500 });
    world.spare.answer = () => ({ json: DONE });
    for (const client of ['anthropic', 'openai'] as const) {
      const messages = client === 'anthropic' ? claudeTurns(IDS) : openaiTurns(IDS);
      const tools = client === 'anthropic' ? claudeTools : openaiTools;
      const asked = await world.ask(client, { model: 'falls/moonshot', messages, tools });
      assert.equal(asked.status, 200, asked.text);
      const body = world.spare.requests.at(-1)?.body ?? {};
      for (const id of idsIn(body).calls) assert.match(id, /^[a-zA-Z0-9_-]+$/);
      for (const name of namesIn(body)) assert.match(name, CLAUDE_NAME);
    }
  });

  it('that a provider leaves out or gives twice are made, other ones in every answer', async () => {
    const call = (id: string | null): JsonObject => ({
      id,
      type: 'function',
      function: { name: 'Bash', arguments: '{}' },
    });
    const seen = new Set<string>();
    for (const ids of [
      [null, null],
      ['a', 'a'],
      ['', 'b'],
    ]) {
      const message = { role: 'assistant', content: null, tool_calls: ids.map(call) };
      world.upstream.answer = () => ({
        json: { ...SAID, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] },
      });
      for (const repeat of [1, 2]) {
        const { text } = await world.ask('anthropic', { model: 'ollama/x' });
        const made = (JSON.parse(text) as { content: { id: string }[] }).content.map(({ id }) => id);
        assert.equal(new Set(made).size, 2, `${ids} ${repeat}`);
        for (const id of made) {
          assert.match(id, /^[a-zA-Z0-9_-]{1,40}$/);
          assert.ok(id === 'a' || id === 'b' || !seen.has(id), 'an id of an earlier answer');
          seen.add(id);
        }
      }
    }
  });
});

describe('what the Responses API refuses', { timeout: 30_000 }, () => {
  const RESPONSE: JsonObject = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'm',
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  };
  const ID = `codex_mcp__codex_apps__google_calendar.search_events_exec-${'0'.repeat(36)}`;
  const tool = { type: 'function', name: 'files.read', parameters: { type: 'object', properties: {} } };
  const history = [
    { role: 'user', content: 'hi' },
    { type: 'function_call', call_id: ID, name: 'files.read', arguments: '{}' },
    { type: 'function_call_output', call_id: ID, output: 'x' },
  ];
  const ask = async (path: string, body: JsonObject) => {
    const answer = await world.gateway.post(path, body);
    return { dropped: answer.headers.get('x-sluice-dropped'), body: (await answer.json()) as JsonObject };
  };

  it('is written so that it takes it, in both lanes, and its clients see their own names', async () => {
    world.upstream.answer = ({ body }) => {
      const [{ name }] = body.tools as [JsonObject];
      const output = [{ type: 'function_call', id: 'fc_1', call_id: ID, name, arguments: '{}', status: 'completed' }];
      return { json: { ...RESPONSE, output } };
    };
    const { body, dropped } = await ask('/v1/responses', { model: 'openai/gpt-4o', input: history, tools: [tool] });
    const sent = lastBody();
    const calls = (sent.input as JsonObject[]).filter((item) => item.call_id !== undefined);
    const ids = new Set(calls.map((item) => item.call_id));
    assert.equal(ids.size, 1);
    assert.match(String([...ids][0]), /^[a-zA-Z0-9_-]{1,64}$/);
    const [{ name }] = sent.tools as [JsonObject];
    assert.match(String(name), /^files_read_[0-9a-f]{8}$/);
    assert.equal(calls[0]?.name, name);
    assert.match(dropped ?? '', /tools\[0\]\.name/);
    assert.equal((body.output as JsonObject[])[0]?.name, 'files.read');

    const messages = [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: ID, type: 'function', function: { name: 'files.read', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: ID, content: 'x' },
    ];
    const chat = await ask('/v1/chat/completions', {
      model: 'openai/gpt-5-pro',
      messages,
      tools: [{ type: 'function', function: { name: 'files.read', parameters: tool.parameters } }],
    });
    assert.match(world.upstream.requests.at(-1)?.path ?? '', /\/responses$/);
    assert.doesNotMatch(world.upstream.requests.at(-1)?.text ?? '', /files\.read|search_events_exec-0{36}/);
    assert.match(JSON.stringify(chat.body), /"name":"files\.read"/);
  });

  it('is no reason to read what it takes: names of 128 characters and ids of 64 are relayed as they are', async () => {
    world.upstream.answer = () => ({
      json: {
        ...RESPONSE,
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'ok' }] }],
      },
    });
    const input = history.map((item) => ({ ...item, ...('call_id' in item && { call_id: `ид ${'x'.repeat(61)}` }) }));
    const body = { model: 'openai/gpt-4o', input, tools: [{ ...tool, name: 'x'.repeat(128) }] };
    const { dropped } = await ask('/v1/responses', {
      ...body,
      input: input.map((item) => ('name' in item ? { ...item, name: 'x'.repeat(128) } : item)),
    });
    assert.equal(dropped, null);
    assert.match(world.upstream.requests.at(-1)?.text ?? '', /ид x{61}/);
  });
});
