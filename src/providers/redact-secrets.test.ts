import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { redactSecrets } from './redact-secrets.ts';

describe('secrets in messages of providers', () => {
  const secrets: readonly (readonly [string, string])[] = [
    ['Incorrect API key provided: sk-abcd***************wxyz. You can find it', 'wxyz'],
    ['Incorrect API key provided: sk-proj-Zm9vYmFy_123-456.', 'Zm9v'],
    ['invalid x-api-key: sk-ant-api03-AAAA-BBBB', 'AAAA'],
    ['Invalid bearer Authorization: Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl', 'c2lnbmF0'],
    ['API key not valid: AIzaSyD-1234567890abcdefgh', '1234567890'],
    ['key=AIzaSyD-1234567890abcdefgh in https://host/v1?key=AIzaSyD-1234567890abcdefgh&x=1', 'abcdefgh'],
    ['Authentication Fails, Your api key: ****7890 is invalid', '7890'],
    ['Invalid token gsk_ABCDEFGHIJKL', 'ABCDEFGHIJKL'],
    ['Incorrect API key provided: xai-ABC***XYZ.', 'XYZ'],
    ['api_key=0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp', 'AbCdEf'],
    ['failed to call https://user:hunter2@proxy.local/v1', 'hunter2'],
    ['Basic dXNlcjpwYXNz is wrong', 'dXNlcjpwYXNz'],
    [String.raw`{"error":"The key is\nsk-abcdefgh1234"}`, 'abcdefgh1234'],
    [String.raw`{"error":"The key is\u000agsk_abcdefgh1234"}`, 'abcdefgh1234'],
    [String.raw`{"error":"The key is\tAIzaSyD-1234567890abcdefgh"}`, 'abcdefgh'],
    [String.raw`{"error":"It said\r\nBearer abcdefgh1234"}`, 'abcdefgh1234'],
  ];
  for (const [text, secret] of secrets) {
    test(`are taken out of: ${text.slice(0, 50)}`, () => {
      assert.ok(text.includes(secret));
      assert.ok(!redactSecrets(text).includes(secret), redactSecrets(text));
    });
  }

  test('are looked for in time in proportion to the message, also in a hostile one', () => {
    const hostile = [
      'a',
      '*',
      '**a',
      'sk-',
      'api_key=',
      'eyJ',
      'eyJ-aaaaaaa-',
      '://a:',
      'Bearer ',
      'password: ',
      '?key=',
      '0',
    ];
    for (const part of hostile) {
      const text = part.repeat(400_000 / part.length);
      const began = process.threadCpuUsage();
      redactSecrets(text);
      const { user, system } = process.threadCpuUsage(began);
      assert.ok(user + system < 1_000_000, `${part}: ${user + system} µs`);
    }
  });

  test('are taken out wherever a known one stands', () => {
    assert.equal(redactSecrets('the key hunter2hunter2 failed', ['hunter2hunter2']), 'the key [redacted] failed');
  });

  for (const text of [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    'Rate limit reached for gpt-4o in organization org-abc123 on tokens per min (TPM): Limit 30000, Used 29000.',
    'The model `claude-sonnet-4-5-20250929` does not exist.',
    'Authorization: missing.',
    'API key is missing.',
    "Unsupported value: 'temperature' does not support 0.2 with this model.",
  ]) {
    test(`leave alone: ${text.slice(0, 50)}`, () => assert.equal(redactSecrets(text), text));
  }
});
