import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deepinfra } from '../deepinfra/index.ts';
import { hostedVllm } from '../hosted-vllm/index.ts';
import { lmStudio } from '../lm-studio/index.ts';
import { nvidiaNim } from '../nvidia-nim/index.ts';
import { ollama } from '../ollama/index.ts';
import { openaiLike } from '../openai-like/index.ts';
import { sambanova } from '../sambanova/index.ts';
import { chatRules, memberAfter, openAiError, testFailures } from '../test/failed-answer.ts';
import { FAMILY_CHAT_RULES, joinRules, onlyDefault, refuse, respell } from './parameters.ts';

describe('the family’s table of failures fits servers without one of their own', () => {
  testFailures(hostedVllm, [
    [
      'upstream_context_window',
      400,
      {
        object: 'error',
        message:
          "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens in the messages, Please reduce the length of the messages.",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
    ],
    [
      'upstream_not_found',
      404,
      { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError', param: null, code: 404 },
    ],
    [
      'upstream_unprocessable',
      422,
      { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error' }] },
    ],
    ['upstream_auth', 401, { error: 'Unauthorized' }],
  ]);
  testFailures(ollama, [
    ['upstream_not_found', 404, openAiError("model 'x' not found", 'not_found_error')],
    [
      'upstream_server_error',
      500,
      openAiError('model requires more system memory (8 GiB) than is available', 'api_error'),
    ],
    ['upstream_overloaded', 503, { error: 'server busy, please try again. maximum pending requests exceeded' }],
  ]);
  testFailures(lmStudio, [
    [
      'upstream_context_window',
      400,
      {
        error:
          'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens.',
      },
    ],
  ]);
  testFailures(deepinfra, [
    ['upstream_auth', 401, { detail: 'User is not authenticated' }],
    ['upstream_payment', 402, { detail: { error: 'Your balance is too low' } }],
    ['upstream_not_found', 404, { detail: { error: 'Model not found' } }],
  ]);
  testFailures(nvidiaNim, [
    [
      'upstream_not_found',
      404,
      { type: 'about:blank', title: 'Not Found', status: 404, detail: 'Function not found for account' },
    ],
    ['upstream_payment', 402, { status: 402, title: 'Payment Required', detail: "Account 'x': Cloud credits expired" }],
  ]);
  testFailures(sambanova, [['upstream_rate_limit', 429, openAiError('Rate limit exceeded', 'rate_limit_error')]]);
  testFailures(openaiLike, [
    ['upstream_payment', 403, { message: 'Insufficient account balance' }],
    ['upstream_content_policy', 451, openAiError('Blocked')],
    ['upstream_bad_request', 418, openAiError('I am a teapot')],
    ['upstream_server_error', 599, 'nothing to see'],
    ['upstream_bad_gateway', 302, {}],
    ['upstream_overloaded', 425, {}],
  ]);
});

test('rules join, the later table winning', () => {
  const joined = joinRules(
    { rename: { a: 'b' }, unsupported: ['x'], values: { n: onlyDefault(1) } },
    { unsupported: ['x', 'y'], values: { n: refuse(2) } },
  );
  assert.deepEqual(joined.unsupported, ['x', 'y']);
  assert.deepEqual(joined.rename, { a: 'b' });
  assert.equal(memberAfter(joined, 'n', 3), 3);
  assert.equal(memberAfter(joined, 'n', 2), 'UNSUPPORTED');
});

test('a respelled value is looked up by its own words only', () => {
  const rule = respell({ required: 'any' });
  assert.equal(rule('required'), 'any');
  assert.equal(rule('toString'), 'toString');
  assert.deepEqual(rule({ type: 'function' }), { type: 'function' });
});

test('servers without rules of their own get the older names', () => {
  assert.deepEqual(chatRules(openaiLike, 'm'), FAMILY_CHAT_RULES);
  const messages = [{ role: 'developer', content: 'x' }];
  assert.deepEqual(memberAfter(FAMILY_CHAT_RULES, 'messages', messages), [{ role: 'system', content: 'x' }]);
  assert.equal(memberAfter(FAMILY_CHAT_RULES, 'messages', 'no list, but "developer"'), 'no list, but "developer"');
});
