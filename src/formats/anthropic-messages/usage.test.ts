import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../../core/json.ts';
import { findUsage, mergeUsageObjects, readUsage, readUsageObject, writeUsage } from './usage.ts';

test('the neutral prompt is the whole prompt: fresh, read from cache and written to it', () => {
  const usage = { input_tokens: 1, cache_read_input_tokens: 10, cache_creation_input_tokens: 100, output_tokens: 5 };
  assert.deepEqual(readUsage({ type: 'message', usage }), {
    inputTokens: 111,
    outputTokens: 5,
    cachedInputTokens: 10,
    cacheWriteTokens: 100,
  });
});

test('usage is found in a whole answer, in both ends of a stream, and by itself', () => {
  const usage = { input_tokens: 3, output_tokens: 4 };
  const places: JsonValue[] = [
    { type: 'message', usage },
    { type: 'message_start', message: { usage } },
    { type: 'message_delta', delta: {}, usage },
    usage,
  ];
  for (const place of places) assert.deepEqual(readUsage(place), { inputTokens: 3, outputTokens: 4 });
  for (const place of [null, 'usage', [], {}, { type: 'ping' }, { type: 'message_stop' }, { message: 3 }]) {
    assert.equal(readUsage(place), undefined);
  }
});

test('the ends of a stream complete one another: the last count holds, what it leaves out comes from the start', () => {
  const start = {
    type: 'message_start',
    message: {
      usage: {
        input_tokens: 2,
        cache_creation_input_tokens: 3068,
        cache_creation: { ephemeral_5m_input_tokens: 68, ephemeral_1h_input_tokens: 3000 },
        cache_read_input_tokens: 7,
        output_tokens: 1,
      },
    },
  };
  const last = {
    type: 'message_delta',
    usage: { input_tokens: 6, cache_creation_input_tokens: 3337, cache_read_input_tokens: null, output_tokens: 198 },
  };
  assert.deepEqual(readUsageObject(mergeUsageObjects(findUsage(start), findUsage(last)) ?? {}), {
    inputTokens: 6 + 3337 + 7,
    outputTokens: 198,
    cachedInputTokens: 7,
    cacheWriteTokens: 3337,
    cacheWriteOneHourTokens: 3000,
  });
  assert.deepEqual(mergeUsageObjects(start, undefined), start);
  assert.equal(mergeUsageObjects(undefined, undefined), undefined);
});

test('compaction inside the request is counted, an advisor of another price is not', () => {
  const iteration = (type: string) => ({ type, input_tokens: 1000, output_tokens: 50, cache_read_input_tokens: 5 });
  const usage = {
    input_tokens: 10,
    output_tokens: 20,
    iterations: [iteration('compaction'), iteration('message'), iteration('advisor_message')],
  };
  assert.deepEqual(readUsage({ usage }), { inputTokens: 1015, outputTokens: 70, cachedInputTokens: 5 });
});

test('counts survive being written and read again', () => {
  const tokens = fc.nat(1_000_000);
  fc.assert(
    fc.property(tokens, tokens, tokens, tokens, (fresh, cached, written, output) => {
      const usage = {
        inputTokens: fresh + cached + written,
        outputTokens: output,
        cachedInputTokens: cached,
        cacheWriteTokens: written,
        cacheWriteOneHourTokens: Math.floor(written / 2),
      };
      assert.deepEqual(readUsage({ usage: writeUsage(usage) }), usage);
    }),
  );
});

test('nothing in a usage object makes the reader throw or count below zero', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const usage = readUsage({ usage: value } as JsonValue);
      assert.ok(usage === undefined || (usage.inputTokens >= 0 && usage.outputTokens >= 0));
    }),
  );
});
