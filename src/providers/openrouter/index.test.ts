import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { testFailures } from '../test/failed-answer.ts';
import { openrouter } from './index.ts';

const error = (code: number, message: string, metadata?: JsonObject): JsonValue => ({
  error: { code, message, metadata },
});
const RAW = '{"type":"error","error":{"message":"prompt is too long: 215000 tokens > 200000 maximum"}}';

testFailures(openrouter, [
  ['upstream_auth', 401, error(401, 'User not found.')],
  ['upstream_payment', 402, error(402, 'Insufficient credits. Add more using https://openrouter.ai/credits')],
  [
    'upstream_content_policy',
    403,
    error(403, 'Your chosen model requires moderation and your input was flagged for "violence".', {
      reasons: ['violence'],
    }),
  ],
  ['upstream_context_window', 400, error(400, 'Provider returned error', { raw: RAW, provider_name: 'Anthropic' })],
  [
    'upstream_context_window',
    400,
    error(400, "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens."),
  ],
  ['upstream_not_found', 404, error(404, 'No endpoints found for some/model.')],
  ['upstream_bad_request', 400, error(400, 'some/model is not a valid model ID')],
  ['upstream_rate_limit', 429, error(429, 'Rate limit exceeded: free-models-per-min.')],
  ['upstream_bad_gateway', 502, error(502, 'Provider returned error')],
  ['upstream_overloaded', 503, error(503, 'No instances available')],
  ['upstream_rate_limit', 200, error(429, 'Upstream is rate limited')],
]);

test('OpenRouter: what the provider behind it said reaches the client, once', () => {
  const body = error(400, 'Provider returned error', { raw: 'bad tool schema' });
  const { message } = openrouter.classify({ status: 400, headers: {}, body, error: undefined });
  assert.equal(message, 'BadRequestError: OpenRouterException - Provider returned error bad tool schema');
});
