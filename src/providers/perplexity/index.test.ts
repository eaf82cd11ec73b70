import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, memberAfter, testFailures } from '../test/failed-answer.ts';
import { perplexity } from './index.ts';

testFailures(perplexity, [
  ['upstream_auth', 401, '<html><head><title>401 Authorization Required</title></head></html>'],
  [
    'upstream_bad_request',
    400,
    {
      error: {
        message: "Invalid model 'sonar-x'. Permitted models can be found in the documentation.",
        type: 'invalid_parameter',
        code: 400,
      },
    },
  ],
  [
    'upstream_rate_limit',
    429,
    { error: { message: 'Request rate limit exceeded', type: 'request_rate_limit_exceeded', code: 429 } },
  ],
]);

test('Perplexity: no tools, and usage unasked', () => {
  const rules = chatRules(perplexity, 'sonar');
  assert.equal(memberAfter(rules, 'tools', []), 'UNSUPPORTED');
  assert.equal(memberAfter(rules, 'stream_options', { include_usage: true }), undefined);
  assert.equal(perplexity.operations.chat?.streamUsage, 'always');
});
