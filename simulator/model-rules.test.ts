/** What single models refuse, and the members of newer clients. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../src/core/json.ts';
import type { Simulator } from './contract.ts';
import { startSimulator } from './start.ts';

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator();
});
after(() => simulator.close());

const user = [{ role: 'user', content: 'Tell me about the tides.' }];
const post = (path: string, body: JsonObject, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(simulator.url + path, {
    method: 'POST',
    headers: { authorization: 'Bearer k', 'anthropic-version': '2023-06-01', ...headers },
    body: JSON.stringify(body),
  });
const chat = (body: JsonObject) => post('/v1/chat/completions', { messages: user, ...body });
const messages = (body: JsonObject, headers?: Record<string, string>) =>
  post('/v1/messages', { messages: user, max_tokens: 2_000, ...body }, headers);
const TOOL: JsonObject = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
const ADAPTIVE: JsonObject = { thinking: { type: 'adaptive' } };
const OFF: JsonObject = { thinking: { type: 'disabled' } };
const effort = (word: string): JsonObject => ({ output_config: { effort: word } });

describe('a chat model refuses', { timeout: 20_000 }, () => {
  for (const [body, words] of [
    [{ model: 'gpt-5', reasoning_effort: 'xhigh' }, /does not support 'xhigh'/],
    [{ model: 'gpt-5.1', reasoning_effort: 'minimal' }, /does not support 'minimal'/],
    [{ model: 'o3', reasoning_effort: 'none' }, /does not support 'none'/],
    [{ model: 'gpt-4o', reasoning_effort: 'low' }, /Unrecognized request argument supplied: reasoning_effort/],
    [{ model: 'gpt-4o', max_tokens: 32_000 }, /at most 16384 completion tokens/],
    [
      { model: 'gpt-5.4', reasoning_effort: 'low', tools: [TOOL] },
      /Function tools with reasoning_effort are not supported/,
    ],
    [{ model: 'gpt-5.6', tools: [TOOL] }, /set reasoning_effort to 'none'/],
    [{ model: 'o3', stop: ['x'] }, /'stop' is not supported/],
    [{ model: 'deepseek-v4-pro', reasoning_effort: 'none' }, /unknown variant `none`/],
    [{ model: 'deepseek-v4-pro', tools: [TOOL], tool_choice: 'required' }, /does not support this tool_choice/],
    [{ model: 'deepseek-chat', max_tokens: 32_000 }, /valid range of max_tokens/],
    [{ model: 'kimi-k2.5', tools: [TOOL], tool_choice: 'required' }, /incompatible with thinking/],
    [{ model: 'kimi-k2.5', reasoning_effort: 'xhigh' }, /is not supported for this model/],
    [{ model: 'qwen/qwen3-32b', reasoning_effort: 'high' }, /Must be one of none, default/],
    [{ model: 'mistral-large-latest', reasoning_effort: 'high' }, /not supported with this model/],
    [{ model: 'grok-4', reasoning_effort: 'low' }, /not supported with this model/],
    [
      { model: 'qwen3', messages: [...user, { role: 'system', content: 'x' }] },
      /System message must be at the beginning/,
    ],
  ] as const) {
    it(JSON.stringify(body).slice(0, 90), async () => {
      const refused = await chat(body as unknown as JsonObject);
      assert.equal(refused.status, 400);
      assert.match(await refused.text(), words);
    });
  }

  it('nothing of what it takes', async () => {
    for (const body of [
      { model: 'gpt-5', reasoning_effort: 'minimal', max_completion_tokens: 64_000 },
      { model: 'gpt-5.6', reasoning_effort: 'none', tools: [TOOL] },
      { model: 'deepseek-v4-pro', ...OFF, tools: [TOOL], tool_choice: 'required' },
      { model: 'kimi-k2.5', ...OFF },
      { model: 'qwen3', messages: [{ role: 'system', content: 'x' }, ...user] },
    ]) {
      assert.equal((await chat(body as unknown as JsonObject)).status, 200, JSON.stringify(body));
    }
  });
});

describe('a Claude model refuses', { timeout: 20_000 }, () => {
  const schema = { type: 'object', anyOf: [{ type: 'object' }] };
  for (const [body, words] of [
    [{ model: 'claude-haiku-4-5', ...ADAPTIVE }, /adaptive thinking is not supported/],
    [{ model: 'claude-opus-4-8', thinking: { type: 'enabled', budget_tokens: 1_024 } }, /thinking.type.enabled/],
    [{ model: 'claude-fable-5', ...OFF }, /thinking.type.disabled/],
    [{ model: 'claude-sonnet-4-5', ...effort('high') }, /does not support the effort parameter/],
    [{ model: 'claude-opus-5', ...OFF, ...effort('xhigh') }, /is not supported when thinking is disabled/],
    [{ model: 'claude-sonnet-4-6', ...ADAPTIVE, ...effort('xhigh') }, /'xhigh' is not supported/],
    [{ model: 'claude-opus-5', temperature: 0.3 }, /`temperature` is deprecated/],
    [{ model: 'claude-3-5-haiku-20241022', max_tokens: 64_000 }, /64000 > 8192/],
    [{ model: 'claude-opus-4-1', max_tokens: 64_000 }, /64000 > 32000/],
    [{ model: 'claude-sonnet-4-5', messages: [...user, { role: 'system', content: 'x' }] }, /Unexpected role .*system/],
    [{ model: 'claude-opus-5', messages: [...user, { role: 'assistant', content: 'x' }] }, /prefill/],
    [{ model: 'claude-sonnet-4-5', tools: [{ name: 'f', input_schema: schema }] }, /at the top level/],
    [
      { model: 'claude-sonnet-4-5', output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      /must be explicitly set to false/,
    ],
  ] as const) {
    it(JSON.stringify(body).slice(0, 90), async () => {
      const refused = await messages(body as unknown as JsonObject);
      assert.equal(refused.status, 400);
      assert.match(await refused.text(), words);
    });
  }
});

describe('newer clients', { timeout: 20_000 }, () => {
  it('can have a conversation held and continued', async () => {
    const beta = { 'anthropic-beta': 'message-threads-2026-08-12' };
    const body: JsonObject = { model: 'claude-sonnet-4-5' };
    const first = (await (await messages({ ...body, thread: { type: 'create' } }, beta)).json()) as {
      id: string;
      usage: { input_tokens: number };
    };
    const next = { type: 'continue', previous_message_id: first.id };
    const second = (await (await messages({ ...body, thread: next }, beta)).json()) as {
      usage: { input_tokens: number };
    };
    assert.ok(second.usage.input_tokens > 2 * first.usage.input_tokens, 'the whole conversation is read');
    const lost = await messages({ ...body, thread: { type: 'continue', previous_message_id: 'msg_lost' } }, beta);
    assert.equal(lost.status, 404);
    assert.match(await lost.text(), /thread_not_found/);
    assert.equal((await messages({ ...body, thread: next })).status, 400);
  });

  it('can send what Codex sends, and list models with Gemini’s header', async () => {
    const answered = await post('/v1/responses', {
      model: 'gpt-5',
      input: 'Tell me about the tides.',
      client_metadata: { a: 'b' },
      tools: [
        { type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'f', parameters: {} }] },
      ],
    });
    assert.equal(answered.status, 200);
    const listed = await fetch(`${simulator.url}/v1/models`, { headers: { 'x-goog-api-key': 'k' } });
    assert.equal(listed.status, 200);
  });
});
