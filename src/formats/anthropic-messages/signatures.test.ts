import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsForeignThinking, readThinking, writeSignature } from './signatures.ts';

test('a signature comes back to the family that made it', () => {
  for (const origin of ['anthropic', 'google', 'openai', 'other'] as const) {
    const signature = { origin, value: 'AbC+/=' };
    assert.deepEqual(readThinking('Hm', writeSignature(signature)), {
      carries: 'reasoning',
      part: { type: 'reasoning', text: 'Hm', signature },
    });
  }
  assert.deepEqual(readThinking('Hm', ''), { carries: 'reasoning', part: { type: 'reasoning', text: 'Hm' } });
});

test('Claude’s own thinking without text is thinking and no carrier', () => {
  assert.equal(readThinking('', 'c2ln').carries, 'reasoning');
});

test('a body with thinking that Claude did not sign is distinguished from one it takes', () => {
  assert.equal(holdsForeignThinking(Buffer.from('{"signature":"c2ln"}')), false);
  assert.equal(holdsForeignThinking(Buffer.from('{"signature":""}')), true);
  assert.equal(holdsForeignThinking(Buffer.from('{"signature": ""}')), true);
  assert.equal(holdsForeignThinking(Buffer.from('{"signature":"google:AAA="}')), true);
  assert.equal(holdsForeignThinking(Buffer.from('{"signature":"google-text:AAA="}')), true);
});
