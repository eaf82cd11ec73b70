/** Code that a provider runs: the tool for each provider, and its answers, for clients of the other formats. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { itemsOf, objectsOf } from '../../src/core/json.ts';
import { openaiJudges } from '../golden/openai-chat/openai-schema.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const models = {
  gpt: 'openai/gpt-4o',
  claude: 'anthropic/claude-sonnet-4-5',
  older: 'anthropic/claude-3-7-sonnet-20250219',
  gemini: 'gemini/gemini-2.5-pro',
};
const judges = openaiJudges(['Response', 'ResponseStreamEvent']);
let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway({ models });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const QUESTION = 'How much is 6 times 7?';
const INTERPRETER = { type: 'code_interpreter', container: { type: 'auto' } };
const EXECUTION = { type: 'code_execution_20250825', name: 'code_execution' };
type Make = (model: string, more?: JsonObject, stream?: boolean) => [path: string, body: JsonObject];
const response: Make = (model, more = {}, stream = false) => [
  '/v1/responses',
  { model, input: QUESTION, store: false, stream, tools: [INTERPRETER], ...more },
];
const message: Make = (model, more = {}, stream = false) => [
  '/v1/messages',
  { model, max_tokens: 500, stream, messages: [{ role: 'user', content: QUESTION }], tools: [EXECUTION], ...more },
];
const content: Make = (model, more = {}, stream = false) => [
  `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  { contents: [{ role: 'user', parts: [{ text: QUESTION }] }], tools: [{ codeExecution: {} }], ...more },
];

async function post([path, body]: [path: string, body: JsonObject]) {
  const answer = await gateway.post(path, body);
  const text = await answer.text();
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
  const told = (lines.length > 0 ? lines.map((line) => line.slice(6)) : [text]).map(
    (json) => JSON.parse(json) as JsonObject,
  );
  return { status: answer.status, told, sent: (gateway.simulator.requests.at(-1)?.body ?? {}) as JsonObject };
}

describe('the tool that runs code', { timeout: 60_000 }, () => {
  it('is each provider’s own', async () => {
    for (const [make, own] of [
      [response, 'gpt'],
      [message, 'claude'],
      [content, 'gemini'],
    ] as const) {
      for (const [model, tool] of [
        ['gpt', INTERPRETER],
        ['claude', EXECUTION],
        ['gemini', { codeExecution: {} }],
      ] as const) {
        const { status, sent } = await post(make(model));
        assert.equal(status, 200, `${own} to ${model}`);
        assert.deepEqual(sent.tools, [tool]);
      }
    }
    assert.deepEqual((await post(message('gpt'))).sent.include, ['code_interpreter_call.outputs']);
  });

  it('is refused where nothing runs code, where it needs files, and beside functions at Gemini', async () => {
    const f = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false };
    for (const asked of [
      response('older'),
      response('claude', { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file_1'] } }] }),
      response('claude', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }),
      response('gemini', { tools: [f, INTERPRETER] }),
    ]) {
      const { status, told } = await post(asked);
      assert.equal(status, 400);
      assert.match(JSON.stringify(told), /tool 'code_interpreter' is not supported/);
    }
  });
});

const CLAUDE: JsonObject = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'bash_code_execution', input: { command: 'echo $((6*7))' } },
    {
      type: 'bash_code_execution_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: { type: 'bash_code_execution_result', stdout: '42\n', stderr: '', return_code: 0, content: [] },
    },
    { type: 'text', text: 'It is 42.' },
  ],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 9 },
};
const GEMINI: JsonObject = {
  candidates: [
    {
      content: {
        role: 'model',
        parts: [
          { executableCode: { language: 'PYTHON', code: 'print(6 * 7)' } },
          { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '42\n' } },
          { text: 'It is 42.' },
        ],
      },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
  modelVersion: 'gemini-2.5-pro',
  responseId: 'r',
};
const GPT: JsonObject = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-4o',
  output: [
    {
      id: 'ci_1',
      type: 'code_interpreter_call',
      status: 'completed',
      code: 'print(6 * 7)',
      container_id: 'cntr_1',
      outputs: [{ type: 'logs', logs: '42\n' }],
    },
    {
      id: 'msg_1',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'It is 42.', annotations: [], logprobs: [] }],
    },
  ],
  usage: {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 18,
  },
};
const ANSWERS = [
  ['claude', 'anthropic', CLAUDE, 'echo $((6*7))'],
  ['gemini', 'gemini', GEMINI, 'print(6 * 7)'],
  ['gpt', 'responses', GPT, 'print(6 * 7)'],
] as const;

describe('code that a provider ran', { timeout: 60_000 }, () => {
  for (const [model, format, json, code] of ANSWERS) {
    // A provider that answers in one piece is streamed on.
    for (const streams of [false, true]) {
      const how = streams ? 'streamed' : 'whole';
      const replay = (): unknown => gateway.simulator.script({ replay: { format, json } });

      it(`at ${model} is an item of a response, ${how}`, async () => {
        replay();
        const { status, told } = await post(response(model, { include: ['code_interpreter_call.outputs'] }, streams));
        assert.equal(status, 200, JSON.stringify(told));
        const isRelayed = model === 'gpt';
        if (streams && !isRelayed) {
          for (const event of told) assert.equal(judges?.ResponseStreamEvent(event), undefined);
          const kinds = told.map(({ type }) => String(type).replace('response.', ''));
          const from = kinds.indexOf('code_interpreter_call.in_progress');
          assert.deepEqual(kinds.slice(from - 1, from + 6), [
            'output_item.added',
            'code_interpreter_call.in_progress',
            'code_interpreter_call_code.delta',
            'code_interpreter_call_code.done',
            'code_interpreter_call.interpreting',
            'code_interpreter_call.completed',
            'output_item.done',
          ]);
        }
        if (streams && isRelayed) return;
        const whole = (streams ? told.at(-1)?.response : told[0]) as JsonObject;
        if (!isRelayed) assert.equal(judges?.Response(whole), undefined);
        const [call, text] = objectsOf(whole.output);
        assert.deepEqual([call?.type, call?.status, call?.code], ['code_interpreter_call', 'completed', code]);
        assert.deepEqual(call?.outputs, [{ type: 'logs', logs: '42\n' }]);
        assert.equal(text?.type, 'message');
        // The next turn goes to any model, also to OpenAI, which has no such container.
        gateway.simulator.reset();
        for (const next of ['gpt', 'claude', 'gemini']) {
          const input = [
            { role: 'user', content: QUESTION },
            ...itemsOf(whole.output),
            { role: 'user', content: 'say: thanks' },
          ];
          const turn = await post(response(next, { input }));
          assert.equal(turn.status, 200, JSON.stringify(turn.told));
          assert.ok(!JSON.stringify(turn.sent).includes('sluice'));
        }
      });

      it(`at ${model} is two blocks of a message, ${how}`, async () => {
        if (streams && model === 'claude') return;
        replay();
        const { status, told } = await post(message(model, {}, streams));
        assert.equal(status, 200, JSON.stringify(told));
        if (streams) {
          const types = told.map(({ content_block: block }) => (block as JsonObject | undefined)?.type).filter(Boolean);
          assert.deepEqual(types, ['server_tool_use', 'code_execution_tool_result', 'text']);
          return;
        }
        const [use, result] = objectsOf(told[0]?.content);
        assert.deepEqual(use?.input, model === 'claude' ? { command: code } : { code });
        assert.equal(result?.tool_use_id, use?.id);
        assert.equal((result?.content as JsonObject | undefined)?.stdout, '42\n');
        gateway.simulator.reset();
        for (const next of ['gpt', 'claude', 'gemini']) {
          const messages = [
            { role: 'user', content: QUESTION },
            { role: 'assistant', content: told[0]?.content ?? [] },
            { role: 'user', content: 'say: thanks' },
          ];
          const turn = await post(message(next, { messages }));
          assert.equal(turn.status, 200, JSON.stringify(turn.told));
          assert.ok(!JSON.stringify(turn.sent).includes('sluice'));
        }
      });

      it(`at ${model} is two parts of Gemini's, ${how}`, async () => {
        if (streams && model === 'gemini') return;
        replay();
        const { status, told } = await post(content(model, {}, streams));
        assert.equal(status, 200, JSON.stringify(told));
        const parts = told.flatMap(({ candidates }) =>
          objectsOf(candidates).flatMap((each) => objectsOf((each.content as JsonObject).parts)),
        );
        assert.equal((parts[0]?.executableCode as JsonObject | undefined)?.code, code);
        assert.deepEqual(parts[1]?.codeExecutionResult, { outcome: 'OUTCOME_OK', output: '42\n' });
        assert.equal(parts[2]?.text, 'It is 42.');
      });
    }
  }
});
