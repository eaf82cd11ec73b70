/** Structured output over providers that have no `json_schema`: JSON mode, an instruction, a checked answer, one repair. */
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
      deepseek: 'deepseek/deepseek-chat',
      glm: 'zai/glm-4.6',
      raced: 'deepseek/deepseek-chat',
      backup: 'openai/gpt-4o',
    },
    { router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ raced: ['backup'] }] } },
  );
});
after(() => scripted.close());

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const GOOD = '{"name":"Ann","age":4}';
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const answered = (content: string, finish = 'stop'): ScriptedAnswer =>
  whole({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }],
    usage,
  });
const streamed = (content: string): ScriptedAnswer => {
  const chunk = (delta: JsonObject, finish_reason: string | null) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const half = Math.ceil(content.length / 2);
  return stream([
    chunk({ role: 'assistant', content: content.slice(0, half) }, null),
    chunk({ content: content.slice(half) }, null),
    chunk({}, 'stop'),
    { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage },
    'data: [DONE]\n\n',
  ]);
};

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Who?' },
];
const format = { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } };

/** The text of the answer, whatever the client's format, whole or streamed. */
async function ask(path: string, model: string, isStream: boolean): Promise<{ answer: Response; text: string }> {
  const body: JsonObject =
    path === '/v1/messages'
      ? {
          model,
          max_tokens: 100,
          system: 'Be brief.',
          messages: messages.slice(1),
          output_config: { format: { type: 'json_schema', schema } },
        }
      : { model, messages, response_format: format };
  const answer = await scripted.gateway.post(path, { ...body, stream: isStream });
  const text = await answer.text();
  if (answer.status !== 200 || !isStream) {
    const whole = JSON.parse(text) as { choices?: [{ message: { content: string } }]; content?: { text?: string }[] };
    return { answer, text: whole.choices?.[0].message.content ?? whole.content?.[0]?.text ?? text };
  }
  const events = text.split('\n').filter((line) => line.startsWith('data: {'));
  const said = events.map((line) => {
    const event = JSON.parse(line.slice(6)) as {
      choices?: { delta: { content?: string } }[];
      delta?: { text?: string };
    };
    return event.choices?.[0]?.delta.content ?? event.delta?.text ?? '';
  });
  return { answer, text: said.join('') };
}

for (const isStream of [false, true]) {
  const say = isStream ? streamed : (content: string) => answered(content);
  describe(isStream ? 'streamed' : 'whole', { timeout: 60_000 }, () => {
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      for (const model of ['deepseek', 'glm']) {
        it(`${path} over ${model} asks for JSON mode with the schema as an instruction, and reports it`, async () => {
          scripted.script(say(GOOD));
          const { answer, text } = await ask(path, model, isStream);
          assert.equal(answer.status, 200, text);
          assert.deepEqual(JSON.parse(text), JSON.parse(GOOD));
          assert.match(answer.headers.get('x-sluice-dropped') ?? '', /response_format/);
          const [sent] = scripted.received;
          assert.deepEqual(sent?.body.response_format, { type: 'json_object' });
          const [system, ...others] = (sent?.body.messages ?? []) as { role: string; content: string | object[] }[];
          assert.equal(system?.role, 'system');
          assert.match(JSON.stringify(system?.content), /Be brief\./);
          assert.ok(JSON.stringify(system?.content).includes('additionalProperties'));
          assert.deepEqual(
            others.map(({ role }) => role),
            ['user'],
          );
        });

        it(`${path} over ${model} takes the fence off`, async () => {
          scripted.script(say(`\`\`\`json\n${GOOD}\n\`\`\``));
          assert.equal((await ask(path, model, isStream)).text, GOOD);
        });
      }

      for (const [what, bad] of [
        ['prose', 'Her name is Ann.'],
        ['another object', '{"name":"Ann"}'],
        ['a member of another type', '{"name":"Ann","age":"four"}'],
      ] as const) {
        it(`${path}: ${what} is repaired once, reported, and both calls are booked`, async () => {
          scripted.script(say(bad), say(GOOD));
          const { answer, text } = await ask(path, 'deepseek', isStream);
          assert.equal(answer.status, 200, text);
          assert.deepEqual(JSON.parse(text), JSON.parse(GOOD));
          assert.equal(scripted.received.length, 2);
          const sent = scripted.received[1]?.body.messages as { role: string; content: string }[];
          assert.deepEqual(
            sent.slice(-2).map(({ role }) => role),
            ['assistant', 'user'],
          );
          assert.equal(sent.at(-2)?.content, bad);
          assert.match(answer.headers.get('x-sluice-dropped') ?? '', /response_format\.repair/);
          const line = await scripted.gateway.requestLine(answer.headers.get('x-litellm-call-id') ?? '');
          assert.equal(line.attempts, 2);
        });

        it(`${path}: ${what} twice is an error, and never the answer`, async () => {
          scripted.script(say(bad));
          const { answer, text } = await ask(path, 'deepseek', isStream);
          assert.equal(answer.status, 502);
          assert.match(text, /response_format/);
          assert.equal(scripted.received.length, 2);
        });
      }
    }

    it('is repaired before a fallback is asked', async () => {
      scripted.script(say('no'), say(GOOD));
      const { answer, text } = await ask('/v1/chat/completions', 'raced', isStream);
      assert.equal(answer.status, 200, text);
      assert.equal(answer.headers.get('x-litellm-model-group'), 'raced');
      assert.deepEqual(JSON.parse(text), JSON.parse(GOOD));
    });
  });
}

describe('what is no JSON by right', { timeout: 60_000 }, () => {
  it('an answer that was cut short is handed on as it is', async () => {
    scripted.script(answered('{"name":"An', 'length'));
    const { answer, text } = await ask('/v1/chat/completions', 'deepseek', false);
    assert.equal(answer.status, 200);
    assert.equal(text, '{"name":"An');
  });
});
