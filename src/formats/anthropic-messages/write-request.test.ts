import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ConversationRequest, Part, ReasoningRequest, Turn } from '../neutral/conversation.ts';
import { anthropicMessages } from './index.ts';

const user = (text: string): Turn => ({ role: 'user', parts: [{ type: 'text', text }] });

function write(model: string, request: Partial<ConversationRequest>, maxOutputTokens?: number) {
  const whole: ConversationRequest = {
    model: 'group',
    turns: [user('Hi')],
    sampling: {},
    stream: false,
    streamUsage: false,
    extensions: { format: 'openai-chat', fields: {} },
    ...request,
  };
  return anthropicMessages.writeRequest(whole, {
    model,
    traits: maxOutputTokens === undefined ? {} : { maxOutputTokens },
  });
}

const think = (model: string, reasoning: ReasoningRequest, limit?: number): [unknown, unknown, unknown] => {
  const { body } = write(model, { reasoning, ...defined({ maxOutputTokens: limit }) });
  return [body.thinking, body.output_config, body.max_tokens];
};

test('max_tokens is the client’s, else the model’s, else 4096', () => {
  assert.equal(write('claude-opus-5', { maxOutputTokens: 7 }, 100).body.max_tokens, 7);
  assert.equal(write('claude-opus-5', {}, 100).body.max_tokens, 100);
  assert.equal(write('claude-opus-5', {}).body.max_tokens, 4096);
});

test('how much to think is said in the words the model knows', () => {
  assert.deepEqual(think('claude-opus-4-5', { effort: 'low' }), [
    { type: 'enabled', budget_tokens: 1024 },
    undefined,
    5120,
  ]);
  assert.deepEqual(think('claude-opus-4-6', { effort: 'xhigh' }), [{ type: 'adaptive' }, { effort: 'high' }, 4096]);
  assert.deepEqual(think('claude-opus-4-6', { mode: 'enabled', budgetTokens: 2000 }, 9000), [
    { type: 'enabled', budget_tokens: 2000 },
    undefined,
    9000,
  ]);
  assert.deepEqual(think('claude-sonnet-5', { mode: 'enabled', budgetTokens: 2000 }, 9000), [
    { type: 'adaptive' },
    { effort: 'medium' },
    9000,
  ]);
  assert.deepEqual(think('claude-haiku-4-5', { mode: 'adaptive' }), [
    { type: 'enabled', budget_tokens: 2048 },
    undefined,
    6144,
  ]);
  assert.deepEqual(think('claude-opus-5', { effort: 'none' }), [{ type: 'disabled' }, undefined, 4096]);
  assert.deepEqual(think('claude-opus-5-5', { mode: 'disabled' }), [undefined, { effort: 'low' }, 4096]);
  assert.deepEqual(think('claude-haiku-4-5', { effort: 'high' }, 1000), [undefined, undefined, 1000]);
});

test('a model that cannot think is not asked to, and only a wish to think is a loss', () => {
  for (const [effort, fields] of [
    ['none', []],
    ['low', ['reasoning_effort']],
  ] as const) {
    const { body, dropped } = write('claude-3-5-haiku-20241022', { reasoning: { effort } });
    assert.equal(body.thinking, undefined);
    assert.deepEqual(
      dropped.map(({ field }) => field),
      fields,
    );
  }
});

test('Anthropic’s own effort does not switch thinking on', () => {
  const { body } = write('claude-opus-4-6', {
    reasoning: { effort: 'medium' },
    extensions: { format: 'anthropic-messages', fields: {} },
  });
  assert.deepEqual([body.thinking, body.output_config], [undefined, { effort: 'medium' }]);
});

test('thinking that Claude signed stands first again on a model that thinks by budget, and in its place on others', () => {
  const turns: Turn[] = [
    user('Hi'),
    {
      role: 'assistant',
      parts: [
        { type: 'text', text: 'A' },
        { type: 'reasoning', text: 'T', signature: { origin: 'anthropic', value: 's' } },
      ],
    },
    user('Go on'),
  ];
  const types = (model: string): unknown[] => {
    const messages = write(model, { turns, reasoning: { effort: 'low' } }).body.messages as JsonObject[];
    return ((messages[1]?.content ?? []) as JsonObject[]).map((block) => block.type);
  };
  assert.deepEqual(types('claude-haiku-4-5'), ['thinking', 'text']);
  assert.deepEqual(types('claude-opus-5'), ['text', 'thinking']);
});

test('a budget is left out where the thoughts before a tool call did not come back, and an effort is not', () => {
  const loop = (parts: readonly Part[]): Turn[] => [
    user('Hi'),
    { role: 'assistant', parts: [...parts, { type: 'tool-call', id: 'a', name: 'n', arguments: '{}' }] },
    { role: 'tool', parts: [{ type: 'tool-result', callId: 'a', content: [] }] },
  ];
  const thinking = (model: string, turns: Turn[]): unknown => {
    const { body, dropped } = write(model, { turns, reasoning: { effort: 'low' } });
    return [(body.thinking as JsonObject | undefined)?.type, dropped.map(({ field, kind }) => `${kind} ${field}`)];
  };
  const signed: Part = { type: 'reasoning', text: 'T', signature: { origin: 'anthropic', value: 's' } };
  assert.deepEqual(thinking('claude-haiku-4-5', loop([])), [undefined, ['unknown reasoning_effort']]);
  assert.deepEqual(thinking('claude-haiku-4-5', loop([signed])), ['enabled', []]);
  assert.deepEqual(
    thinking('claude-haiku-4-5', [...loop([]), user('Wait'), { role: 'assistant', parts: [] }, user('Go')]),
    ['enabled', []],
  );
  assert.deepEqual(thinking('claude-opus-5', loop([])), ['adaptive', []]);
});

test('values that ask for nothing are left out silently', () => {
  const { body, dropped } = write('claude-opus-5', {
    sampling: {
      temperature: 1,
      topP: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logprobs: false,
      choices: 1,
      logitBias: {},
    },
    modalities: ['text'],
  });
  assert.deepEqual(dropped, []);
  assert.deepEqual(Object.keys(body).sort(), ['max_tokens', 'messages', 'model']);
});

test('a temperature is not clamped behind the client’s back', () => {
  const { body, dropped } = write('claude-haiku-4-5', { sampling: { temperature: 1.2 } });
  assert.equal(body.temperature, undefined);
  assert.deepEqual(
    dropped.map(({ field, kind }) => [field, kind]),
    [['temperature', 'unsupported']],
  );
});

test('a tool choice without tools is left out, as Anthropic refuses it', () => {
  assert.equal(
    write('claude-haiku-4-5', { toolChoice: { type: 'auto' }, parallelToolCalls: false }).body.tool_choice,
    undefined,
  );
});

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string() }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.string() }),
  fc.record({
    type: fc.constant('tool-call' as const),
    id: fc.string(),
    name: fc.constant('n'),
    arguments: fc.string(),
  }),
  fc.record({ type: fc.constant('refusal' as const), text: fc.string() }),
);
const turn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({
    role: fc.constantFrom('system' as const, 'developer' as const, 'user' as const, 'assistant' as const),
    parts: fc.array(part, { maxLength: 3 }),
  }),
  fc.record({
    role: fc.constant('tool' as const),
    parts: fc.array(
      fc.record({ type: fc.constant('tool-result' as const), callId: fc.string(), content: fc.constant([]) }),
      { maxLength: 2 },
    ),
  }),
);

test('whatever the conversation, Claude gets one it takes: the user first, roles in turn, results first, nothing empty', () => {
  fc.assert(
    fc.property(
      fc.array(turn, { maxLength: 8 }),
      fc.constantFrom('claude-haiku-4-5', 'claude-opus-5'),
      (turns, model) => {
        const messages = (write(model, { turns }).body.messages as JsonObject[]).map(({ role, content }) => ({
          role,
          blocks: typeof content === 'string' ? [{ type: 'text', text: content }] : ((content ?? []) as JsonObject[]),
        }));
        assert.equal(messages[0]?.role, 'user');
        messages.forEach(({ role, blocks }, index) => {
          assert.ok(blocks.length > 0);
          assert.notEqual(role, messages[index - 1]?.role);
          if (role === 'system') assert.equal(messages[index - 1]?.role, 'user');
          const results = blocks.map((block) => block.type === 'tool_result');
          assert.ok(!results.some((isResult, place) => isResult && place > 0 && results[place - 1] === false));
          for (const block of blocks) {
            if (block.type === 'text') assert.ok(String(block.text).trim() !== '');
            if (block.type === 'tool_use') assert.ok(isJsonObject(block.input) && /^[\w-]+$/.test(String(block.id)));
          }
        });
      },
    ),
    { numRuns: 400 },
  );
});
