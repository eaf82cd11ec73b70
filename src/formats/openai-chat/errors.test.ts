import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import type { ProviderErrorFacts } from '../neutral/conversation.ts';
import { readError, writeError } from './errors.ts';

const cases: readonly (readonly [string, JsonValue, ProviderErrorFacts | undefined])[] = [
  [
    "OpenAI's envelope",
    { error: { message: 'No', type: 'invalid_request_error', param: 'n', code: 'bad' } },
    { message: 'No', type: 'invalid_request_error', code: 'bad', param: 'n' },
  ],
  ['a bare string', { error: 'model not found' }, { message: 'model not found' }],
  ["xAI's code beside a string", { code: 'Denied', error: 'No key' }, { message: 'No key', code: 'Denied' }],
  [
    "OpenRouter's wrapped words",
    { error: { code: 502, message: 'Provider returned error', metadata: { raw: 'boom' } }, user_id: 'u' },
    { message: 'Provider returned error: boom', code: '502', status: 502 },
  ],
  [
    "Google's array with a wait",
    [{ error: { code: 429, message: 'Quota', status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '1.5s' }] } }],
    { message: 'Quota', type: 'RESOURCE_EXHAUSTED', code: '429', status: 429, retryAfterMs: 1500 },
  ],
  [
    "vLLM's flat object",
    { object: 'error', message: 'too long', type: 'BadRequestError', param: null, code: 400 },
    { message: 'too long', type: 'BadRequestError', code: '400', status: 400 },
  ],
  [
    "FastAPI's list",
    { detail: [{ loc: ['body', 'model'], msg: 'field required', type: 'missing' }] },
    { message: 'body.model: field required' },
  ],
  [
    "MiniMax's base_resp",
    { base_resp: { status_code: 1004, status_msg: 'login fail' } },
    { message: 'login fail', code: '1004' },
  ],
  ['an empty envelope', { error: {} }, { message: 'The provider reported an error without a message.' }],
  ['a success of MiniMax', { choices: [], base_resp: { status_code: 0 } }, undefined],
  ['a success', { id: 'x', choices: [{ message: { content: 'error' } }], error: null }, undefined],
  ['embeddings', { object: 'list', data: [], message: 'x' }, undefined],
  ['text', 'Bad gateway', undefined],
  ['nothing', null, undefined],
  ['an empty array', [], undefined],
];

for (const [name, body, expected] of cases) {
  test(`an error body is read: ${name}`, () => assert.deepEqual(readError(body), expected));
}

test("a written error has every member of OpenAI's envelope", () => {
  const error = {
    status: 400,
    message: 'No',
    type: 'invalid_request_error',
    reason: 'invalid_request' as const,
    code: '400',
    param: null,
  };
  assert.deepEqual(writeError(error), {
    error: { message: 'No', type: 'invalid_request_error', param: null, code: '400' },
  });
});
