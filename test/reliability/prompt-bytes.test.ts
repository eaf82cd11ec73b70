/** A retry or a fallback sends the bytes of the prompt as they were: a prefix that moves would be billed again by a warm cache. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployment, inWorld, type Setup } from './world.ts';

/** Odd on purpose: spacing, escapes, order and numbers that a parser and a printer would change. */
const bodyOf = (stream: boolean): string =>
  `{ "temperature":1.0,"messages" : [ {"content":"Say: caf\\u00e9 \\/ 1e2", "role":"user"} ],\n"seed":12345678901234567890, "stream":${stream},  "model":"chat","user":"u" }`;

const GROUPS = [deployment('chat', 'west'), deployment('backup', 'east', 'openai/gpt-4o-mini')];
const SETUPS: readonly (readonly [string, Setup, string])[] = [
  ['retries', { deployments: GROUPS, faults: { west: '500-x2' } }, 'gpt-4o'],
  [
    'a fallback of the same format',
    { deployments: GROUPS, fallbacks: [{ chat: ['backup'] }], faults: { west: '503' } },
    'gpt-4o-mini',
  ],
  [
    'a second provider',
    {
      deployments: [deployment('chat', 'west'), deployment('chat', 'east')],
      faults: { west: '429-once', east: '429-once' },
    },
    'gpt-4o',
  ],
];

for (const [what, setup, last] of SETUPS) {
  for (const stream of [false, true]) {
    test(`${what}: the same bytes but for the model's name${stream ? ', streamed' : ''}`, { timeout: 20_000 }, () =>
      inWorld(setup, async ({ gateway, attempts }) => {
        const response = await gateway.post('/v1/chat/completions', bodyOf(stream));
        await response.text();
        assert.equal(response.status, 200);
        const bodies = attempts().map(({ request }) => request.rawBody.toString('utf8'));
        assert.ok(bodies.length > 1);
        const [first = ''] = bodies;
        // What the client wrote stands in it unchanged, but for the model and what a stream needs for its usage.
        assert.ok(
          first.includes('{"content":"Say: caf\\u00e9 \\/ 1e2", "role":"user"} ],\n"seed":12345678901234567890,'),
          first,
        );
        for (const body of bodies) {
          assert.ok(body === first || body === first.replace('"model":"gpt-4o"', `"model":"${last}"`), body);
        }
      }),
    );
  }
}
