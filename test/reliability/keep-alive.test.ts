/** Pings while a model thinks: LiteLLM's `sse_keepalive_ping_interval_seconds`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ALONE, assertClearError, assertServed, deployment, inWorld, type Setup, SIXTY, type World } from './world.ts';

const PINGS = { sse_keepalive_ping_interval_seconds: 0.3 };
const CLAUDE: Setup = { deployments: [deployment('chat', 'west', 'anthropic/claude-sonnet-4-5')] };

async function stream(world: World, path: string, more: object = {}): Promise<{ status: number; text: string }> {
  const messages = [{ role: 'user', content: `Say: ${SIXTY}` }];
  const response = await world.gateway.post(path, { model: 'chat', stream: true, max_tokens: 300, messages, ...more });
  return { status: response.status, text: await response.text() };
}

const wordsOf = (text: string): string =>
  [...text.matchAll(/"(?:content|text)":"([^"]*)"/g)].map(([, words]) => words).join('');

describe('a client that waits hears pings', { concurrency: 4 }, () => {
  for (const [path, setup, ping] of [
    ['/v1/chat/completions', ALONE, ': ping\n\n'],
    ['/v1/chat/completions', CLAUDE, ': ping\n\n'],
    ['/v1/messages', CLAUDE, 'event: ping\ndata: {"type": "ping"}\n\n'],
    ['/v1/messages', ALONE, 'event: ping\ndata: {"type": "ping"}\n\n'],
  ] as const) {
    const over = setup === ALONE ? 'OpenAI' : 'Claude';

    test(`before the first token, and the answer is whole: ${path} over ${over}`, () =>
      inWorld({ ...setup, litellm: PINGS, faults: { west: 'first-token-after-2' } }, async (world) => {
        const { status, text } = await stream(world, path);
        assert.equal(status, 200);
        assert.ok(text.startsWith(ping), text.slice(0, 100));
        assert.ok(text.split(ping).length >= 4);
        assert.equal(wordsOf(text), SIXTY);
      }));

    test(`in the middle, between events: ${path} over ${over}`, () =>
      inWorld({ ...setup, litellm: PINGS, faults: { west: 'stall-after-20-for-2+split-7' } }, async (world) => {
        const { text } = await stream(world, path);
        const parts = text.split(ping);
        assert.ok(parts.length > 1 && wordsOf(parts[0] ?? '') !== SIXTY, text.slice(0, 200));
        // On a slow machine the first ones come before the first word.
        for (const part of parts.slice(0, -1)) assert.ok(part === '' || part.endsWith('\n\n'), part.slice(-60));
        assert.ok(wordsOf(parts.slice(0, -1).join('')).length > 0, 'the last came behind some words');
        assert.equal(wordsOf(parts.join('')), SIXTY);
      }));

    test(`and an error after them is an event of the stream: ${path} over ${over}`, () =>
      inWorld(
        { ...setup, litellm: PINGS, router: { ttft_timeout: 1, num_retries: 0 }, faults: { west: 'hang-20' } },
        async (world) => {
          const { status, text } = await stream(world, path);
          assert.equal(status, 200);
          assert.ok(text.startsWith(ping));
          const last =
            text
              .trim()
              .split('\n')
              .findLast((line) => line.startsWith('data: {')) ?? '';
          const { error } = JSON.parse(last.slice('data: '.length)) as { error: { message: string } };
          assert.match(error.message, /Timeout/);
        },
      ));
  }

  test('the SDKs read the answer as ever, and the error', () =>
    inWorld({ ...ALONE, litellm: PINGS, faults: { west: 'first-token-after-2' } }, async (world) => {
      assertServed(await world.ask({ stream: true }));
      const { url, masterKey } = world.gateway;
      const anthropic = new Anthropic({ apiKey: masterKey, baseURL: url, maxRetries: 0 });
      const asked = { model: 'chat', max_tokens: 300, messages: [{ role: 'user' as const, content: `Say: ${SIXTY}` }] };
      assert.equal(await anthropic.messages.stream(asked).finalText(), SIXTY);
    }));

  for (const setup of [ALONE, CLAUDE]) {
    const over = setup === ALONE ? 'OpenAI' : 'Claude';
    const responses = (world: World, more: object) =>
      stream(world, '/v1/responses', { ...more, input: `Say: ${SIXTY}`, max_tokens: undefined, messages: undefined });

    test(`in the Responses API, in the background too: over ${over}`, () =>
      inWorld({ ...setup, litellm: PINGS, faults: { west: 'stall-after-20-for-2' } }, async (world) => {
        for (const background of [false, true]) {
          const { status, text } = await responses(world, { background });
          assert.equal(status, 200);
          const parts = text.split(': ping\n\n');
          assert.ok(parts.length > 1, text.slice(0, 200));
          for (const part of parts.slice(0, -1)) assert.ok(part === '' || part.endsWith('\n\n'), part.slice(-60));
          const done = /"type":"response\.output_text\.done".*?"text":"([^"]*)"/.exec(parts.join(''))?.[1];
          assert.equal(done, SIXTY);
          const numbers = [...parts.join('').matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
          assert.deepEqual(
            numbers,
            numbers.map((_, index) => index),
          );
          const [, id = ''] = /"id":"(resp_[^"]*)"/.exec(text) ?? [];
          if (background) {
            const replayed = await (await world.gateway.get(`/v1/responses/${id}?stream=true`)).text();
            assert.equal(replayed, parts.join(''), 'pings are not kept');
          }
        }
      }));

    test(`but not in Gemini's format, whose clients in Go and Python break at a comment: over ${over}`, () =>
      inWorld({ ...setup, litellm: PINGS, faults: { west: 'stall-after-20-for-2' } }, async (world) => {
        const { url, masterKey } = world.gateway;
        for (const query of ['?alt=sse', '']) {
          const answer = await fetch(`${url}/v1beta/models/chat:streamGenerateContent${query}`, {
            method: 'POST',
            headers: { 'x-goog-api-key': masterKey, 'content-type': 'application/json' },
            body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: `Say: ${SIXTY}` }] }] }),
          });
          const text = await answer.text();
          assert.equal(answer.status, 200);
          assert.equal(wordsOf(text), SIXTY);
          if (query === '') assert.ok(Array.isArray(JSON.parse(text)));
          else assert.match(text, /^(?:data: .+\r?\n\r?\n)+$/);
        }
      }));
  }

  test('an error before the first ping keeps its status, and so does every error without the setting', () =>
    inWorld({ ...ALONE, litellm: PINGS, router: { num_retries: 0 }, faults: { west: '429' } }, async (world) => {
      const answer = await world.ask({ stream: true });
      assertClearError(answer);
      assert.equal(answer.status, 429);
    }));

  test('a fallback answers on the stream that was opened', () =>
    inWorld(
      {
        deployments: [...ALONE.deployments, deployment('backup', 'east', 'anthropic/claude-sonnet-4-5')],
        fallbacks: [{ chat: ['backup'] }],
        litellm: PINGS,
        router: { ttft_timeout: 1 },
        faults: { west: 'hang-20' },
      },
      async (world) => {
        const answer = await world.ask({ stream: true });
        assertServed(answer);
        assert.deepEqual(world.way(), ['west', 'east']);
      },
    ));
});
