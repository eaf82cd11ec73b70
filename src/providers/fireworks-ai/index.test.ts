import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { fireworksAi } from './index.ts';

const INVALID = 'invalid_request_error';

testFailures(fireworksAi, [
  ['upstream_auth', 401, openAiError('The API key you provided is invalid.', 'unauthorized', 'unauthorized')],
  ['upstream_not_found', 404, openAiError('Model not found, inaccessible, and/or not deployed', INVALID, 'NOT_FOUND')],
  [
    'upstream_context_window',
    400,
    openAiError('The prompt is too long: 140000, model maximum context length: 131071', INVALID),
  ],
  ['upstream_bad_request', 400, openAiError("Extra inputs are not permitted, field: 'store', value: True", INVALID)],
  [
    'upstream_payment',
    412,
    openAiError('Account acc is suspended, possibly due to reaching the monthly spending limit', 'error'),
  ],
]);

test('Fireworks AI: storing cannot be asked for, not storing is its way', () => {
  const rules = chatRules(fireworksAi, 'accounts/fireworks/models/kimi-k2p5');
  assert.equal(memberAfter(rules, 'store', true), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'store', false), undefined);
  assert.deepEqual(memberAfter(rules, 'logit_bias', {}), {});
});
