import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { formatParts } from '../../formats/index.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { LaneChoice } from '../choose-lane.ts';
import type { LaneRequest } from '../lane-request.ts';
import { CONTINUE_INSTRUCTION } from './continuation.ts';
import { prepareContinuation, readConversation, styleForDeployment } from './prepare-continuation.ts';
import { type SentSoFar, StreamRecord } from './stream-record.ts';

const asked: LaneRequest = {
  callId: 'call-1',
  endpoint: { operation: { id: 'chat' }, format: 'openai-chat' },
  model: 'group',
  askedModel: 'group',
  misfit: undefined,
  outline: { promptBytes: 0, webSearches: 0, toolKinds: [] },
  stream: true,
  streamUsage: false,
  startedAtMs: 1000,
  client: { headers: {} },
  body: Buffer.from(
    JSON.stringify({
      model: 'group',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Tell me.' }],
      num_retries: 2,
    }),
  ),
  envelope: { ok: true, start: 0, end: 0, members: [] },
  group: undefined,
  servedGroup: undefined,
};

function deployment(model: string, supports: Record<string, boolean> = {}): Deployment {
  return {
    model,
    traits: {},
    config: { defaultParams: {}, additionalDropParams: [] },
    priced: { facts: { supports } },
    rules: () => ({}),
    defaults: () => ({}),
  } as unknown as Deployment;
}

function choice(format: FormatId): LaneChoice {
  const operation = { format, streamUsage: format === 'openai-chat' ? 'ask' : 'always' };
  return { lane: 'translate', reason: 'test', operationName: 'chat', operation } as unknown as LaneChoice;
}

function sent(text: string): SentSoFar {
  const record = new StreamRecord(formatParts('openai-chat'));
  const chunk = { id: 'c1', model: 'm1', choices: [{ index: 0, delta: { role: 'assistant', content: text } }] };
  record.pass(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`));
  return record.readSent();
}

const bodyOf = (body: Buffer): JsonObject => JSON.parse(body.toString()) as JsonObject;

test('a continuation is asked of Claude with the text so far standing last, without its trailing space', () => {
  const prepared = prepareContinuation({
    asked,
    deployment: deployment('claude-sonnet-4-5'),
    choice: choice('anthropic-messages'),
    sent: sent('The tide comes in '),
    style: 'prefill',
  });
  assert.deepEqual(bodyOf(prepared.body), {
    model: 'claude-sonnet-4-5',
    max_tokens: 45,
    messages: [
      { role: 'user', content: 'Tell me.' },
      { role: 'assistant', content: 'The tide comes in' },
    ],
    stream: true,
  });
});

test('a continuation in the client’s own format keeps the prompt and asks for usage', () => {
  const prepared = prepareContinuation({
    asked,
    deployment: deployment('gpt-4o'),
    choice: choice('openai-chat'),
    sent: sent('The tide'),
    style: 'instruct',
  });
  const { messages, stream_options } = bodyOf(prepared.body);
  assert.deepEqual(stream_options, { include_usage: true });
  assert.deepEqual(messages, [
    { role: 'user', content: 'Tell me.' },
    { role: 'assistant', content: 'The tide' },
    { role: 'user', content: CONTINUE_INSTRUCTION },
  ]);
});

test('a provider that answers in one piece is written as the rest of the stream', () => {
  const prepared = prepareContinuation({
    asked,
    deployment: deployment('gpt-4o'),
    choice: choice('openai-chat'),
    sent: sent('The tide'),
    style: 'instruct',
  });
  const message = { role: 'assistant', content: ' comes in.' };
  const usage = { prompt_tokens: 90, completion_tokens: 4, total_tokens: 94 };
  const whole = { id: 'x', model: 'other', choices: [{ index: 0, message, finish_reason: 'stop' }], usage };
  const { body, usage: own } = prepared.readWholeAsStream(Buffer.from(JSON.stringify(whole)));
  assert.equal(own?.inputTokens, 90);
  const [first, last, mark] = body.toString().trim().split('\n\n');
  const told = JSON.parse(first?.slice(6) ?? '') as JsonObject;
  assert.deepEqual([told.id, told.model], ['c1', 'm1']);
  assert.match(first ?? '', /"content":" comes in\."/);
  assert.match(last ?? '', /"finish_reason":"stop"/);
  assert.equal(mark, 'data: [DONE]');
});

test('what the configuration says of a model’s prefill wins over its name', () => {
  const request = readConversation(asked);
  const style = (model: string, supports?: Record<string, boolean>): string =>
    styleForDeployment(deployment(model, supports), choice('anthropic-messages'), request);
  assert.equal(style('claude-sonnet-4-5'), 'prefill');
  assert.equal(style('claude-opus-4-6'), 'instruct');
  assert.equal(style('some-model'), 'instruct');
  assert.equal(style('some-model', { supports_assistant_prefill: true }), 'prefill');
  assert.equal(style('claude-sonnet-4-5', { supports_assistant_prefill: false }), 'instruct');
});
