/** Instructions that change early in each request are found and reported, and nothing of their words is. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { deployment, startCacheTest, words } from './fixtures.ts';

const WORDS = Array.from({ length: 2_400 }, (_, at) => `rule${at % 97} ${at}`).join(' ');
const CLAUDE = 'anthropic/claude-sonnet-5';

async function ask(t: TestContext, systems: readonly string[], more: object = { prompt_cache: 'auto' }) {
  const { gateway } = await startCacheTest(t, [deployment('m', CLAUDE, more as never)]);
  const headers: (string | null)[] = [];
  let callId = '';
  for (const system of systems) {
    const answer = await gateway.post('/v1/messages', {
      model: 'm',
      system,
      messages: [{ role: 'user', content: 'One?' }],
      max_tokens: 20,
    });
    assert.equal(answer.status, 200, await answer.text());
    headers.push(answer.headers.get('x-sluice-volatile-head'));
    callId = answer.headers.get('x-litellm-call-id') ?? '';
  }
  return { gateway, headers, line: await gateway.requestLine(callId) };
}

const CHANGING: Readonly<Record<string, (number: number) => string>> = {
  'a time': (number) => `Be kind. It is 2026-11-29T12:0${number}:17Z. ${WORDS}`,
  'an id': (number) => `Session 6f1c2e4a-0000-4000-8000-00000000000${number}. ${WORDS}`,
  "a user's name": (number) =>
    `You speak with ${['Ada', 'Grace Hopper', 'Alan', 'Edsger', 'Barbara'][number]}.\n${WORDS}`,
};

for (const [what, make] of Object.entries(CHANGING)) {
  test(`${what} early in the instructions is reported with what it loses`, async (t) => {
    const systems = [0, 1, 2, 3, 4].map(make);
    const { gateway, headers, line } = await ask(t, systems);
    assert.deepEqual(headers.slice(0, 3), [null, null, null]);
    const [, tokens, usd] = /^tokens=(\d+); usd=([\d.]+)$/.exec(headers[4] ?? '') ?? [];
    assert.ok(Number(tokens) > 4_000, headers[4] ?? 'no header');
    assert.ok(Math.abs(Number(usd) - Number(tokens) * 2.7e-6) < 1e-9);
    assert.equal(line.volatile_head_tokens, Number(tokens));
    const metrics = await (await gateway.get('/metrics')).text();
    assert.match(metrics, /^sluice_prompt_cache_volatile_heads_total 2$/m);
    const log = (await gateway.logLines()).join('\n');
    assert.match(log, /instructions of requests differ early/);
    for (const word of ['Grace', '6f1c2e4a', '12:04', 'rule42']) assert.ok(!log.includes(word), word);
  });
}

test('other instructions, longer conversations and new versions are not reported', async (t) => {
  const others = ['one', 'two', 'three', 'four', 'five'].map((word) => words(2_000, word));
  assert.deepEqual((await ask(t, others)).headers, [null, null, null, null, null]);
  const versions = [WORDS, WORDS, `New. ${WORDS}`, `New. ${WORDS}`, `New. ${WORDS}`];
  assert.deepEqual((await ask(t, versions)).headers, [null, null, null, null, null]);
  const late = [0, 1, 2, 3, 4].map((number) => `${WORDS} It is ${number} o'clock.`);
  assert.deepEqual((await ask(t, late)).headers, [null, null, null, null, null]);
  const off = [0, 1, 2, 3, 4].map((number) => `${number} ${WORDS}`);
  assert.deepEqual((await ask(t, off, {})).headers, [null, null, null, null, null]);
});
