import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatUsd } from '../core/money.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import { costOf } from './price-of.ts';
import { priceModel } from './prices.ts';
import type { RateCard } from './rate-card.ts';

const AT = Date.parse('2026-11-23T12:00:00Z');

function cardOf(provider: string, model: string, atMs = AT): RateCard {
  const card = priceModel({ provider, model, modelInfo: {} }).ratesAt(atMs);
  assert.ok(card, `${provider}/${model} is unpriced`);
  return card;
}

function usd(usage: Usage, card: RateCard): string {
  const cost = costOf(usage, card);
  assert.ok(cost);
  return formatUsd(cost.total);
}

describe('costs by hand', () => {
  test('OpenAI: cached tokens are a part of the prompt', () => {
    // gpt-4o: 2.50 in, 1.25 cached, 10 out, per million. 1000 of which 600 cached, 200 out.
    const usage = { inputTokens: 1000, cachedInputTokens: 600, outputTokens: 200 };
    assert.equal(usd(usage, cardOf('openai', 'gpt-4o')), '0.00375');
  });

  test('Anthropic: writes for five minutes and for an hour have prices of their own', () => {
    // claude-sonnet-4-5: 3 in, 0.30 cached, 3.75 and 6 written, 15 out.
    const usage = {
      inputTokens: 10_000,
      cachedInputTokens: 5000,
      cacheWriteTokens: 3000,
      cacheWriteOneHourTokens: 1000,
      outputTokens: 500,
    };
    // 2000·3 + 5000·0.3 + 2000·3.75 + 1000·6 + 500·15 = 28,500 millionths
    assert.equal(usd(usage, cardOf('anthropic', 'claude-sonnet-4-5')), '0.0285');
  });

  test('Gemini: above 200,000 tokens the whole request pays the higher rates, at the border it does not', () => {
    const card = cardOf('google', 'gemini-2.5-pro');
    assert.equal(usd({ inputTokens: 200_000, outputTokens: 1000 }, card), '0.26');
    assert.equal(usd({ inputTokens: 200_001, outputTokens: 1000 }, card), '0.5150025');
    assert.equal(usd({ inputTokens: 300_000, cachedInputTokens: 100_000, outputTokens: 0 }, card), '0.525');
  });

  test('DeepSeek: a cache hit is cheap, and the hours count', () => {
    const usage = { inputTokens: 1_000_000, cachedInputTokens: 900_000, outputTokens: 100_000 };
    const quiet = cardOf('deepseek', 'deepseek-v4-flash', Date.parse('2026-11-23T12:00:00Z'));
    assert.equal(usd(usage, quiet), '0.0943');
    const busy = cardOf('deepseek', 'deepseek-v4-flash', Date.parse('2026-11-23T02:00:00Z'));
    assert.equal(usd(usage, busy), '0.1886');
    const before = cardOf('deepseek', 'deepseek-v4-flash', Date.parse('2026-08-01T12:00:00Z'));
    assert.equal(usd(usage, before), '0.04452');
  });

  test('a request, a search and reasoning have prices of their own where the provider has them', () => {
    const card = cardOf('perplexity', 'sonar-pro');
    assert.equal(usd({ inputTokens: 1000, outputTokens: 100 }, card), '0.0185');
    const opus = cardOf('anthropic', 'claude-opus-4-6');
    assert.equal(usd({ inputTokens: 0, outputTokens: 0, webSearchRequests: 3 }, opus), '0.03');
  });

  test('one token of the cheapest kind is not lost', () => {
    assert.equal(usd({ inputTokens: 1, outputTokens: 0 }, cardOf('openai', 'text-embedding-3-small')), '0.00000002');
  });
});

describe('who says what it cost', () => {
  const usage = { inputTokens: 1000, outputTokens: 0, providerCostUsd: 0.0123 };

  test('the provider’s own figure beats the price list', () => {
    const cost = costOf(usage, cardOf('openai', 'gpt-4o'));
    assert.equal(cost?.by, 'provider');
    assert.equal(formatUsd(cost.total), '0.0123');
  });

  test('rates the operator configured beat the provider’s figure, free ones too', () => {
    const modelInfo = { input_cost_per_token: 0, output_cost_per_token: 0 };
    const card = priceModel({ provider: 'openai', model: 'gpt-4o', modelInfo }).ratesAt(AT);
    assert.equal(costOf(usage, card)?.total, 0n);
  });

  test('without rates the provider’s figure stands, and without either there is none', () => {
    assert.equal(costOf(usage, undefined)?.total, 12_300_000_000n);
    assert.equal(costOf({ inputTokens: 1000, outputTokens: 10 }, undefined), undefined);
  });

  test('impossible figures are not believed', () => {
    for (const providerCostUsd of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e9]) {
      assert.equal(costOf({ inputTokens: 1, outputTokens: 1, providerCostUsd }, undefined), undefined);
    }
  });
});

describe('counts that do not add up', () => {
  const card = cardOf('anthropic', 'claude-sonnet-4-5');
  const count = fc.oneof(
    fc.integer({ min: -5, max: 1_000_000 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0.4),
  );

  test('never charge a token twice, never less than nothing', () => {
    const usages = fc.record(
      {
        inputTokens: count,
        outputTokens: count,
        cachedInputTokens: count,
        cacheWriteTokens: count,
        cacheWriteOneHourTokens: count,
        audioInputTokens: count,
        reasoningTokens: count,
        audioOutputTokens: count,
      },
      { requiredKeys: ['inputTokens', 'outputTokens'] },
    );
    const clean = (value: number): bigint => (Number.isFinite(value) && value > 0 ? BigInt(Math.round(value)) : 0n);
    fc.assert(
      fc.property(usages, (usage) => {
        const cost = costOf(usage, card);
        assert.ok(cost);
        const { total, by, ...parts } = cost;
        assert.equal(by, 'rates');
        assert.ok(Object.values(parts).every((part) => part >= 0n));
        assert.equal(
          Object.values(parts).reduce((sum, part) => sum + part, 0n),
          total,
        );
        // Twice the dearest rates bound what the counted tokens can cost: 12 per million written, 22.5 per million out.
        assert.ok(total <= clean(usage.inputTokens) * 12_000_000n + clean(usage.outputTokens) * 22_500_000n);
      }),
    );
  });

  test('an hour’s share without a total is its own total', () => {
    const cost = costOf({ inputTokens: 100, cacheWriteOneHourTokens: 100, outputTokens: 0 }, card);
    assert.equal(cost?.cacheWrite, 600_000_000n);
    assert.equal(cost?.input, 0n);
  });
});
