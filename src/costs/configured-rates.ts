/**
 * Prices in LiteLLM's field names, from `model_info` (https://docs.litellm.ai/docs/proxy/custom_pricing, 2026-07-14).
 */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import type { RateCard } from './rate-card.ts';
import { FREE, type TieredRate } from './tiered-rate.ts';
import { isByTime, readUnitRates, type UnitRates, withoutTime } from './units.ts';

type TokenRate =
  | 'input'
  | 'output'
  | 'cachedInput'
  | 'cacheWrite'
  | 'cacheWriteOneHour'
  | 'cacheWriteTwelveHours'
  | 'cachedAudioInput'
  | 'cachedImageInput'
  | 'audioInput'
  | 'imageInput'
  | 'videoInput'
  | 'imageOutput'
  | 'videoOutput'
  | 'reasoning'
  | 'audioOutput';

/** LiteLLM's field for each rate. Tiers add `_above_200k_tokens`, service tiers `_priority`, `_flex`, `_batches` and the like. */
const FIELDS: Readonly<Record<TokenRate, string>> = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cachedInput: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  cacheWriteOneHour: 'cache_creation_input_token_cost_above_1hr',
  cacheWriteTwelveHours: 'cache_creation_input_token_cost_above_12hr',
  cachedAudioInput: 'cache_read_input_audio_token_cost',
  cachedImageInput: 'cache_read_input_image_token_cost',
  audioInput: 'input_cost_per_audio_token',
  imageInput: 'input_cost_per_image_token',
  videoInput: 'input_cost_per_video_token',
  imageOutput: 'output_cost_per_image_token',
  videoOutput: 'output_cost_per_video_token',
  reasoning: 'output_cost_per_reasoning_token',
  audioOutput: 'output_cost_per_audio_token',
};
const TOKEN_RATES = Object.keys(FIELDS) as readonly TokenRate[];
const INPUT_SIDE: readonly TokenRate[] = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWriteOneHour',
  'cacheWriteTwelveHours',
  'cachedAudioInput',
  'cachedImageInput',
  'audioInput',
  'imageInput',
  'videoInput',
];
const OUTPUT_SIDE: readonly TokenRate[] = ['output', 'reasoning', 'audioOutput', 'imageOutput', 'videoOutput'];

/** The suffix of fields for each service tier. */
const SERVICE_TIERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    priority: '_priority',
    flex: '_flex',
    batch: '_batches',
    batches: '_batches',
    ultrafast: '_ultrafast',
    balanced: '_balanced',
    decisions: '_decisions',
  }),
);

/** The rates that an operator configured. */
type ConfiguredRates = Partial<Readonly<Record<TokenRate, TieredRate>>> & {
  readonly perRequest?: PicoUsd;
  readonly perWebSearch?: PicoUsd;
  readonly perWebSearchBySize?: Readonly<Record<string, PicoUsd>>;
  readonly units?: UnitRates;
};

/**
 * Reads the configured rates for a service tier; undefined if there are none. Invalid prices are skipped: the linter
 * reports them.
 */
export function configuredRates(modelInfo: JsonObject, serviceTier?: string): ConfiguredRates | undefined {
  const suffix = serviceTier === undefined ? '' : (SERVICE_TIERS.get(serviceTier) ?? '');
  const rates: Partial<Record<TokenRate, TieredRate>> & { perRequest?: PicoUsd; perWebSearch?: PicoUsd } = {};
  for (const name of TOKEN_RATES) {
    const rate = readRate(modelInfo, FIELDS[name], suffix);
    if (rate !== undefined) rates[name] = rate;
  }
  // DeepSeek's prices have the second name.
  const cacheHit = readRate(modelInfo, 'input_cost_per_token_cache_hit', suffix);
  if (cacheHit !== undefined) rates.cachedInput ??= cacheHit;
  Object.assign(rates, readTieredPricing(modelInfo.tiered_pricing));
  const perRequest = priceOf(modelInfo.input_cost_per_request);
  if (perRequest !== undefined) rates.perRequest = perRequest;
  const units = readUnitRates(modelInfo, (field) => readRate(modelInfo, field, ''));
  const hasTokens = (rates.input?.base ?? 0n) > 0n || (rates.output?.base ?? 0n) > 0n;
  Object.assign(
    rates,
    readSearchPrices(modelInfo.search_context_cost_per_query),
    // As LiteLLM has it: what is priced by tokens is not charged for its time.
    defined({ units: hasTokens ? withoutTime(units) : units }),
  );
  return Object.keys(rates).length === 0 ? undefined : rates;
}

/**
 * Puts configured rates over the package's card. If the plain rate of a side (prompt or answer) is configured, the
 * listed rates of that side are dropped: a listed price for cached tokens does not match a negotiated input price.
 * Other configured rates replace one rate each.
 */
export function overlay(listed: RateCard | undefined, configured: ConfiguredRates | undefined): RateCard | undefined {
  if (configured === undefined) return listed;
  const ownTime = isByTime(configured.units);
  const ownInput = configured.input !== undefined || ownTime;
  const ownOutput = configured.output !== undefined || ownTime;
  // Without a listed price, one configured side is enough: embeddings have no output, and LiteLLM does the same.
  if (listed === undefined && !ownInput && !ownOutput && configured.units === undefined) return undefined;
  const kept = listed === undefined ? {} : without(listed, ownInput ? INPUT_SIDE : [], ownOutput ? OUTPUT_SIDE : []);
  const card = { input: FREE, output: FREE, ...kept, ...configured };
  return {
    ...card,
    source: (ownInput && ownOutput) || listed === undefined ? 'config' : `config over ${listed.source}`,
  };
}

function without(card: RateCard, ...sides: readonly (readonly TokenRate[])[]): Partial<RateCard> {
  const gone = new Set<string>(sides.flat());
  return Object.fromEntries(Object.entries(card).filter(([name]) => !gone.has(name)));
}

/**
 * A field with its tiers: `…_above_200k_tokens`. A service tier's field without a value falls back to the standard one.
 */
function readRate(info: JsonObject, field: string, suffix: string): TieredRate | undefined {
  const base = (suffix === '' ? undefined : priceOf(info[field + suffix])) ?? priceOf(info[field]);
  if (base === undefined) return undefined;
  const tiers = new Map<number, PicoUsd>();
  for (const [name, value] of Object.entries(info)) {
    const match = name.startsWith(field) ? /^_above_(\d+)k_tokens(_[a-z]+)?$/.exec(name.slice(field.length)) : null;
    if (match === null) continue;
    const above = Number(match[1]) * 1000;
    const own = match[2] ?? '';
    const rate = priceOf(value);
    if (rate === undefined || (own !== '' && own !== suffix)) continue;
    // The service tier's own row wins over the standard row of the same size.
    if (own === suffix || !tiers.has(above)) tiers.set(above, rate);
  }
  return {
    base,
    tiers: [...tiers].sort(([a], [b]) => a - b).map(([aboveInputTokens, rate]) => ({ aboveInputTokens, rate })),
  };
}

/** LiteLLM's `tiered_pricing`: `[{range: [0, 32000], input_cost_per_token: …, output_cost_per_token: …}, …]`. */
function readTieredPricing(value: JsonValue | undefined): Partial<Record<TokenRate, TieredRate>> {
  if (!Array.isArray(value)) return {};
  const rows = value
    .filter(isJsonObject)
    .map((row) => ({ row, from: Array.isArray(row.range) ? Number(row.range[0]) : Number.NaN }))
    .filter(({ from }) => Number.isFinite(from))
    .sort((a, b) => a.from - b.from);
  const rates: Partial<Record<TokenRate, TieredRate>> = {};
  for (const name of TOKEN_RATES) {
    const steps = rows.flatMap(({ row, from }) => {
      const rate = priceOf(row[FIELDS[name]]);
      return rate === undefined ? [] : [{ aboveInputTokens: from, rate }];
    });
    const [first, ...more] = steps;
    if (first !== undefined) rates[name] = { base: first.rate, tiers: more };
  }
  return rates;
}

/** A price for a search may depend on how much context it brings; the usual size is `medium`. */
function readSearchPrices(value: JsonValue | undefined): Pick<RateCard, 'perWebSearch' | 'perWebSearchBySize'> {
  if (!isJsonObject(value)) return {};
  const bySize: Record<string, PicoUsd> = {};
  for (const size of ['low', 'medium', 'high']) {
    const price = priceOf(value[`search_context_size_${size}`]);
    if (price !== undefined) bySize[size] = price;
  }
  const usual = bySize.medium ?? bySize.high ?? bySize.low;
  return usual === undefined ? {} : { perWebSearch: usual, perWebSearchBySize: bySize };
}

/** A price in USD: a number or its text, not negative. */
export function priceOf(value: JsonValue | undefined): PicoUsd | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const pico = picoUsdFromUsd(value);
  return pico !== undefined && pico >= 0n ? pico : undefined;
}
