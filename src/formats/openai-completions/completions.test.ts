import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { JsonObject } from '../../core/json.ts';
import { type AnswerFacts, FormatError } from '../format.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { openaiCompletions } from './index.ts';

const FACTS: AnswerFacts = { id: 'chatcmpl-gateway', model: 'group', createdSeconds: 1, streamUsage: true };

function readAll(data: readonly string[]): StreamEvent[] {
  const reader = openaiCompletions.openStreamReader();
  const events: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void events.push(event);
  for (const item of data) reader.read(item, undefined, emit);
  reader.close(emit);
  return events;
}

function write(events: readonly StreamEvent[]): string {
  const writer = openaiCompletions.openStreamWriter(FACTS);
  return events.map((event) => writer.write(event)).join('') + writer.end();
}

test('every field of a completion request is read and written back equal', () => {
  const body: JsonObject = {
    model: 'gpt-3.5-turbo-instruct',
    prompt: 'Once',
    suffix: ' end.',
    echo: true,
    best_of: 3,
    logprobs: 2,
    n: 2,
    max_tokens: 16,
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    seed: 1,
    stop: ['a', 'b'],
    logit_bias: { 50256: -100 },
    user: 'u',
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
    min_p: 0.1,
  };
  const { request, dropped } = openaiCompletions.readRequest(body);
  assert.deepEqual(request.turns, [{ role: 'user', parts: [{ type: 'text', text: 'Once' }] }]);
  assert.deepEqual(dropped, []);
  assert.deepEqual(openaiCompletions.writeRequest(request, { model: request.model, traits: {} }), {
    body,
    dropped: [],
  });
});

test('for a chat model the prompt is a user message, and what chat has no word for is counted', () => {
  const { request } = openaiCompletions.readRequest({
    model: 'm',
    prompt: ['Once'],
    echo: true,
    logprobs: 3,
    suffix: '',
  });
  const { body, dropped } = openaiChat.writeRequest(request, { model: 'm', traits: {} });
  const messages = [{ role: 'user', content: 'Once' }];
  assert.deepEqual(body, { model: 'm', messages, logprobs: true, top_logprobs: 3 });
  assert.deepEqual(
    dropped.map(({ field, kind }) => [field, kind]),
    [['echo', 'unknown']],
  );
});

test('a conversation becomes one text for a model without chat, and tools are reported', () => {
  const { request } = openaiChat.readRequest({
    model: 'm',
    messages: [
      { role: 'system', content: 'Rules.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image_url', image_url: { url: 'https://example.com' } },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'f' } }],
  });
  const { body, dropped } = openaiCompletions.writeRequest(request, { model: 'm', traits: {} });
  assert.deepEqual(body, { model: 'm', prompt: 'Rules.\n\nHi' });
  assert.deepEqual(
    dropped.map(({ field, kind }) => `${kind} ${field}`),
    ['unsupported tools', 'refused messages[1].content[1]'],
  );
});

const wrong: readonly (readonly [string, JsonObject, RegExp])[] = [
  ['prompt', { model: 'm' }, /missing/],
  ['prompt', { model: 'm', prompt: [] }, /empty array/],
  ['prompt', { model: 'm', prompt: 5 }, /a string or an array of strings/],
  ['prompt', { model: 'm', prompt: [1, 2] }, /this model needs text/],
  ['prompt', { model: 'm', prompt: [[1], [2]] }, /this model needs text/],
  ['prompt[1]', { model: 'm', prompt: ['a', {}] }, /'prompt\[1\]' must be a string/],
  ['prompt', { model: 'm', prompt: ['a', 'b'] }, /a request of its own/],
  ['logprobs', { model: 'm', prompt: 'a', logprobs: '2' }, /without quotes/],
  ['model', { prompt: 'a' }, /non-empty string/],
];
for (const [path, body, message] of wrong) {
  test(`a completion request that is wrong at ${path} is refused: ${message.source}`, () => {
    assert.throws(
      () => openaiCompletions.readRequest(body),
      (error) => error instanceof FormatError && error.path === path && message.test(error.message),
    );
  });
}

test('a whole completion with log-probabilities is read and written back equal', () => {
  const body: JsonObject = {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 5,
    model: 'm',
    choices: [
      {
        text: 'Hi!',
        index: 0,
        logprobs: {
          tokens: ['Hi', '!'],
          token_logprobs: [-0.5, -1],
          top_logprobs: [{ Hi: -0.5, Ho: -2 }, {}],
          text_offset: [0, 2],
        },
        finish_reason: 'length',
      },
    ],
    usage: {
      prompt_tokens: 1,
      completion_tokens: 2,
      total_tokens: 3,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  };
  const response = openaiCompletions.readResponse(body);
  assert.deepEqual(openaiCompletions.writeResponse(response, { ...FACTS, model: 'm' }), body);
});

test('an answer of a chat model is a completion with its text alone', () => {
  const written = openaiCompletions.writeResponse(
    {
      id: 'chatcmpl-1',
      model: 'm',
      choices: [
        {
          index: 0,
          parts: [
            { type: 'reasoning', text: 'Hm.' },
            { type: 'text', text: 'Hi' },
            { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' },
          ],
          finish: { reason: 'tool-calls' },
        },
      ],
    },
    FACTS,
  );
  assert.deepEqual(written, {
    id: 'cmpl-gateway',
    object: 'text_completion',
    created: 1,
    model: 'group',
    choices: [{ text: 'Hi', index: 0, logprobs: null, finish_reason: 'stop' }],
  });
});

test('what is written of any events is read as the same texts, and a cut stream is never whole', () => {
  const events = fc
    .array(fc.record({ choice: fc.nat({ max: 2 }), text: fc.string({ minLength: 1 }) }), {
      minLength: 1,
      maxLength: 10,
    })
    .map((texts): StreamEvent[] => texts.map((text) => ({ type: 'text', ...text })));
  fc.assert(
    fc.property(events, (texts) => {
      const data = write(texts)
        .split('\n\n')
        .flatMap((frame) => (frame === '' ? [] : [frame.slice('data: '.length)]));
      const again = readAll(data);
      assert.deepEqual(
        again.filter(({ type }) => type === 'text'),
        texts,
      );
      assert.equal(again.at(-1)?.type, 'end');
      const cut = readAll(data.slice(0, texts.length));
      assert.ok(!cut.some(({ type }) => type === 'end' || type === 'finish'));
    }),
  );
});

test("OpenAI's own client reads a written completion stream", async () => {
  const body = write([
    { type: 'text', choice: 0, text: 'Once "upon"\n' },
    { type: 'reasoning', choice: 0, text: 'never seen' },
    { type: 'text', choice: 0, text: 'a time' },
    { type: 'finish', choice: 0, finish: { reason: 'length' } },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
  ]);
  const client = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
  });
  let text = '';
  let finish: string | undefined;
  let total = 0;
  for await (const chunk of await client.completions.create({ model: 'group', prompt: 'x', stream: true })) {
    text += chunk.choices[0]?.text ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    total = chunk.usage?.total_tokens ?? total;
  }
  assert.deepEqual([text, finish, total], ['Once "upon"\na time', 'length', 3]);
});

test('an error in a stream of completions is an error, and broken data a FormatError', () => {
  const events = readAll(['{"choices":[{"text":"a","index":0}]}', '{"error":{"message":"no","type":"server_error"}}']);
  assert.deepEqual(events.at(-1), { type: 'error', error: { message: 'no', type: 'server_error' } });
  assert.throws(() => readAll(['<html>']), FormatError);
});
