import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../core/errors.ts';
import type { WalkPolicy } from './contracts.ts';
import { FALLBACK_WORDS, fallbackChain, flattenFallbacks, readFallbackOn } from './fallback-chain.ts';

const policy: WalkPolicy = {
  maxAttempts: 5,
  numRetries: 2,
  retriesByClass: {},
  retriesPerFallback: 1,
  maxFallbacks: 5,
  deadlineMs: 0,
  leastWaitMs: 0,
  retryAfterWaitMaxMs: 0,
  fallbacks: ['b', 'c'],
  contextWindowFallbacks: [],
  contentPolicyFallbacks: [],
  fallbackOn: undefined,
};
const on = (...codes: ErrorCode[]): WalkPolicy => ({ ...policy, fallbackOn: new Set(codes) });

test('every failure that is not the client’s falls back, and with fallback_on only those it names', () => {
  assert.deepEqual(fallbackChain('upstream_auth', policy), ['b', 'c']);
  assert.deepEqual(fallbackChain('upstream_too_large', policy), ['b', 'c']);
  assert.deepEqual(fallbackChain('upstream_bad_request', policy), []);
  assert.deepEqual(fallbackChain('upstream_timeout', on('upstream_timeout')), ['b', 'c']);
  assert.deepEqual(fallbackChain('upstream_auth', on('upstream_timeout')), []);
});

test('a prompt too long goes to its own list, or to the general one where there is none', () => {
  const own = { ...policy, contextWindowFallbacks: ['large'] };
  assert.deepEqual(fallbackChain('upstream_context_window', own), ['large']);
  assert.deepEqual(fallbackChain('upstream_context_window', policy), ['b', 'c']);
  assert.deepEqual(fallbackChain('upstream_context_window', on('upstream_timeout')), []);
  const both = { ...on('upstream_context_window'), contextWindowFallbacks: ['large'] };
  assert.deepEqual(fallbackChain('upstream_context_window', both), ['large', 'b', 'c']);
});

test('a refusal for content goes to its own list or to the client', () => {
  assert.deepEqual(fallbackChain('upstream_content_policy', policy), []);
  assert.deepEqual(fallbackChain('upstream_content_policy', { ...policy, contentPolicyFallbacks: ['lax'] }), ['lax']);
  assert.deepEqual(fallbackChain('upstream_content_policy', on('upstream_content_policy')), ['b', 'c']);
});

test('fallback_on takes the guide’s words and LiteLLM’s class names, and names unknown words', () => {
  const guide = readFallbackOn(['timeout', 'rate_limit_exceeded', 'internal_server_error', 'api_connection_error']);
  assert.deepEqual(guide.unknownWords, []);
  for (const code of ['upstream_timeout', 'upstream_rate_limit', 'upstream_overloaded', 'upstream_connection'] as const)
    assert.ok(guide.codes.has(code));
  assert.ok(!guide.codes.has('upstream_auth'));
  assert.deepEqual(readFallbackOn(['RateLimitError', 'toString', 'rate limit']), {
    codes: new Set(['upstream_rate_limit']),
    unknownWords: ['toString', 'rate limit'],
  });
  assert.ok(!FALLBACK_WORDS.any?.includes('upstream_content_policy'));
});

test('fallbacks of fallbacks follow each before the next, no group twice, with defaults and names without their provider', () => {
  const map = new Map([
    ['a', ['b', 'c']],
    ['b', ['d', 'a']],
    ['bare', ['x']],
    ['x', []],
  ]);
  assert.deepEqual(flattenFallbacks('a', map), ['b', 'd', 'c']);
  assert.deepEqual(flattenFallbacks('openai/bare', map), ['x']);
  assert.deepEqual(flattenFallbacks('other', map), []);
  assert.deepEqual(flattenFallbacks('other', new Map([['*', ['x', 'other', 'y']]])), ['x', 'y']);
});
