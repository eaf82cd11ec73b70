import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MaskedUsage } from './masked-usage.ts';

const usage = {
  input_tokens: 4,
  cache_creation_input_tokens: 10,
  cache_read_input_tokens: 1_500,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 0 },
  output_tokens: 1,
};
const STREAM = [
  `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { id: 'm', usage } })}\n\n`,
  'event: ping\r\ndata: {"type": "ping"}\r\n\r\n',
  'data: {"type":"content_block_delta","delta":{"text":"my \\"usage\\": {\\"cache_read_input_tokens\\": 7}"}}\n\n',
  `event: message_delta\r\ndata:${JSON.stringify({ type: 'message_delta', usage: { cache_read_input_tokens: 1_500, cache_creation_input_tokens: 10, output_tokens: 9 } })}\r\n\r\n`,
  'data: [DONE]\n\n',
].join('');

const run = (bytes: Buffer, cuts: readonly number[], mostRead: number): string => {
  const masked = new MaskedUsage({ mostRead, otherwise: 'short' });
  let from = 0;
  let out = '';
  for (const cut of [...cuts, bytes.length]) {
    out += masked.push(bytes.subarray(from, cut)).toString('utf8');
    from = cut;
  }
  return out + masked.end().toString('utf8');
};

test('the usage of a stream is rewritten wherever its bytes are cut', () => {
  const bytes = Buffer.from(STREAM);
  const whole = run(bytes, [], 400);
  assert.doesNotMatch(whole, /1500/);
  assert.match(whole, /"cache_read_input_tokens":400/);
  assert.match(whole, /"cache_creation_input_tokens":1110/);
  assert.match(whole, /my \\"usage\\": \{\\"cache_read_input_tokens\\": 7\}/);
  for (let cut = 1; cut < bytes.length; cut++) assert.equal(run(bytes, [cut], 400), whole);
  for (let cut = 1; cut < bytes.length - 3; cut += 7) assert.equal(run(bytes, [cut, cut + 3], 400), whole);
});

test('an answer that is shown as it is looks like one from which something was taken', () => {
  const shown = new MaskedUsage({ mostRead: 5_000, otherwise: 'short' });
  const spaced = Buffer.from(`{"id": "m",  "usage": ${JSON.stringify(usage, null, 1)}}`);
  assert.equal(shown.whole(spaced).toString('utf8'), JSON.stringify({ id: 'm', usage }));
  const counted = { inputTokens: 1_514, outputTokens: 1, cachedInputTokens: 1_500, cacheWriteTokens: 10 };
  assert.equal(shown.billed(counted), counted);
});

test('what was billed is what the provider said', () => {
  const masked = new MaskedUsage({ mostRead: 0, otherwise: 'hour', isAllHour: true });
  const body = Buffer.from(JSON.stringify({ usage: { ...usage, cost: 0.5 } }));
  const text = masked.whole(body).toString('utf8');
  assert.doesNotMatch(text, /cost/);
  assert.match(text, /"cache_creation_input_tokens":1510/);
  assert.match(text, /"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":1510/);
  const seen = {
    inputTokens: 1_514,
    outputTokens: 1,
    cachedInputTokens: 0,
    cacheWriteTokens: 1_510,
    cacheWriteOneHourTokens: 1_510,
  };
  assert.deepEqual(masked.billed(seen), {
    ...seen,
    cachedInputTokens: 1_500,
    cacheWriteTokens: 10,
    cacheWriteOneHourTokens: 0,
    providerCostUsd: 0.5,
  });
});
