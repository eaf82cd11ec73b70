/** Rates from @pydantic/genai-prices, looked up once for a deployment and converted exactly. */
import type { ConditionalPrice, ModelInfo } from '@pydantic/genai-prices';
import { defined } from '../core/defined.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { priceList } from './price-list.ts';
import type { RateCard } from './rate-card.ts';
import { FREE, type TieredRate } from './tiered-rate.ts';

/** The version of the package in package.json; a test compares them. */
export const PRICES_VERSION = '0.1.8';

/** When a row of prices applies. */
type PriceCondition =
  | { readonly kind: 'always' }
  | { readonly kind: 'from'; readonly atMs: number }
  /** Seconds since midnight UTC; `fromSecond` > `toSecond` spans midnight. */
  | { readonly kind: 'daily'; readonly fromSecond: number; readonly toSecond: number };

/** A row of prices and when it applies. `card` is undefined if the row names no price for tokens: unpriced. */
interface ConditionalCard {
  readonly condition: PriceCondition;
  readonly card: RateCard | undefined;
}

/** What the package knows of a model. */
export interface ListedModel {
  /** The package's id of the provider and of the model. */
  readonly owner: string;
  readonly id: string;
  readonly contextWindow?: number;
  /** In the package's order; the last row whose condition holds applies, the first if none does. */
  readonly rows: readonly ConditionalCard[];
}

/**
 * Looks up a provider's model; undefined if either is unknown. Takes about a millisecond: call it once per deployment.
 */
export function listedModel(providerId: string, modelName: string): ListedModel | undefined {
  const model = findModel(providerId, modelName);
  if (model === undefined) return undefined;
  const { info, owner } = model;
  const source = `@pydantic/genai-prices ${PRICES_VERSION} ${owner}/${info.id}`;
  const rows: readonly ConditionalPrice[] = Array.isArray(info.prices) ? info.prices : [{ prices: info.prices }];
  return {
    owner,
    id: info.id,
    ...defined({ contextWindow: info.context_window }),
    rows: rows.map((row) => ({ condition: readCondition(row), card: readCard(row.prices, owner, info.id, source) })),
  };
}

/** The card that applies at a moment, by the package's rule. */
export function cardAt(rows: readonly ConditionalCard[], atMs: number): RateCard | undefined {
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index];
    if (row !== undefined && applies(row.condition, atMs)) return row.card;
  }
  return rows[0]?.card;
}

function applies(condition: PriceCondition, atMs: number): boolean {
  switch (condition.kind) {
    case 'always':
      return true;
    case 'from':
      return atMs >= condition.atMs;
    case 'daily': {
      const second = (((atMs % 86_400_000) + 86_400_000) % 86_400_000) / 1000;
      return condition.toSecond < condition.fromSecond
        ? second >= condition.fromSecond || second < condition.toSecond
        : second >= condition.fromSecond && second < condition.toSecond;
    }
  }
}

function findModel(providerId: string, modelName: string): { info: ModelInfo; owner: string } | undefined {
  for (const name of spellings(modelName)) {
    const found = priceList().calcPrice({ input_tokens: 0, output_tokens: 0 }, name, { providerId });
    if (found !== null) return { info: found.model, owner: found.provider.id };
  }
  return undefined;
}

/**
 * `models/gemini-…` and `accounts/fireworks/models/…` are full resource names; `ft:gpt-4o:org::id` a fine-tuned model.
 */
function* spellings(modelName: string): Generator<string> {
  yield modelName;
  const short = modelName.slice(modelName.lastIndexOf('models/') + 'models/'.length);
  if (modelName.includes('models/') && short !== modelName) yield short;
}

/** The package's id for a provider, by its own aliases; undefined if it has none. */
export function listedProvider(name: string): string | undefined {
  return priceList().findProvider({ providerId: name })?.id;
}

/** The names of all models that the package lists for a provider, by its id in the package. */
export function listedNames(providerId: string): readonly string[] {
  return (
    priceList()
      .findProvider({ providerId })
      ?.models.map(({ id }) => id) ?? []
  );
}

function readCondition(row: ConditionalPrice): PriceCondition {
  const { constraint } = row;
  if (constraint === undefined) return { kind: 'always' };
  if (constraint.type === 'start_date') return { kind: 'from', atMs: Date.parse(constraint.start_date) };
  return { kind: 'daily', fromSecond: secondOfDay(constraint.start_time), toSecond: secondOfDay(constraint.end_time) };
}

/** `01:00:00Z` or `01:00:00+08:00`. */
function secondOfDay(text: string): number {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
  if (match === null)
    throw new Error(`@pydantic/genai-prices: time of day ${JSON.stringify(text)} has an unknown format`);
  const [, hours, minutes, seconds, sign, zoneHours = '0', zoneMinutes = '0'] = match;
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 * (sign === '-' ? -1 : 1);
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) - zone + 86_400) % 86_400;
}

type ListedPrice = ConditionalPrice['prices'][string];

function readCard(prices: ConditionalPrice['prices'], owner: string, id: string, source: string): RateCard | undefined {
  const input = perToken(prices.input_mtok);
  const output = perToken(prices.output_mtok);
  if (input === undefined && output === undefined) {
    // The package has an empty row both for free models and for unknown prices. Only the name tells them apart.
    return Object.keys(prices).length === 0 && id.endsWith(':free') ? { input: FREE, output: FREE, source } : undefined;
  }
  const cacheWrite = perToken(prices.cache_write_mtok);
  return {
    input: input ?? FREE,
    output: output ?? FREE,
    source,
    ...defined({
      cachedInput: perToken(prices.cache_read_mtok),
      cacheWrite,
      cacheWriteOneHour: perToken(prices.cache_write_1h_mtok) ?? oneHourRate(owner, input, cacheWrite),
      audioInput: perToken(prices.input_audio_mtok),
      reasoning: perToken(prices.output_reasoning_mtok),
      audioOutput: perToken(prices.output_audio_mtok),
      perRequest: perThousand(prices.requests_kcount),
      perWebSearch: perThousand(prices.web_searches_kcount),
    }),
  };
}

/**
 * Anthropic's one-hour cache writes cost twice the input price, if the package names no price for them
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing, 2026-11-23).
 */
function oneHourRate(
  owner: string,
  input: TieredRate | undefined,
  cacheWrite: TieredRate | undefined,
): TieredRate | undefined {
  if (owner !== 'anthropic' || input === undefined || cacheWrite === undefined) return undefined;
  return {
    base: input.base * 2n,
    tiers: input.tiers.map(({ aboveInputTokens, rate }) => ({ aboveInputTokens, rate: rate * 2n })),
  };
}

/** USD per million tokens, as pico-USD per token: six digits fewer, by decimal arithmetic. */
function perToken(price: ListedPrice): TieredRate | undefined {
  if (price === undefined) return undefined;
  if (typeof price === 'number') {
    const base = divided(price, 1_000_000n);
    return base === undefined ? undefined : { base, tiers: [] };
  }
  const base = divided(price.base, 1_000_000n);
  if (base === undefined) return undefined;
  return {
    base,
    tiers: price.tiers.map(({ start, price: usd }) => ({
      aboveInputTokens: start,
      rate: divided(usd, 1_000_000n) ?? base,
    })),
  };
}

/** USD per thousand, as pico-USD each. */
function perThousand(price: ListedPrice): PicoUsd | undefined {
  return typeof price === 'number' ? divided(price, 1000n) : undefined;
}

/** A listed price, divided and rounded half up to a whole pico-USD: exact for prices with up to six decimals. */
function divided(usd: number, by: bigint): PicoUsd | undefined {
  const pico = picoUsdFromUsd(usd);
  return pico === undefined ? undefined : (pico * 2n + by) / (by * 2n);
}
