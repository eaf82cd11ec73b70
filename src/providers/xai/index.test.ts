import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import { chatRules, memberAfter, testFailures } from '../test/failed-answer.ts';
import { xai } from './index.ts';

const body = (code: string, error: string): JsonValue => ({ code, error });
const INVALID = 'Client specified an invalid argument';
const DENIED = 'The caller does not have permission to execute the specified operation';
const EXHAUSTED = 'Some resource has been exhausted';

testFailures(xai, [
  [
    'upstream_auth',
    400,
    body(INVALID, 'Incorrect API key provided: xa***34. You can obtain an API key from https://console.x.ai.'),
  ],
  [
    'upstream_not_found',
    404,
    body(
      'Some requested entity was not found',
      'The model grok-9 does not exist or your team does not have access to it.',
    ),
  ],
  [
    'upstream_context_window',
    400,
    body(INVALID, "This model's maximum prompt length is 131072 but the request contains 200000 tokens."),
  ],
  [
    'upstream_content_policy',
    403,
    body(DENIED, 'Content violates usage guidelines. Team: 1, Model: grok-4. Failed check: SAFETY_CHECK_TYPE_BIO'),
  ],
  [
    'upstream_payment',
    429,
    body(EXHAUSTED, 'Your team has either used all available credits or reached its monthly spending limit.'),
  ],
  ['upstream_permission', 403, body(DENIED, 'Access to the model is disabled for your team.')],
  ['upstream_rate_limit', 429, body(EXHAUSTED, 'Too many requests for team 1 and model grok-4.')],
  ['upstream_bad_request', 400, body(INVALID, 'Model grok-4 does not support parameter reasoningEffort.')],
]);

test('xAI: what reasons always refuses stop and penalties', () => {
  for (const model of ['grok-4', 'grok-4-0709', 'grok-code-fast-1', 'grok-4-1-fast-reasoning']) {
    const rules = chatRules(xai, model);
    assert.equal(memberAfter(rules, 'stop', 'x'), 'UNSUPPORTED', model);
    assert.equal(memberAfter(rules, 'presence_penalty', 0), undefined, model);
    assert.equal(memberAfter(rules, 'frequency_penalty', 0.5), 'UNSUPPORTED', model);
  }
  assert.equal(memberAfter(chatRules(xai, 'grok-3-mini'), 'reasoning_effort', 'low'), 'low');
  assert.equal(memberAfter(chatRules(xai, 'grok-4.3'), 'reasoning_effort', 'low'), 'low');
  assert.equal(memberAfter(chatRules(xai, 'grok-4-1-fast-non-reasoning'), 'stop', 'x'), 'x');
  assert.equal(memberAfter(chatRules(xai, 'grok-3'), 'presence_penalty', 0.5), 0.5);
});
