import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ConversationRequest, StreamEvent, ToolChoice } from '../neutral/conversation.ts';
import { anthropicMessages } from './index.ts';

function write(model: string, request: Partial<ConversationRequest>) {
  const whole: ConversationRequest = {
    model: 'group',
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    sampling: {},
    stream: false,
    streamUsage: false,
    extensions: { format: 'openai-chat', fields: {} },
    output: { type: 'json-object' },
    ...request,
  };
  const { body, dropped } = anthropicMessages.writeRequest(whole, { model, traits: {} });
  const tools = (body.tools ?? []) as JsonObject[];
  return { body, names: tools.map(({ name }) => name), tools, choice: body.tool_choice, dropped };
}

const NOW = { type: 'function' as const, name: 'now' };
const SCHEMA: JsonObject = { type: 'object', properties: { a: { type: 'integer', minimum: 0 } }, required: ['a'] };
const schema = (value: JsonObject) => ({ type: 'json-schema' as const, name: 'n', schema: value });

test('Claude is made to answer by the tool, except where it thinks or cannot be made to', () => {
  const forced = { type: 'tool', name: 'json_tool_call', disable_parallel_tool_use: true };
  const left = { type: 'auto', disable_parallel_tool_use: true };
  assert.deepEqual(write('claude-haiku-4-5', {}).choice, forced);
  assert.deepEqual(write('claude-haiku-4-5', { reasoning: { effort: 'none' } }).choice, forced);
  for (const { body, choice, dropped } of [
    write('claude-haiku-4-5', { reasoning: { effort: 'low' } }),
    write('claude-opus-4-6', { reasoning: { effort: 'low' } }),
    write('claude-opus-5-5', {}),
  ]) {
    assert.deepEqual([choice, dropped], [left, []]);
    assert.equal(body.system, undefined);
  }
  assert.equal(write('claude-haiku-4-5', { reasoning: { effort: 'low' } }).body.thinking !== undefined, true);
});

test('the client’s tools stay beside it unless they may not be called, and a tool that it forces stands alone', () => {
  const offered = (model: string, toolChoice?: ToolChoice) => {
    const { names, choice } = write(model, { tools: [NOW], ...defined({ toolChoice }) });
    return [names, (choice as JsonObject).type];
  };
  const both = ['now', 'json_tool_call'];
  assert.deepEqual(offered('claude-haiku-4-5'), [both, 'any']);
  assert.deepEqual(offered('claude-haiku-4-5', { type: 'auto' }), [both, 'any']);
  assert.deepEqual(offered('claude-haiku-4-5', { type: 'allowed', mode: 'auto', names: [] }), [
    ['json_tool_call'],
    'tool',
  ]);
  assert.deepEqual(offered('claude-opus-5-5'), [both, 'auto']);
  assert.deepEqual(offered('claude-haiku-4-5', { type: 'none' }), [['json_tool_call'], 'tool']);
  assert.deepEqual(offered('claude-opus-5-5', { type: 'none' }), [['json_tool_call'], 'auto']);
  assert.deepEqual(offered('claude-haiku-4-5', { type: 'required' }), [['now'], 'any']);
  assert.deepEqual(offered('claude-haiku-4-5', { type: 'tool', name: 'now' }), [['now'], 'tool']);
});

test('a schema is the tool’s where the model has no structured output, and part of the prompt where it cannot be', () => {
  const old = write('claude-3-5-haiku-20241022', { output: schema(SCHEMA) });
  assert.deepEqual([old.tools[0]?.input_schema, old.body.output_config, old.dropped], [SCHEMA, undefined, []]);
  const native = write('claude-haiku-4-5', { output: schema(SCHEMA) });
  assert.deepEqual([native.names, native.body.output_config !== undefined], [[], true]);
  for (const value of [{ type: 'array' }, { type: 'object', anyOf: [{}] }, { $ref: '#/$defs/a' }]) {
    const { names, dropped } = write('claude-3-5-haiku-20241022', { output: schema(value) });
    assert.deepEqual(
      [names, dropped.map(({ field, kind }) => `${kind} ${field}`)],
      [[], ['unsupported response_format']],
    );
  }
});

test('a tool of the client’s that has the name is refused, whether JSON is asked for or not', () => {
  const own = { type: 'function' as const, name: 'json_tool_call' };
  for (const output of [{ type: 'json-object' as const }, { type: 'text' as const }]) {
    const { dropped } = write('claude-haiku-4-5', { tools: [NOW, own], output });
    assert.deepEqual(
      dropped.map(({ field, kind }) => [field, kind]),
      [['tools[1]', 'unsupported']],
    );
    assert.match(dropped[0]?.why ?? '', /json_tool_call/);
  }
});

const CALL = { type: 'tool_use', id: 'a', name: 'json_tool_call', input: { x: [1] } };
const TEXT = { type: 'text', text: 'Here:' };
const OTHER = { type: 'tool_use', id: 'b', name: 'now', input: {} };

const whole = (stop_reason: string, ...content: JsonObject[]) => {
  const [choice] = anthropicMessages.readResponse({
    type: 'message',
    id: 'm',
    model: 'm',
    stop_reason,
    content,
  }).choices;
  return [choice?.parts.map((part) => (part.type === 'text' ? part.text : part.type)), choice?.finish.reason];
};

function streamed(stop_reason: string, ...content: JsonObject[]): StreamEvent[] {
  const reader = anthropicMessages.openStreamReader();
  const events: StreamEvent[] = [];
  const blocks = content.flatMap((content_block, index) => [
    { type: 'content_block_start', index, content_block },
    { type: 'content_block_stop', index },
  ]);
  const end = [{ type: 'message_delta', delta: { stop_reason } }, { type: 'message_stop' }];
  for (const event of [{ type: 'message_start', message: {} }, ...blocks, ...end]) {
    reader.read(JSON.stringify(event), undefined, (read) => void events.push(read));
  }
  return events;
}

test('the input is the whole answer’s text, without the words beside it, and ends it unless another tool was called', () => {
  assert.deepEqual(whole('tool_use', CALL), [['{"x":[1]}'], 'stop']);
  assert.deepEqual(whole('tool_use', TEXT, CALL), [['{"x":[1]}'], 'stop']);
  assert.deepEqual(whole('tool_use', CALL, OTHER), [['{"x":[1]}', 'tool-call'], 'tool-calls']);
  assert.deepEqual(whole('max_tokens', CALL), [['{"x":[1]}'], 'length']);
  assert.deepEqual(whole('tool_use', TEXT, OTHER), [['Here:', 'tool-call'], 'tool-calls']);
});

test('a stream’s input is text, and other calls count as if it were not there', () => {
  const facts = (events: readonly StreamEvent[]) =>
    events.flatMap((event): (string | number)[] => {
      if (event.type === 'text') return [event.text];
      if (event.type === 'tool-call') return [event.call];
      return event.type === 'finish' ? [event.finish.reason] : [];
    });
  assert.deepEqual(facts(streamed('tool_use', CALL)), ['{"x":[1]}', 'stop']);
  assert.deepEqual(facts(streamed('tool_use', { ...CALL, input: {} })), ['{}', 'stop']);
  assert.deepEqual(facts(streamed('tool_use', CALL, OTHER)), ['{"x":[1]}', 0, 'tool-calls']);
  const reader = anthropicMessages.openStreamReader();
  const events: StreamEvent[] = [];
  // A turn may begin with blocks that are whole already.
  const start = { type: 'message_start', message: { content: [CALL] } };
  reader.read(JSON.stringify(start), undefined, (event) => void events.push(event));
  assert.deepEqual(facts(events), ['{"x":[1]}']);
});

test('in a conversation that a client tells, a call of that name stays a call', () => {
  const { request } = anthropicMessages.readRequest({
    model: 'm',
    max_tokens: 1,
    messages: [{ role: 'assistant', content: [CALL] }],
  });
  assert.equal(request.turns[0]?.parts[0]?.type, 'tool-call');
});
