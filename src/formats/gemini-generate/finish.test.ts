import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FinishReason } from '@google/genai';
import type { FinishReason as NeutralReason } from '../neutral/conversation.ts';
import { rawFinishOf, readFinish, writeFinish } from './finish.ts';

const NOT_FILTERED: Readonly<Record<string, NeutralReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  CONTINUATION: 'pause',
  MALFORMED_FUNCTION_CALL: 'malformed-tool-call',
  UNEXPECTED_TOOL_CALL: 'malformed-tool-call',
  TOO_MANY_TOOL_CALLS: 'malformed-tool-call',
  MALFORMED_RESPONSE: 'error',
  OTHER: 'other',
  NO_IMAGE: 'other',
  IMAGE_OTHER: 'other',
  FINISH_REASON_UNSPECIFIED: 'other',
};

const read = (raw: string, hasToolCalls: boolean) => readFinish({ reason: raw, fields: {} }, hasToolCalls);

it('every finish reason of the SDK has a neutral one, and is written back as itself', () => {
  for (const raw of Object.values(FinishReason)) {
    const finish = read(raw, false);
    assert.deepEqual(finish, { reason: NOT_FILTERED[raw] ?? 'content-filter', raw });
    assert.deepEqual(writeFinish(finish), { finishReason: raw });
  }
});

it('a stop with tool calls is distinguished, and an unknown word is kept', () => {
  assert.deepEqual(read('STOP', true), { reason: 'tool-calls', raw: 'STOP' });
  assert.deepEqual(read('MAX_TOKENS', true), { reason: 'length', raw: 'MAX_TOKENS' });
  assert.deepEqual(read('NEWEST', false), { reason: 'other', raw: 'NEWEST' });
  assert.deepEqual(read('__proto__', false), { reason: 'other', raw: '__proto__' });
  assert.deepEqual(writeFinish({ reason: 'tool-calls', raw: 'tool_use' }), { finishReason: 'STOP' });
});

it('what else a candidate says about its end survives between equal formats', () => {
  const candidate = { finishReason: 'CONTINUATION', finishMessage: 'more', continuationToken: 'dG9r' };
  assert.deepEqual(writeFinish(readFinish(rawFinishOf(candidate), false)), candidate);
});
