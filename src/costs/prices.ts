/** The facts of a deployment's model and its prices over time: the configuration wins over the price list. */
import { defined } from '../core/defined.ts';
import { type JsonObject, type JsonValue, stringOf } from '../core/json.ts';
import { Adjuster } from './adjustment.ts';
import { configuredRates, overlay, priceOf } from './configured-rates.ts';
import { furtherRates } from './further-rates.ts';
import { type MediaRules, mediaRulesOf } from './media/media-rules.ts';
import { knownMaxOutputTokens } from './model-limits.ts';
import { readOffPeak } from './off-peak.ts';
import { cardAt, type ListedModel, listedModel, listedProvider } from './package-rates.ts';
import { PriceFactors, type ServedHow } from './price-factors.ts';
import { fileRow, type PriceFile } from './price-file.ts';
import type { Adjustment, ModelFacts, RateCard } from './rate-card.ts';
import { withSearchRates } from './search-rates.ts';
import { atServiceTier } from './service-tiers.ts';
import { chargesForWritten } from './units.ts';
import { variantOf } from './variant-of.ts';

/** A model and its provider, as a deployment names them. */
interface ModelToPrice {
  /** The provider's name. */
  readonly provider: string;
  /** The provider's id in @pydantic/genai-prices if it differs from its name; null if it has none. */
  readonly priceProvider?: string | null;
  /** The provider's own model name. */
  readonly model: string;
  /** `model_info` in LiteLLM's field names. */
  readonly modelInfo: JsonObject;
  /** The operator's own list of prices: it counts before the package. */
  readonly priceFile?: PriceFile | undefined;
  readonly adjustment?: Adjustment | undefined;
}

/** What of an answer decides which rates apply. */
export interface AnswerKind extends ServedHow {
  readonly model?: string | undefined;
  readonly serviceTier?: string | undefined;
}

/** A model with its prices over time. Made once per deployment; its methods are fast. */
export interface PricedModel {
  /** Everything except the rates, which depend on the moment. */
  readonly facts: Omit<ModelFacts, 'rates'>;
  /** How it counts media. */
  readonly media: MediaRules;
  /** Whether it has prices for what its answers hold besides tokens. */
  readonly chargesForWritten: boolean;
  /** The rates for an answer served at this moment and service tier; undefined means unpriced, never free. */
  ratesAt(atMs: number, serviceTier?: string): RateCard | undefined;
  /**
   * The rates for an answer, by its tier, speed and region. If the deployment's own name has no price (a local name, one of Azure), the
   * model that the answer names counts, under the same provider; the newest such price then also counts wherever no answer is known yet.
   */
  ratesOfAnswer(answer: AnswerKind, atMs: number): RateCard | undefined;
  /** Facts and rates together. */
  at(atMs: number, serviceTier?: string): ModelFacts;
}

/**
 * Looks up a model. The first call for a model takes milliseconds: call it when a configuration is loaded, not per
 * request.
 */
export function priceModel(query: ModelToPrice): PricedModel {
  const { modelInfo, priceFile, provider, model } = query;
  const listed = lookUp(query);
  const base = stringOf(modelInfo.base_model);
  const inFile = priceFile && fileRow(priceFile, { provider, model, base: base === '' ? undefined : base });
  const facts = readFacts(query, listed, inFile?.row);
  const standard = configuredRates(modelInfo);
  // Cards are made once for every row and tier; a request only chooses one.
  const tiers = new Map<string, ListedModel['rows']>();
  const rowsFor = (tier: string): ListedModel['rows'] => {
    const configured = tier === '' ? standard : configuredRates(modelInfo, tier);
    if (inFile !== undefined) {
      const { owner, id } = listed ?? { owner: provider, id: model };
      const card = inFile.cardAt(tier);
      return [{ condition: { kind: 'always' }, card: overlay(card && withSearchRates(card, owner, id), configured) }];
    }
    if (listed === undefined) return [{ condition: { kind: 'always' }, card: overlay(undefined, configured) }];
    return listed.rows.map(({ condition, card }) => {
      const { owner, id } = listed;
      const served = card && atServiceTier(withSearchRates(card, owner, id), owner, id, tier);
      return { condition, card: overlay(served, configured) };
    });
  };
  for (const tier of ['', ...PRICED_TIERS]) tiers.set(tier, rowsFor(tier));
  // Cheaper hours of a list do not go with prices that the operator negotiated.
  const listedOffPeak = standard === undefined ? inFile?.row.off_peak_pricing : undefined;
  const offPeak = readOffPeak(modelInfo.off_peak_pricing ?? listedOffPeak, priceOf);
  const ownRates = (atMs: number, serviceTier: string): RateCard | undefined => {
    const card = cardAt(tiers.get(serviceTier) ?? tiers.get('') ?? [], atMs);
    return card !== undefined && offPeak?.isOpen(atMs) === true ? offPeak.apply(card) : card;
  };
  const answered = new AnsweredModels(query);
  const factors = new PriceFactors(listed?.owner ?? query.provider, listed?.id ?? query.model, {
    ...inFile?.row,
    ...modelInfo,
  });
  const plainAt = (atMs: number, serviceTier = ''): RateCard | undefined =>
    ownRates(atMs, serviceTier) ?? answered.newest?.ratesAt(atMs, serviceTier);
  const adjuster = query.adjustment && new Adjuster(query.adjustment);
  const adjust = (card: RateCard | undefined): RateCard | undefined =>
    adjuster === undefined ? card : adjuster.apply(card);
  const ratesAt = (atMs: number, serviceTier = ''): RateCard | undefined => adjust(plainAt(atMs, serviceTier));
  return {
    facts,
    chargesForWritten: chargesForWritten({ ...inFile?.row, ...modelInfo }),
    media: mediaRulesOf(listed?.owner ?? query.provider, listed?.id ?? query.model),
    ratesAt,
    ratesOfAnswer(answer, atMs) {
      const { model, serviceTier = '' } = answer;
      const own = ownRates(atMs, serviceTier);
      const isNamed = own === undefined && model !== undefined && model !== query.model;
      const named = isNamed
        ? answered.named(model, atMs)?.ratesOfAnswer({ ...answer, model: undefined }, atMs)
        : undefined;
      return adjust(named ?? factors.apply(own ?? plainAt(atMs, serviceTier), answer));
    },
    at(atMs, serviceTier) {
      const rates = ratesAt(atMs, serviceTier);
      return rates === undefined ? facts : { ...facts, rates };
    },
  };
}

/** How many names of models are kept that answers of one deployment had. */
const MOST_ANSWERED = 32;

/** The prices of models that the answers of a deployment named. */
class AnsweredModels {
  readonly #query: ModelToPrice;
  readonly #known = new Map<string, PricedModel | undefined>();
  newest: PricedModel | undefined;

  constructor(query: ModelToPrice) {
    // What is found here is adjusted by who asks for it.
    this.#query = { ...query, adjustment: undefined };
  }

  /** The model of this name, if it has a price. The first look at a name takes about a millisecond. */
  named(model: string, atMs: number): PricedModel | undefined {
    let priced = this.#known.get(model);
    if (!this.#known.has(model)) {
      const { base_model: _unpriced, ...modelInfo } = this.#query.modelInfo;
      const found = priceModel({ ...this.#query, model, modelInfo });
      priced = found.ratesAt(atMs) === undefined ? undefined : found;
      if (this.#known.size >= MOST_ANSWERED) this.#known.clear();
      this.#known.set(model, priced);
    }
    this.newest = priced ?? this.newest;
    return priced;
  }
}

/** Service tiers that can have prices of their own. */
const PRICED_TIERS: readonly string[] = ['priority', 'flex', 'batch', 'ultrafast', 'balanced', 'decisions'];

function lookUp({ provider, priceProvider, model, modelInfo }: ModelToPrice): ListedModel | undefined {
  const id = priceProvider === undefined ? listedProvider(provider) : (priceProvider ?? undefined);
  const find = (owner: string | undefined, name: string): ListedModel | undefined =>
    (owner === undefined ? undefined : listedModel(owner, name)) ?? furtherRates(owner ?? provider, name);
  const base = modelInfo.base_model;
  if (typeof base === 'string' && base !== '') {
    // `azure/gpt-4o`: LiteLLM writes the provider before it, which may differ from the deployment's.
    const slash = base.indexOf('/');
    const named = slash > 0 ? listedProvider(base.slice(0, slash)) : undefined;
    const found = (named === undefined ? undefined : find(named, base.slice(slash + 1))) ?? find(id, base);
    if (found !== undefined) return found;
  }
  const { base: priced, isOwnPrice } = variantOf(provider, model);
  const listed = find(id, model) ?? (priced === model ? undefined : find(id, priced));
  // The list takes names by how they begin: a variant that it does not name itself has no price in it.
  return isOwnPrice && listed?.id !== model ? undefined : listed;
}

function readFacts(
  { model, modelInfo }: ModelToPrice,
  listed: ListedModel | undefined,
  row: JsonObject | undefined,
): Omit<ModelFacts, 'rates'> {
  const base = typeof modelInfo.base_model === 'string' ? modelInfo.base_model : model;
  const maxInputTokens = count(modelInfo.max_input_tokens) ?? count(row?.max_input_tokens) ?? listed?.contextWindow;
  // LiteLLM's older `max_tokens` limits the answer if there is no `max_output_tokens`.
  const maxOutputTokens =
    count(modelInfo.max_output_tokens) ??
    count(modelInfo.max_tokens) ??
    count(row?.max_output_tokens) ??
    knownMaxOutputTokens(base);
  const deprecationDate = stringOf(modelInfo.deprecation_date) ?? stringOf(row?.deprecation_date);
  return {
    ...defined({ mode: stringOf(modelInfo.mode), maxInputTokens, maxOutputTokens, deprecationDate }),
    supports: Object.fromEntries(
      Object.entries(modelInfo).filter(
        (entry): entry is [string, boolean] => entry[0].startsWith('supports_') && typeof entry[1] === 'boolean',
      ),
    ),
  };
}

function count(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
