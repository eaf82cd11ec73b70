import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asGatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import {
  controlsUnderKey,
  FREE_KEY,
  mayHaveControls,
  NO_CONTROLS,
  type RequestControls,
  readKeyControls,
  readRequestControls,
} from './request-controls.ts';

const read = (body: JsonObject, headers: Record<string, string | string[]> = {}, model?: string): RequestControls =>
  readRequestControls((name) => body[name], headers, model);

function refusal(of: () => unknown): string {
  try {
    of();
  } catch (error) {
    const { code, facts, message } = asGatewayError(error);
    return `${code} ${facts.param}: ${message}`;
  }
  return 'nothing was refused';
}

test('a request that says nothing gives the one empty object, whatever else it holds', () => {
  assert.equal(read({ model: 'a', messages: [], metadata: { user_id: 'u' }, num_retries: null }), NO_CONTROLS);
  assert.equal(mayHaveControls([{ name: 'model' }, { name: 'messages' }], { 'content-type': 'x' }), false);
  assert.equal(mayHaveControls([{ name: 'num_retries' }], {}), true);
  assert.equal(mayHaveControls([{ name: 'metadata' }], {}), true);
  assert.equal(mayHaveControls([], { 'x-litellm-tags': 'a' }), true);
});

test('every member is read, seconds into milliseconds', () => {
  assert.deepEqual(
    read({
      fallbacks: ['b', { model: 'c', messages: [] }],
      context_window_fallbacks: ['d'],
      content_policy_fallbacks: [],
      num_retries: 0,
      timeout: 0.0001,
      stream_timeout: 6000,
      disable_fallbacks: false,
      tags: ['x'],
    }),
    {
      fallbacks: ['b', 'c'],
      fallbackMembers: new Map([['c', { messages: [] }]]),
      contextWindowFallbacks: ['d'],
      contentPolicyFallbacks: [],
      numRetries: 0,
      timeoutMs: 1,
      streamTimeoutMs: 6_000_000,
      disableFallbacks: false,
      tags: ['x'],
    },
  );
  assert.deepEqual(read({ request_timeout: 2 }), { timeoutMs: 2_000 });
  assert.deepEqual(read({ timeout: 1, request_timeout: 2 }), { timeoutMs: 1_000 });
});

test('of fallbacks that are maps from a group, those of the model asked for count', () => {
  const fallbacks = [{ a: ['b', { model: 'c' }] }, { x: ['y'] }, { '*': 'z' }];
  assert.deepEqual(read({ fallbacks }, {}, 'a'), { fallbacks: ['b', 'c', 'z'] });
  assert.deepEqual(read({ fallbacks }, {}, 'other'), { fallbacks: ['z'] });
});

test('headers win over members, and tags of all places are taken together', () => {
  const headers = {
    'x-litellm-num-retries': '3',
    'x-litellm-timeout': ' 1.5 ',
    'x-litellm-stream-timeout': '2',
    'x-litellm-tags': 'one, two,,one',
  };
  assert.deepEqual(
    read({ num_retries: 9, timeout: 9, stream_timeout: 9, tags: ['three'], metadata: { tags: ['four', 4] } }, headers),
    { numRetries: 3, timeoutMs: 1_500, streamTimeoutMs: 2_000, tags: ['four', 'three', 'one', 'two'] },
  );
  assert.deepEqual(read({}, { 'x-litellm-tags': ['a', 'b'] }), { tags: ['a', 'b'] });
});

test("metadata is the client's own: tags in it that are no list are no mistake", () => {
  for (const metadata of [{ tags: 'a' }, { tags: {} }, 'text', [], { other: 1 }]) {
    assert.equal(read({ metadata }), NO_CONTROLS);
  }
});

test('what is wrong or too much is refused by name', () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
  for (const [body, param] of [
    [{ fallbacks: [1] }, 'fallbacks[0]'],
    [{ fallbacks: ['a', ''] }, 'fallbacks[1]'],
    [{ fallbacks: [{ model: 7 }] }, 'fallbacks[0]'],
    [{ fallbacks: [['a']] }, 'fallbacks[0]'],
    [{ fallbacks: ['a'.repeat(257)] }, 'fallbacks[0]'],
    [{ fallbacks: many(6) }, 'fallbacks'],
    [{ context_window_fallbacks: 1 }, 'context_window_fallbacks[0]'],
    [{ num_retries: 11 }, 'num_retries'],
    [{ num_retries: -1 }, 'num_retries'],
    [{ num_retries: 1.5 }, 'num_retries'],
    [{ num_retries: '2' }, 'num_retries'],
    [{ timeout: 0 }, 'timeout'],
    [{ timeout: 6000.1 }, 'timeout'],
    [{ request_timeout: true }, 'request_timeout'],
    [{ stream_timeout: '5' }, 'stream_timeout'],
    [{ disable_fallbacks: 'yes' }, 'disable_fallbacks'],
    [{ tags: [1] }, 'tags'],
    [{ tags: {} }, 'tags'],
    [{ tags: many(33) }, 'tags'],
    [{ tags: ['a'.repeat(257)] }, 'tags'],
  ] satisfies [JsonObject, string][]) {
    assert.match(
      refusal(() => read(body)),
      new RegExp(`^invalid_request ${param.replace(/[[\]]/g, '\\$&')}: `),
      JSON.stringify(body).slice(0, 80),
    );
  }
  for (const name of ['x-litellm-num-retries', 'x-litellm-timeout', 'x-litellm-stream-timeout']) {
    for (const value of ['', 'NaN', '-1', '1e3', '0x10', 'Infinity', '99999']) {
      assert.match(
        refusal(() => read({}, { [name]: value })),
        new RegExp(`^invalid_request ${name}: `),
        `${name}: ${value}`,
      );
    }
  }
});

test('a key adds its tags, switches fallbacks off, and refuses what it denies', () => {
  assert.equal(readKeyControls({ team: 'x' }), FREE_KEY);
  const key = readKeyControls({
    disable_fallbacks: true,
    tags: ['paid'],
    deny_request_controls: ['timeout', 'unheard'],
  });
  assert.deepEqual(controlsUnderKey(NO_CONTROLS, key), { disableFallbacks: true, tags: ['paid'] });
  assert.deepEqual(controlsUnderKey({ tags: ['eu', 'paid'], disableFallbacks: false }, key), {
    disableFallbacks: true,
    tags: ['paid', 'eu'],
  });
  for (const controls of [{ timeoutMs: 1 }, { streamTimeoutMs: 1 }]) {
    assert.equal(
      refusal(() => controlsUnderKey(controls, key)),
      'invalid_request timeout: Requests with this key may not set `timeout`. Leave it out.',
    );
  }
  const denied = readKeyControls({ deny_request_controls: 'fallbacks' });
  assert.match(
    refusal(() => controlsUnderKey({ contextWindowFallbacks: ['a'] }, denied)),
    /may not set `fallbacks`/,
  );
  assert.equal(controlsUnderKey(NO_CONTROLS, denied), NO_CONTROLS);
});
