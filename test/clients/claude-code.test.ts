/** Requests as Claude Code sends them, over the wire, to Claude and to models of other providers. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type Anthropic from '@anthropic-ai/sdk';
import type { JsonObject } from '../../src/core/json.ts';
import { ALL_CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
after(() => gateway.close());

const BETAS =
  'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,prompt-caching-scope-2026-01-05';
const TOOL_NAMES = [
  'Bash',
  'Read',
  'Edit',
  'Write',
  'Glob',
  'Grep',
  'Task',
  'TodoWrite',
  'WebFetch',
  'mcp__files__list',
];

function tool(name: string): JsonObject {
  return {
    name,
    description: `Runs ${name}. `.repeat(20),
    input_schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        command: { type: 'string', description: 'What to do', minLength: 1 },
        timeout: { type: 'number', exclusiveMinimum: 0 },
        mode: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
      },
      required: ['command'],
      additionalProperties: false,
    },
  };
}

/** The body of a turn; what is asked comes last. */
function turn(model: string, messages: readonly object[], extra: object = {}): JsonObject {
  return JSON.parse(
    JSON.stringify({
      model,
      max_tokens: 32_000,
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.0; cc_entrypoint=cli;' },
        {
          type: 'text',
          text: "You are Claude Code, Anthropic's official CLI for Claude.",
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
        { type: 'text', text: 'Be precise. '.repeat(600), cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
      messages,
      tools: TOOL_NAMES.map(tool),
      metadata: {
        user_id: `user_${'ab'.repeat(32)}_account_5e1c0a2e-1111-4222-8333-444455556666_session_9f8e7d6c-1111-4222-8333-444455556666`,
      },
      stream: true,
      ...extra,
    }),
  );
}

const headers = (key: string) => ({
  authorization: `Bearer ${key}`,
  'anthropic-version': '2023-06-01',
  'anthropic-beta': BETAS,
  'anthropic-dangerous-direct-browser-access': 'true',
  'user-agent': 'claude-cli/2.1.0 (external, cli)',
  'x-app': 'cli',
  'x-stainless-lang': 'js',
  'x-stainless-retry-count': '0',
  'x-claude-code-session-id': '9f8e7d6c-1111-4222-8333-444455556666',
});

interface Streamed {
  readonly status: number;
  readonly events: readonly string[];
  readonly content: Anthropic.ContentBlockParam[];
  readonly stopReason: string | null;
}

/** Sends a turn and puts the blocks of its stream together as the events say. */
async function send(body: JsonObject): Promise<Streamed> {
  const response = await gateway.post('/v1/messages?beta=true', body, headers(gateway.masterKey));
  const text = await response.text();
  const events: string[] = [];
  const blocks: JsonObject[] = [];
  let json = '';
  let stopReason: string | null = null;
  for (const frame of text.split('\n\n').filter((each) => each.includes('data:'))) {
    const event = JSON.parse(frame.slice(frame.indexOf('data:') + 5)) as JsonObject & Anthropic.RawMessageStreamEvent;
    assert.ok(frame.startsWith(`event: ${event.type}\n`), frame);
    events.push(event.type);
    if (event.type === 'content_block_start') {
      json = '';
      blocks[event.index] = { ...event.content_block } as unknown as JsonObject;
    } else if (event.type === 'content_block_delta') {
      const block = blocks[event.index] ?? {};
      const { delta } = event;
      if (delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
      if (delta.type === 'thinking_delta') block.thinking = `${block.thinking}${delta.thinking}`;
      if (delta.type === 'signature_delta') block.signature = delta.signature;
      if (delta.type === 'input_json_delta') json += delta.partial_json;
    } else if (event.type === 'content_block_stop') {
      const block = blocks[event.index] ?? {};
      if (block.type === 'tool_use') block.input = JSON.parse(json === '' ? '{}' : json);
    } else if (event.type === 'message_delta') stopReason = event.delta.stop_reason;
  }
  return {
    status: response.status,
    events: events.length === 0 ? [text] : events,
    content: blocks as unknown as Anthropic.ContentBlockParam[],
    stopReason,
  };
}

const QUESTION = {
  role: 'user',
  content: [
    { type: 'text', text: '<system-reminder>\nThe date is today.\n</system-reminder>' },
    { type: 'text', text: 'Use Bash to show the branch Main.', cache_control: { type: 'ephemeral' } },
  ],
};

describe('Claude Code', { timeout: 30_000 }, () => {
  for (const model of [...ALL_CHAT_GROUPS, 'claude-opus', 'gpt-5', 'gemini-3-pro', 'deepseek-reasoner']) {
    it(`works with ${model}: it calls a tool, gives back the result, and reads words`, async () => {
      const extra = {
        thinking: { type: 'adaptive' },
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        output_config: { effort: 'medium' },
      };
      const first = await send(turn(model, [QUESTION], extra));
      assert.equal(first.status, 200, first.events[0]);
      assert.equal(first.events[0], 'message_start');
      assert.equal(first.events.at(-1), 'message_stop');
      assert.equal(first.stopReason, 'tool_use');
      const call = first.content.find((block) => block.type === 'tool_use');
      assert.equal(call?.name, 'Bash');
      assert.deepEqual(Object.keys(call?.input ?? {})[0], 'command');
      const result = {
        type: 'tool_result',
        tool_use_id: call?.id,
        content: [{ type: 'text', text: 'on branch main' }],
        cache_control: { type: 'ephemeral' },
      };
      const question = { ...QUESTION, content: QUESTION.content.map(({ type, text }) => ({ type, text })) };
      const second = await send(
        turn(
          model,
          [question, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
          extra,
        ),
      );
      assert.equal(second.status, 200, second.events[0]);
      assert.equal(second.stopReason, 'end_turn');
      assert.match(JSON.stringify(second.content), /on branch main/);
    });
  }

  it('has its betas, its query and its marks reach Claude untouched', async () => {
    gateway.simulator.reset();
    const body = turn('claude-sonnet', [QUESTION]);
    await send(body);
    const [seen] = gateway.simulator.requests;
    assert.equal(seen?.headers['anthropic-beta'], BETAS);
    assert.equal(seen?.headers['anthropic-version'], '2023-06-01');
    assert.deepEqual(seen?.body, { ...body, model: 'claude-sonnet-4-5' });
    assert.doesNotMatch(JSON.stringify(seen?.headers), new RegExp(gateway.masterKey));
  });

  it('checks its quota, makes a title, and counts tokens', async () => {
    const quota = { model: 'claude-sonnet', max_tokens: 1, messages: [{ role: 'user', content: 'quota' }] };
    const answered = await gateway.post('/v1/messages?beta=true', quota, headers(gateway.masterKey));
    assert.equal(answered.status, 200);
    for (const model of ALL_CHAT_GROUPS) {
      const { max_tokens: _, stream: __, metadata: ___, ...body } = turn(model, [QUESTION]);
      const counted = await gateway.post('/v1/messages/count_tokens?beta=true', body, headers(gateway.masterKey));
      const { input_tokens: tokens } = (await counted.json()) as { input_tokens: number };
      assert.ok(tokens > 1000, `${model} ${tokens}`);
    }
  });
});
