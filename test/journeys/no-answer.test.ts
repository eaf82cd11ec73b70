/** A success that holds no answer is the provider's failure: the next deployment is asked, and nothing is charged for it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import {
  type ScriptedAnswer,
  type ScriptedGateway,
  startScripted,
  stream,
  whole,
} from '../support/scripted-upstream.ts';

let scripted: ScriptedGateway;
before(async () => {
  scripted = await startScripted(
    {
      gpt: 'openai/gpt-4o',
      glm: 'zai/glm-4.6',
      claude: 'anthropic/claude-sonnet-4-5',
      gemini: 'gemini/gemini-2.5-pro',
      pro: 'openai/gpt-5-pro',
      'gpt-to-claude': 'openai/gpt-4o',
      'claude-to-claude': 'anthropic/claude-sonnet-4-5',
      'gemini-to-claude': 'gemini/gemini-2.5-pro',
      'backup-claude': 'anthropic/claude-haiku-4-5',
      vectors: 'openai/text-embedding-3-small',
      backup: 'openai/gpt-4o-mini',
      'backup-vectors': 'openai/text-embedding-3-large',
    },
    {
      router_settings: {
        num_retries: 0,
        disable_cooldowns: true,
        fallbacks: [
          ...['gpt', 'glm', 'claude', 'gemini', 'pro'].map((group) => ({ [group]: ['backup'] })),
          ...['gpt', 'claude', 'gemini'].map((group) => ({ [`${group}-to-claude`]: ['backup-claude'] })),
          { vectors: ['backup-vectors'] },
        ],
      },
      litellm_settings: { drop_params: true },
    },
  );
});
after(() => scripted.close());

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const chat = (choices: unknown) => ({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage });
const chunk = (choices: unknown) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: choices as never,
});
const message = (content: unknown, finish_reason: string | null) => [
  { index: 0, message: { role: 'assistant', content }, finish_reason },
];
const delta = (content: unknown, finish_reason: string | null) => [{ index: 0, delta: content, finish_reason }];
const claude = (content: unknown, stop_reason: string | null) => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'c',
  content,
  stop_reason,
  usage: { input_tokens: 1, output_tokens: 0 },
});
const gemini = (candidates: unknown) => ({
  candidates: candidates as never,
  usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
});
const response = (members: JsonObject): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'm',
  output: [],
  usage: { input_tokens: 1, output_tokens: 0 },
  ...members,
});
const begun: JsonObject = { type: 'response.created', response: response({ status: 'in_progress' }) };
const DONE = 'data: [DONE]\n\n';
const GOOD = whole(chat(message('Hello.', 'stop')));
const GOOD_STREAM = stream([chunk(delta({ content: 'Hello.' }, null)), chunk(delta({}, 'stop')), DONE]);

const WHOLE: readonly (readonly [what: string, group: string, answer: ScriptedAnswer])[] = [
  ['an empty object', 'gpt', whole({})],
  ['an empty list of choices', 'gpt', whole(chat([]))],
  ['choices that are null', 'gpt', whole(chat(null))],
  ['a choice that is null', 'gpt', whole(chat([null]))],
  ['a choice with neither text nor a finish reason', 'gpt', whole(chat(message(null, null)))],
  ['a choice that ended with an error', 'gpt', whole(chat(message('', 'error')))],
  ['a choice with a malformed call', 'gpt', whole(chat(message(null, 'malformed_function_call')))],
  ["an answer in Anthropic's format", 'gpt', whole(claude([{ type: 'text', text: 'x' }], 'end_turn'))],
  ['a choice without a message', 'gpt', whole(chat([{ index: 0, message: null, finish_reason: 'stop' }]))],
  ['a list', 'gpt', whole([])],
  ['null', 'gpt', whole(null)],
  ['nothing at all', 'gpt', { headers: { 'content-type': 'application/json' }, body: '' }],
  ['a page', 'gpt', { headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' }],
  ['success: false', 'glm', whole({ code: 1305, msg: 'The service is busy', success: false })],
  ['a code and a message', 'glm', whole({ code: 500, msg: 'error', data: null })],
  ['an empty object', 'claude', whole({})],
  ['a message without content', 'claude', whole({ ...claude(null, null) })],
  ['a message that says nothing and has not ended', 'claude', whole(claude([], null))],
  ["an answer in OpenAI's format", 'claude', whole(chat(message('x', 'stop')))],
  ['an empty object', 'pro', whole({})],
  ['a response without an item', 'pro', whole(response({ output: [] }))],
  ['a response without output', 'pro', whole(response({ output: null }))],
  ['a response that has only begun', 'pro', whole(response({ status: 'in_progress' }))],
  ['a response that was cancelled', 'pro', whole(response({ status: 'cancelled' }))],
  ['an empty object', 'gemini', whole({})],
  ['no candidate', 'gemini', whole(gemini([]))],
  ['a candidate without content', 'gemini', whole(gemini([{ index: 0 }]))],
  ...[
    'MISSING_THOUGHT_SIGNATURE',
    'MALFORMED_RESPONSE',
    'MALFORMED_FUNCTION_CALL',
    'UNEXPECTED_TOOL_CALL',
    'OTHER',
    'NEW_REASON',
  ].map((finishReason) => [finishReason, 'gemini', whole(gemini([{ index: 0, finishReason }]))] as const),
];

const STREAMS: readonly (readonly [what: string, group: string, answer: ScriptedAnswer])[] = [
  ['the end mark alone', 'gpt', stream([DONE])],
  ['no event', 'gpt', stream([])],
  ['a comment alone', 'gpt', stream([': hello\n\n'])],
  ['choices that are null', 'glm', stream([{ ...chunk(null), id: '', model: '' }, DONE])],
  ['an empty list of choices', 'gpt', stream([chunk([]), DONE])],
  ['usage alone', 'gpt', stream([{ ...chunk([]), usage }, DONE])],
  ['a role and no word', 'gpt', stream([chunk(delta({ role: 'assistant', content: '' }, null)), DONE])],
  ['a malformed call', 'gpt', stream([chunk(delta({ role: 'assistant' }, 'malformed_function_call')), DONE])],
  ['success: false', 'glm', whole({ code: 1305, msg: 'The service is busy', success: false })],
  ['an empty object', 'gpt', whole({})],
  ['no event', 'claude', stream([])],
  ['a ping alone', 'claude', stream([{ type: 'ping' }])],
  [
    'a message that only starts and stops',
    'claude',
    stream([{ type: 'message_start', message: claude([], null) as never }, { type: 'message_stop' }]),
  ],
  ['no event', 'pro', stream([])],
  [
    'a response that begins and has no item',
    'pro',
    stream([begun, { type: 'response.completed', response: response({}) }]),
  ],
  ['a response that only begins', 'pro', stream([begun, DONE])],
  ['no event', 'gemini', stream([])],
  ['no candidate', 'gemini', stream([gemini([])])],
  ...['MISSING_THOUGHT_SIGNATURE', 'MALFORMED_RESPONSE', 'MALFORMED_FUNCTION_CALL', 'OTHER'].map(
    (finishReason) => [finishReason, 'gemini', stream([gemini([{ index: 0, finishReason }])])] as const,
  ),
];

const messages = [{ role: 'user', content: 'Hi' }];
const PATHS = ['/v1/chat/completions', '/v1/messages'];

for (const [isStream, cases, good] of [
  [false, WHOLE, GOOD],
  [true, STREAMS, GOOD_STREAM],
] as const) {
  describe(isStream ? 'a stream that holds no answer' : 'a success that holds no answer', { timeout: 120_000 }, () => {
    for (const [what, model, answer] of cases) {
      it(`${what} from ${model}: the fallback answers`, async () => {
        for (const path of PATHS) {
          scripted.script(answer, good);
          const answered = await scripted.gateway.post(path, { model, messages, max_tokens: 100, stream: isStream });
          const text = await answered.text();
          assert.equal(answered.status, 200, text);
          assert.match(text, /Hello\./);
          assert.equal(scripted.received.length, 2);
        }
      });

      it(`${what} from ${model}: without a fallback it is an error, and nothing is charged`, async () => {
        for (const path of PATHS) {
          scripted.script(answer);
          const answered = await scripted.gateway.post(path, {
            model,
            messages,
            max_tokens: 100,
            stream: isStream,
            fallbacks: [],
            disable_fallbacks: true,
          });
          const text = await answered.text();
          assert.ok(answered.status >= 429, `${answered.status} ${text}`);
          assert.match(text, /"error"/);
          const line = await scripted.gateway.requestLine(answered.headers.get('x-litellm-call-id') ?? '');
          assert.equal(line.outcome, 'failure');
          assert.equal(Number(line.input_tokens ?? 0), 0, JSON.stringify(line));
          assert.equal(Number(line.cost_usd ?? 0), 0, JSON.stringify(line));
        }
      });
    }
  });
}

describe('for clients of the Responses API and of Gemini’s format', { timeout: 120_000 }, () => {
  const nothing = [...WHOLE, ...STREAMS];
  const message = claude([{ type: 'text', text: 'Hello.' }], 'end_turn');
  const goodStream = stream([
    { type: 'message_start', message: claude([], null) as never },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ]);
  for (const family of ['gpt', 'claude', 'gemini']) {
    it(`the fallback answers in the place of what ${family} sends`, async () => {
      for (const [what, group, answer] of nothing) {
        if (group !== family) continue;
        const isStream = STREAMS.some((each) => each[2] === answer);
        const model = `${family}-to-claude`;
        const verb = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
        const asked: readonly (readonly [string, JsonObject])[] = [
          ['/v1/responses', { model, input: 'Hi', stream: isStream }],
          [`/v1beta/models/${model}:${verb}`, { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }],
        ];
        for (const [path, body] of asked) {
          scripted.script(answer, isStream ? goodStream : whole(message));
          const answered = await scripted.gateway.post(path, body);
          const text = await answered.text();
          assert.equal(answered.status, 200, `${what}: ${text}`);
          assert.match(text, /Hello\./, what);
          assert.equal(scripted.received.length, 2, what);
        }
      }
    });
  }
});

describe('an answer that says nothing but was ended truly', { timeout: 60_000 }, () => {
  const TRUE: readonly (readonly [group: string, isStream: boolean, answer: ScriptedAnswer])[] = [
    ['gpt', false, whole(chat(message('', 'stop')))],
    ['gpt', false, whole(chat(message(null, 'content_filter')))],
    ['gpt', false, whole(chat(message('', 'length')))],
    ['claude', false, whole(claude([], 'end_turn'))],
    ['gemini', false, whole(gemini([{ index: 0, finishReason: 'MAX_TOKENS' }]))],
    ['gemini', false, whole({ promptFeedback: { blockReason: 'SAFETY' } })],
    ['gpt', false, whole(chat(message('Said without a reason', null)))],
    ['gpt', true, stream([chunk(delta({ role: 'assistant', content: '' }, null)), chunk(delta({}, 'stop')), DONE])],
    ['gemini', true, stream([gemini([{ index: 0, finishReason: 'STOP' }])])],
  ];
  for (const [model, isStream, answer] of TRUE) {
    it(`is handed on: ${model}, ${JSON.stringify(answer.body).slice(0, 90)}`, async () => {
      for (const path of PATHS) {
        scripted.script(answer);
        const answered = await scripted.gateway.post(path, { model, messages, max_tokens: 100, stream: isStream });
        assert.equal(answered.status, 200, await answered.text());
        assert.equal(scripted.received.length, 1);
      }
    });
  }

  it('an empty list of embeddings is a failure too', async () => {
    for (const bad of [{}, { object: 'list', data: [] }, { object: 'list', data: null }]) {
      const good = { object: 'list', model: 'e', data: [{ object: 'embedding', index: 0, embedding: [1] }], usage };
      scripted.script(whole(bad), whole(good));
      const answered = await scripted.gateway.post('/v1/embeddings', { model: 'vectors', input: 'x' });
      assert.equal(answered.status, 200);
      assert.equal(((await answered.json()) as { data: unknown[] }).data.length, 1);
    }
  });
});
