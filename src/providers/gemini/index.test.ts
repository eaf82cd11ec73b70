import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { failedAnswer, testFailures } from '../test/failed-answer.ts';
import { gemini } from './index.ts';

const error = (code: number, status: string, message: string, details: JsonObject[] = []): JsonObject => ({
  error: { code, message, status, details },
});
const INVALID_KEY = {
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason: 'API_KEY_INVALID',
  domain: 'googleapis.com',
};

testFailures(gemini, [
  [
    'upstream_auth',
    400,
    error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [INVALID_KEY]),
  ],
  ['upstream_auth', 400, error(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.')],
  ['upstream_auth', 401, error(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')],
  ['upstream_permission', 403, error(403, 'PERMISSION_DENIED', 'You do not have permission to access tuned model x.')],
  ['upstream_permission', 400, error(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')],
  [
    'upstream_payment',
    400,
    error(
      400,
      'FAILED_PRECONDITION',
      'Gemini API free tier is not available in your country. Please enable billing on your project.',
    ),
  ],
  ['upstream_not_found', 404, error(404, 'NOT_FOUND', 'models/gemini-9 is not found for API version v1beta')],
  [
    'upstream_context_window',
    400,
    error(
      400,
      'INVALID_ARGUMENT',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    ),
  ],
  [
    'upstream_bad_request',
    400,
    error(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Unknown name "foo": Cannot find field.'),
  ],
  [
    'upstream_rate_limit',
    429,
    error(
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota, please check your plan and billing details. Please retry in 34.07s.',
    ),
  ],
  ['upstream_payment', 429, error(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.')],
  ['upstream_overloaded', 503, error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')],
  [
    'upstream_timeout',
    504,
    error(504, 'DEADLINE_EXCEEDED', 'The service was unable to finish processing within the deadline.'),
  ],
  ['upstream_server_error', 500, error(500, 'INTERNAL', 'An internal error has occurred.')],
  ['upstream_rate_limit', 429, [error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded')]],
  ['upstream_overloaded', 200, error(503, 'UNAVAILABLE', 'The model is overloaded.')],
]);

test('Gemini: RetryInfo in the body is the wait', () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.074s' }];
  const body = error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', details);
  assert.equal(gemini.classify(failedAnswer(gemini, 429, body)).retryAfterMs, 34_074);
});
