import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRules, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { azure } from './index.ts';

const FILTERED = {
  error: {
    message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: {} },
  },
};

testFailures(azure, [
  [
    'upstream_auth',
    401,
    openAiError('Access denied due to invalid subscription key or wrong API endpoint.', null, '401'),
  ],
  [
    'upstream_auth',
    401,
    { statusCode: 401, message: 'Unauthorized. Access token is missing, invalid, audience is incorrect.' },
  ],
  [
    'upstream_permission',
    403,
    openAiError('Access denied due to Virtual Network/Firewall rules.', null, 'AccessDenied'),
  ],
  [
    'upstream_not_found',
    404,
    openAiError('The API deployment for this resource does not exist.', null, 'DeploymentNotFound'),
  ],
  ['upstream_not_found', 404, openAiError('Resource not found', null, '404')],
  ['upstream_content_policy', 400, FILTERED],
  [
    'upstream_context_window',
    400,
    openAiError(
      "This model's maximum context length is 128000 tokens.",
      'invalid_request_error',
      'context_length_exceeded',
      'messages',
    ),
  ],
  [
    'upstream_rate_limit',
    429,
    openAiError(
      'Requests to the ChatCompletions_Create Operation have exceeded call rate limit of your current tier. Please retry after 6 seconds.',
      null,
      '429',
    ),
  ],
  ['upstream_overloaded', 503, openAiError('The server is currently overloaded.', null, 'InternalServerError')],
]);

test('Azure: the wait stands in the sentence too', () => {
  const body = openAiError('You have exceeded call rate limit. Please retry after 6 seconds.', null, '429');
  assert.equal(azure.classify({ status: 429, headers: {}, body, error: undefined }).retryAfterMs, 6000);
});

test('Azure: a deployment named after a reasoning model is treated as one', () => {
  assert.equal(chatRules(azure, 'o4-mini').rename?.max_tokens, 'max_completion_tokens');
  assert.equal(memberAfter(chatRules(azure, 'my-deployment'), 'temperature', 0.3), 0.3);
});
