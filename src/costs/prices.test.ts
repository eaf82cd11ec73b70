import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { formatUsd, usdNumber } from '../core/money.ts';
import { providers } from '../providers/index.ts';
import { knownMaxOutputTokens } from './model-limits.ts';
import { listedModel, PRICES_VERSION } from './package-rates.ts';
import { costOf } from './price-of.ts';
import { priceModel } from './prices.ts';
import type { RateCard } from './rate-card.ts';

const AT = Date.parse('2026-11-23T12:00:00Z');
const LISTED = [
  'openai',
  'anthropic',
  'deepseek',
  'zai',
  'zhipuai',
  'google',
  'azure',
  'mistral',
  'groq',
  'x-ai',
  'together',
  'fireworks',
  'perplexity',
  'moonshotai',
  'minimax',
  'cerebras',
  'openrouter',
  'cohere',
  'aws',
];

function ratesOf(provider: string, model: string, modelInfo = {}, tier?: string): RateCard | undefined {
  return priceModel({ provider, model, modelInfo }).ratesAt(AT, tier);
}

describe('the price list', () => {
  test('is the version that is installed', () => {
    const entry = new URL(import.meta.resolve('@pydantic/genai-prices'));
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', entry), 'utf8'));
    assert.ok(typeof manifest === 'object' && manifest !== null && 'version' in manifest);
    assert.equal(manifest.version, PRICES_VERSION);
  });

  test('every provider says whether it is in it, and is found', () => {
    for (const provider of providers) {
      if (provider.priceProvider === null) continue;
      const id = provider.priceProvider ?? provider.name;
      assert.equal(findProvider({ providerId: id })?.id, id, `${provider.name} names ${id}`);
    }
  });

  // Every model of the list: our integers against the package's own arithmetic, at random usages and moments.
  const models = LISTED.flatMap((providerId) =>
    (findProvider({ providerId })?.models ?? []).map((model) => ({
      providerId,
      model: model.id,
      listed: listedModel(providerId, model.id),
    })),
  ).filter(({ listed }) => listed?.rows.some((row) => row.card !== undefined));

  test('costs are the package’s own to 1e-9 USD, for all its models', () => {
    assert.ok(models.length > 900, `only ${models.length} models`);
    const tokens = fc.integer({ min: 0, max: 600_000 });
    const usage = fc.record({ plain: tokens, cached: tokens, written: tokens, output: tokens, reasoning: fc.nat(100) });
    const moment = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-12-31') });
    let compared = 0;
    fc.assert(
      fc.property(fc.constantFrom(...models), usage, moment, ({ providerId, model }, counts, atMs) => {
        const card = priceModel({ provider: providerId, model, modelInfo: {} }).ratesAt(atMs);
        if (card === undefined) return;
        const inputTokens = counts.plain + counts.cached + counts.written;
        const outputTokens = counts.output + counts.reasoning;
        const theirs = calcPrice(
          {
            input_tokens: inputTokens,
            cache_read_tokens: counts.cached,
            cache_write_tokens: counts.written,
            cache_write_1h_tokens: 0,
            output_tokens: outputTokens,
            output_reasoning_tokens: counts.reasoning,
            // What the package would otherwise miss where modalities have prices of their own.
            input_audio_tokens: 0,
            cache_audio_read_tokens: 0,
            output_audio_tokens: 0,
            input_image_tokens: 0,
            cache_image_read_tokens: 0,
            output_image_tokens: 0,
            input_video_tokens: 0,
            output_video_tokens: 0,
            output_citation_tokens: 0,
          },
          model,
          { providerId, timestamp: new Date(atMs) },
        );
        assert.ok(theirs);
        const ours = costOf(
          {
            inputTokens,
            cachedInputTokens: counts.cached,
            cacheWriteTokens: counts.written,
            outputTokens,
            reasoningTokens: counts.reasoning,
          },
          card,
        );
        assert.ok(ours);
        // The package does not charge for searches that no provider counts.
        const uncounted = card?.usualSearches === undefined ? 0n : ours.webSearch;
        const difference = Math.abs(usdNumber(ours.total - uncounted) - theirs.total_price);
        // Prices like 0.08333333333333334 are rounded to whole pico-USD per token: up to 5e-13 for each token.
        const rounding = (inputTokens + outputTokens) * 5e-13;
        const isRound = Object.values(theirs.model_price).every(
          (price) => typeof price !== 'number' || String(price).length < 12,
        );
        assert.ok(
          difference <= 1e-9 + (isRound ? 0 : rounding),
          `${providerId}/${model}: ${formatUsd(ours.total)} ≠ ${theirs.total_price}`,
        );
        compared++;
      }),
      { numRuns: 2000 },
    );
    assert.ok(compared > 1500);
  });

  test('a row without prices means unpriced, except for models that call themselves free', () => {
    assert.equal(ratesOf('openai', 'moderation'), undefined);
    assert.equal(ratesOf('mistral', 'mistral-nemo:free')?.input.base, 0n);
  });

  test('an unknown model is unpriced', () => {
    const priced = priceModel({ provider: 'openai', model: 'gpt-99', modelInfo: {} });
    assert.equal(priced.ratesAt(AT), undefined);
    assert.deepEqual(priced.at(AT), { supports: {} });
  });

  test('a provider without a list has no prices of anybody else', () => {
    assert.equal(
      priceModel({ provider: 'hosted_vllm', priceProvider: null, model: 'gpt-4o', modelInfo: {} }).ratesAt(AT),
      undefined,
    );
  });

  for (const [provider, priceProvider, model] of [
    ['anthropic', undefined, 'claude-sonnet-4-5-20250929'],
    ['openai', undefined, 'gpt-4o-2024-11-20'],
    ['gemini', 'google', 'models/gemini-2.5-pro'],
    ['fireworks_ai', 'fireworks', 'accounts/fireworks/models/kimi-k2p5'],
    ['groq', undefined, 'openai/gpt-oss-120b'],
    ['xai', 'x-ai', 'grok-4'],
    ['zai', undefined, 'glm-4.6'],
    ['zai', undefined, 'GLM-5.2'],
  ] as const) {
    test(`${provider}/${model} is found by the provider's own name for it`, () => {
      const query = { provider, model, modelInfo: {}, ...(priceProvider === undefined ? {} : { priceProvider }) };
      const rates = priceModel(query).ratesAt(AT);
      assert.ok(rates !== undefined && rates.input.base > 0n);
    });
  }
});

describe('prices in LiteLLM’s field names', () => {
  test('prices of the configuration replace the list’s, with no rate mixed in', () => {
    const card = ratesOf('openai', 'gpt-4o', { input_cost_per_token: 1e-6, output_cost_per_token: '0.000002' });
    assert.deepEqual(card, {
      input: { base: 1_000_000n, tiers: [] },
      output: { base: 2_000_000n, tiers: [] },
      perWebSearch: 10_000_000_000n,
      source: 'config',
    });
  });

  test('a single rate replaces that rate', () => {
    const card = ratesOf('openai', 'gpt-4o', { cache_read_input_token_cost: 1e-6 });
    assert.equal(card?.cachedInput?.base, 1_000_000n);
    assert.equal(card?.input.base, 2_500_000n);
    assert.match(card?.source ?? '', /^config over @pydantic/);
  });

  test('zero is a price', () => {
    const card = ratesOf('ollama', 'llama3', { input_cost_per_token: 0, output_cost_per_token: 0 });
    assert.equal(costOf({ inputTokens: 5, outputTokens: 5 }, card)?.total, 0n);
  });

  test('one side is enough for what has no other', () => {
    const card = ratesOf('ollama', 'embed', { input_cost_per_token: '1e-8' });
    assert.equal(costOf({ inputTokens: 100, outputTokens: 0 }, card)?.total, 1_000_000n);
    assert.equal(ratesOf('ollama', 'x', { cache_read_input_token_cost: 1e-6 }), undefined);
  });

  test('tiers, cache lifetimes, audio and reasoning are read', () => {
    const card = ratesOf('x', 'y', {
      input_cost_per_token: 1e-6,
      input_cost_per_token_above_128k_tokens: 2e-6,
      input_cost_per_token_above_512k_tokens: 3e-6,
      output_cost_per_token: 4e-6,
      output_cost_per_token_above_200k_tokens: 5e-6,
      output_cost_per_reasoning_token: 6e-6,
      cache_creation_input_token_cost: 7e-6,
      cache_creation_input_token_cost_above_1hr: 8e-6,
      cache_creation_input_token_cost_above_200k_tokens: 9e-6,
      input_cost_per_audio_token: 1e-5,
      output_cost_per_second: 5,
    });
    assert.deepEqual(card?.input.tiers, [
      { aboveInputTokens: 128_000, rate: 2_000_000n },
      { aboveInputTokens: 512_000, rate: 3_000_000n },
    ]);
    assert.deepEqual(card.output.tiers, [{ aboveInputTokens: 200_000, rate: 5_000_000n }]);
    assert.equal(card.reasoning?.base, 6_000_000n);
    assert.deepEqual(card.cacheWrite, { base: 7_000_000n, tiers: [{ aboveInputTokens: 200_000, rate: 9_000_000n }] });
    assert.equal(card.cacheWriteOneHour?.base, 8_000_000n);
    assert.equal(card.audioInput?.base, 10_000_000n);
  });

  test('tiered_pricing is read', () => {
    const card = ratesOf('dashscope', 'qwen', {
      tiered_pricing: [
        { range: [0, 32_000], input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 },
        { range: [32_000, 128_000], input_cost_per_token: 3e-6, output_cost_per_token: 4e-6 },
      ],
    });
    assert.equal(costOf({ inputTokens: 32_000, outputTokens: 1 }, card)?.output, 2_000_000n);
    assert.equal(costOf({ inputTokens: 32_001, outputTokens: 1 }, card)?.output, 4_000_000n);
  });

  test('an answer served at another tier pays that tier', () => {
    const info = {
      input_cost_per_token: 2e-6,
      input_cost_per_token_priority: 4e-6,
      input_cost_per_token_flex: 1e-6,
      output_cost_per_token: 8e-6,
    };
    assert.equal(ratesOf('x', 'y', info)?.input.base, 2_000_000n);
    assert.equal(ratesOf('x', 'y', info, 'priority')?.input.base, 4_000_000n);
    assert.equal(ratesOf('x', 'y', info, 'flex')?.input.base, 1_000_000n);
    assert.equal(ratesOf('x', 'y', info, 'priority')?.output.base, 8_000_000n);
    assert.equal(ratesOf('x', 'y', info, 'default')?.input.base, 2_000_000n);
  });

  test('a listed model has its published tiers', () => {
    assert.equal(ratesOf('openai', 'gpt-5', {}, 'flex')?.input.base, 625_000n);
    assert.equal(ratesOf('openai', 'gpt-5', {}, 'priority')?.output.base, 20_000_000n);
    assert.equal(ratesOf('openai', 'gpt-4o-mini', {}, 'priority')?.input.base, 250_000n);
    assert.equal(ratesOf('openai', 'gpt-4o', {}, 'priority')?.cachedInput?.base, 2_125_000n);
    assert.equal(ratesOf('openai', 'o4-mini', {}, 'priority')?.output.base, 8_000_000n);
    assert.equal(ratesOf('openai', 'gpt-4o', {}, 'flex')?.input.base, 2_500_000n);
    assert.equal(
      ratesOf('openai', 'gpt-5.5', {}, 'priority')?.perWebSearch,
      ratesOf('openai', 'gpt-5.5')?.perWebSearch,
    );
    assert.equal(ratesOf('anthropic', 'claude-sonnet-4-5', {}, 'priority')?.input.base, 3_000_000n);
  });

  test('what is no price is skipped', () => {
    for (const input_cost_per_token of [-1, 'cheap', null, true, {}, '']) {
      assert.equal(ratesOf('x', 'y', { input_cost_per_token }), undefined, String(input_cost_per_token));
    }
  });

  test('base_model tells the model behind a deployment’s name', () => {
    assert.equal(ratesOf('azure', 'my-deployment', { base_model: 'azure/gpt-4o' })?.input.base, 2_500_000n);
    assert.equal(ratesOf('azure', 'my-deployment', { base_model: 'gpt-4o-mini' })?.input.base, 150_000n);
    assert.equal(ratesOf('azure', 'my-deployment'), undefined);
  });
});

describe('limits and abilities', () => {
  test('come from the configuration first', () => {
    const modelInfo = {
      max_input_tokens: 1000,
      max_output_tokens: '50',
      supports_vision: true,
      supports_reasoning: false,
      mode: 'chat',
    };
    const { facts } = priceModel({ provider: 'openai', model: 'gpt-4o', modelInfo });
    assert.deepEqual(facts, {
      mode: 'chat',
      maxInputTokens: 1000,
      maxOutputTokens: 50,
      supports: { supports_vision: true, supports_reasoning: false },
    });
  });

  test('then from the list, and for Claude from its table', () => {
    const { facts } = priceModel({ provider: 'anthropic', model: 'claude-opus-4-6', modelInfo: {} });
    assert.equal(facts.maxInputTokens, 1_000_000);
    assert.equal(facts.maxOutputTokens, 128_000);
  });

  for (const [model, tokens] of [
    ['claude-3-haiku-20240307', 4096],
    ['claude-3-5-sonnet-20241022', 8192],
    ['claude-3-5-haiku-latest', 8192],
    ['claude-3-7-sonnet-latest', 64_000],
    ['claude-sonnet-4-20250514', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['claude-opus-4-1-20250805', 32_000],
    ['claude-opus-4-5', 64_000],
    ['claude-haiku-4-5-20251001', 64_000],
    ['claude-opus-4-8', 128_000],
    ['claude-fable-5-1', 128_000],
    ['claude-opus-5-5', 128_000],
    ['anthropic/claude-sonnet-4.5', 64_000],
    ['gpt-4o', 16_384],
    ['openai/gpt-5.1-codex', 128_000],
    ['some-model-nobody-knows', undefined],
  ] as const) {
    test(`${model} writes ${tokens ?? 'an unknown number of'} tokens`, () => {
      assert.equal(knownMaxOutputTokens(model), tokens);
    });
  }
});
