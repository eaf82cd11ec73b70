import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import type { Usage } from '../neutral/conversation.ts';
import { readUsage, writeUsage } from './usage.ts';

const cases: readonly (readonly [string, JsonObject, Usage | undefined])[] = [
  ['nothing', {}, undefined],
  ['null', { usage: null }, undefined],
  ['an empty object', { usage: {} }, undefined],
  ['negative counts', { usage: { prompt_tokens: -1, completion_tokens: -5 } }, undefined],
  ['a count no answer can have', { usage: { prompt_tokens: 1e300 } }, undefined],
  ['only a total', { usage: { prompt_tokens: 3, total_tokens: 8 } }, { inputTokens: 3, outputTokens: 5 }],
  ['embeddings', { usage: { prompt_tokens: 3, total_tokens: 3 } }, { inputTokens: 3, outputTokens: 0 }],
  [
    'reasoning counted apart from the completion',
    {
      usage: {
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 354,
        completion_tokens_details: { reasoning_tokens: 340 },
        cost_in_usd_ticks: 1_000_000,
      },
    },
    { inputTokens: 12, outputTokens: 342, reasoningTokens: 340, providerCostUsd: 0.0001 },
  ],
  [
    'reasoning counted into the completion',
    {
      usage: {
        prompt_tokens: 12,
        completion_tokens: 342,
        total_tokens: 354,
        completion_tokens_details: { reasoning_tokens: 340 },
      },
    },
    { inputTokens: 12, outputTokens: 342, reasoningTokens: 340 },
  ],
  [
    'a cache write in the spelling of LiteLLM',
    { usage: { prompt_tokens: 20, completion_tokens: 1, cache_creation_input_tokens: 8, cache_read_input_tokens: 4 } },
    { inputTokens: 20, outputTokens: 1, cachedInputTokens: 4, cacheWriteTokens: 8 },
  ],
  [
    'a cache write in the spelling of DashScope',
    {
      usage: {
        prompt_tokens: 20,
        completion_tokens: 1,
        prompt_tokens_details: { cache_creation_input_tokens: 8, cached_tokens: 0 },
      },
    },
    { inputTokens: 20, outputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 8 },
  ],
  [
    'more cached than there was',
    { usage: { prompt_tokens: 5, completion_tokens: 1, cached_tokens: 9 } },
    { inputTokens: 5, outputTokens: 1, cachedInputTokens: 5 },
  ],
  [
    'the tier beside it',
    { usage: { prompt_tokens: 1, completion_tokens: 1 }, service_tier: 'flex' },
    { inputTokens: 1, outputTokens: 1, serviceTier: 'flex' },
  ],
];

for (const [name, body, expected] of cases) {
  test(`usage is read: ${name}`, () => assert.deepEqual(readUsage(body), expected));
}

test('written usage is read as the same usage, whatever its counts', () => {
  const count = fc.nat({ max: 1000 });
  const usage = fc
    .record({ inputTokens: count, outputTokens: count, cached: count, write: count, reasoning: count, audio: count })
    .map(
      ({ inputTokens, outputTokens, cached, write, reasoning, audio }): Usage => ({
        inputTokens,
        outputTokens,
        cachedInputTokens: Math.min(cached, inputTokens),
        cacheWriteTokens: Math.min(write, inputTokens),
        audioInputTokens: Math.min(audio, inputTokens),
        reasoningTokens: Math.min(reasoning, outputTokens),
        audioOutputTokens: Math.min(audio, outputTokens),
        acceptedPredictionTokens: 1,
        rejectedPredictionTokens: 0,
        webSearchRequests: 2,
      }),
    );
  fc.assert(fc.property(usage, (value) => assert.deepEqual(readUsage({ usage: writeUsage(value) }), value)));
});
