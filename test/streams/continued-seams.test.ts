/** Where a broken stream was cut: in a character, in a block of code. What the client has and what follows are one text, or an error. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { readOpenAi } from './client-streams.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';
import { claude, openai } from './world.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let spare: ScriptedUpstream;
before(async () => {
  upstream = await startScriptedUpstream();
  spare = await startScriptedUpstream();
  const group = (name: string, model: string, url: string): JsonObject => ({
    model_name: name,
    litellm_params: { model, api_base: url, api_key: 'k' },
  });
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [
        group('first', 'openai/gpt-4o', upstream.url),
        // It takes no prefill, so that it is asked in words.
        group('spare', 'anthropic/claude-opus-4-8', spare.url),
      ],
      litellm_settings: { fallbacks: [{ first: ['spare'] }] },
      router_settings: { num_retries: 0, disable_cooldowns: true },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
});
beforeEach(() => {
  spare.requests.length = 0;
});
after(async () => {
  await gateway.close();
  await upstream.close();
  await spare.close();
});

const pieces = (text: string): string[] => text.match(/[\s\S]{1,7}/g) ?? [];

/** What the client gets of a stream that breaks off behind `sent`, if the spare one says `said`. */
async function joined(sent: string, said: string): Promise<{ text: string; isBroken: boolean }> {
  upstream.answer = () => ({
    events: pieces(sent).map((piece) => openai.chunk({ content: piece })),
    isCut: true,
  });
  const saying: JsonObject[] = pieces(said).map((piece) => claude.say(0, piece));
  spare.answer = () => ({
    events: [claude.start(), claude.text(0), ...saying, claude.stop(0), ...claude.end('end_turn')],
  });
  const messages = [{ role: 'user', content: 'hi' }];
  const answer = await gateway.post('/v1/chat/completions', { model: 'first', stream: true, messages });
  return readOpenAi(await answer.text());
}

describe('a stream that was cut inside a character of two units', { timeout: 20_000 }, () => {
  const before = 'The boat 🙂 left the quiet harbour at dawn with a 🛥';
  const half = before.slice(0, -1);
  const whole = `${before} and a song.`;

  it('is not sent to the spare model with half a character, which no provider takes', async () => {
    await joined(half, whole);
    const [request] = spare.requests;
    assert.match(request?.text ?? '', /at dawn with a /);
    assert.doesNotMatch(request?.text ?? '', /\\ud83d|\uFFFD/i);
  });

  for (const [what, said] of [
    ['starts over', whole],
    ['says its last words again', whole.slice(half.length - 30)],
    ['goes on with the character', whole.slice(half.length - 1)],
  ] as const) {
    it(`gets the other half if the model ${what}`, async () => {
      const { text, isBroken } = await joined(half, said);
      assert.deepEqual([text, isBroken], [whole, false]);
    });
  }

  it('ends with an error if another character follows', async () => {
    for (const said of [
      ' and a song.',
      `${half.slice(0, -1)}⛵ and a song.`,
      'Another story of a boat, told in other words.',
    ]) {
      const { text, isBroken } = await joined(half, said);
      assert.deepEqual([text, isBroken], [half, true]);
    }
  });
});

describe('a stream that was cut inside a block of code', { timeout: 20_000 }, () => {
  const block = 'Here is the code that you asked for:\n\n```js\nconst first = 1;\nconst second = 2;\n';
  const rest = 'const third = 3;\n```\n\nThat is all.';

  it('goes on inside it if the model opens it once more', async () => {
    const { text, isBroken } = await joined(block, `\`\`\`js\n${rest}`);
    assert.deepEqual([text, isBroken], [`${block}${rest}`, false]);
  });

  it('goes on in the middle of a line, too', async () => {
    const { text, isBroken } = await joined(`${block}const th`, `\`\`\`\n${rest.slice('const th'.length)}`);
    assert.deepEqual([text, isBroken], [`${block}${rest}`, false]);
  });

  it('ends the block if the model ends it', async () => {
    const { text, isBroken } = await joined(block, '```\n\nThat is all of it.');
    assert.deepEqual([text, isBroken], [`${block}\`\`\`\n\nThat is all of it.`, false]);
  });

  it('gets no block of code in the middle of its prose', async () => {
    const { text, isBroken } = await joined('The tide rises and fa', '```\nlls twice a day.\n```');
    assert.deepEqual([text, isBroken], ['The tide rises and fa', true]);
  });
});
