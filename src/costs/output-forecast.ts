/** Predicts how long answers will be, from how long they were: by model, route and key, in bounded memory. */
import { SeriesPool } from './output-series.ts';

/**
 * The length of such answers in tokens of one choice. `expected`: the 95 % quantile; `tail`: practically no answer is
 * longer.
 */
export interface OutputForecast {
  readonly expected: number;
  readonly tail: number;
}

/**
 * The assumption if nothing is known. 512 tokens is a long answer in a chat (the 95 % quantile in public traces is
 * between 450 and 1,000), and 4,096 was the limit of most models for years.
 */
export const PRIOR_FORECAST: OutputForecast = { expected: 512, tail: 4_096 };

/** After this many answers the expected length of a series is trusted. */
const ENOUGH_FOR_EXPECTED = 20;
/**
 * After this many answers the tail of a series is trusted. Between both numbers trust grows: the longest of the first
 * hundred answers says little about the longest of a thousand, all the more because short answers finish first.
 */
const ENOUGH_FOR_TAIL = 1_000;
const LOG_OF_DOUBTFUL = Math.log(ENOUGH_FOR_TAIL / ENOUGH_FOR_EXPECTED);
/** The margin over the longest answer that was seen. */
const TAIL_MARGIN = 1.1;

/** One kind of answers, in the tree model → route → key, and in the list of recently used kinds. */
interface Series {
  readonly name: string;
  readonly slot: number;
  readonly parent: Series | undefined;
  readonly children: Map<string, Series>;
  older: Series | undefined;
  newer: Series | undefined;
  /** The last forecast, which is returned again while it does not change. */
  lastForecast: OutputForecast | undefined;
}

/** Keys have no children; one empty map serves all of them. */
const NO_CHILDREN: Map<string, Series> = new Map();

/**
 * Learns and predicts the length of answers. Remembers at most `maxSeries` kinds; the least recently used is dropped
 * first.
 */
export class OutputForecasts {
  readonly #models = new Map<string, Series>();
  readonly #pool: SeriesPool;
  #oldest: Series | undefined;
  #newest: Series | undefined;

  constructor(options: { readonly maxSeries?: number } = {}) {
    this.#pool = new SeriesPool(Math.max(3, options.maxSeries ?? 10_000));
  }

  /** How many kinds of answers are remembered. */
  get size(): number {
    return this.#pool.used;
  }

  /**
   * The forecast of the narrowest kind with enough answers: this key on the model and route, all keys on them, the
   * model.
   */
  forecast(model: string, key: string, route: string): OutputForecast {
    const ofModel = this.#models.get(model);
    if (ofModel === undefined) return PRIOR_FORECAST;
    const ofRoute = ofModel.children.get(route);
    const narrowest = ofRoute?.children.get(key) ?? ofRoute ?? ofModel;
    const expected = this.#expected(narrowest);
    const tail = Math.max(this.#tail(narrowest), expected);
    const lastForecast = narrowest.lastForecast;
    if (lastForecast !== undefined && lastForecast.expected === expected && lastForecast.tail === tail)
      return lastForecast;
    narrowest.lastForecast = { expected, tail };
    return narrowest.lastForecast;
  }

  /**
   * Learns the length of one choice of an answer; `cap` is its limit, if a budget allowed no more. An answer with a
   * limit below the expected length says nothing about the length of answers; one with a higher limit counts, so that
   * growing lengths are noticed.
   */
  observe(model: string, key: string, route: string, outputTokens: number, cap?: number): void {
    if (!(outputTokens >= 0)) return;
    if (cap !== undefined && cap < this.forecast(model, key, route).expected) return;
    const ofModel = this.#models.get(model) ?? this.#add(this.#models, model, undefined);
    this.#touch(ofModel);
    const ofRoute = ofModel.children.get(route) ?? this.#add(ofModel.children, route, ofModel);
    this.#touch(ofRoute);
    const ofKey = ofRoute.children.get(key) ?? this.#add(ofRoute.children, key, ofRoute);
    // Broader kinds are touched last, so that they are never dropped before their narrower ones.
    this.#touch(ofKey);
    this.#touch(ofRoute);
    this.#touch(ofModel);
    this.#pool.observe(ofModel.slot, outputTokens);
    this.#pool.observe(ofRoute.slot, outputTokens);
    this.#pool.observe(ofKey.slot, outputTokens);
  }

  #expected(narrowest: Series): number {
    for (let series: Series | undefined = narrowest; series !== undefined; series = series.parent) {
      if (this.#pool.count(series.slot) >= ENOUGH_FOR_EXPECTED) return this.#pool.expected(series.slot);
    }
    return PRIOR_FORECAST.expected;
  }

  /**
   * Combines the longest answer that was seen with the tail of broader kinds, which counts less the more answers were
   * seen.
   */
  #tail(series: Series | undefined): number {
    if (series === undefined) return PRIOR_FORECAST.tail;
    const count = this.#pool.count(series.slot);
    const seen = this.#pool.tail(series.slot) * TAIL_MARGIN;
    if (count >= ENOUGH_FOR_TAIL) return Math.ceil(seen);
    const broader = this.#tail(this.#broader(series, count));
    if (broader <= seen) return Math.ceil(seen);
    const doubt = Math.min(1, Math.log(ENOUGH_FOR_TAIL / count) / LOG_OF_DOUBTFUL);
    return Math.ceil(seen * (broader / seen) ** doubt);
  }

  /** The next broader kind with at least twice as many answers: one with hardly more would add nothing. */
  #broader(series: Series, count: number): Series | undefined {
    let broader = series.parent;
    while (broader !== undefined && this.#pool.count(broader.slot) < 2 * count) broader = broader.parent;
    return broader;
  }

  #add(siblings: Map<string, Series>, name: string, parent: Series | undefined): Series {
    const slot = this.#pool.take() ?? this.#dropOldest();
    const isKey = parent?.parent !== undefined;
    const children = isKey ? NO_CHILDREN : new Map<string, Series>();
    const series: Series = {
      name,
      slot,
      parent,
      children,
      older: undefined,
      newer: undefined,
      lastForecast: undefined,
    };
    siblings.set(name, series);
    return series;
  }

  /** Frees the slot of the least recently used series, and returns it. */
  #dropOldest(): number {
    const oldest = this.#oldest;
    if (oldest === undefined) throw new RangeError('There is no series to drop');
    this.#unlink(oldest);
    (oldest.parent?.children ?? this.#models).delete(oldest.name);
    this.#pool.clear(oldest.slot);
    return oldest.slot;
  }

  #touch(series: Series): void {
    if (this.#newest === series) return;
    this.#unlink(series);
    series.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = series;
    this.#newest = series;
    this.#oldest ??= series;
  }

  #unlink(series: Series): void {
    if (series.older !== undefined) series.older.newer = series.newer;
    else if (this.#oldest === series) this.#oldest = series.newer;
    if (series.newer !== undefined) series.newer.older = series.older;
    else if (this.#newest === series) this.#newest = series.older;
    series.older = undefined;
    series.newer = undefined;
  }
}
