/** How long answers will be, learned from how long they were: by model, route and key, in bounded memory. */
import { SeriesPool } from './output-series.ts';

/** What answers of this kind were like, in tokens of one choice. `expected`: the 95 % quantile; `tail`: what practically none exceeds. */
export interface OutputForecast {
  readonly expected: number;
  readonly tail: number;
}

/**
 * What is assumed of answers of which nothing is known. Half a thousand tokens is a long answer of a chat (its 95 % quantile in
 * public traces lies between 450 and 1,000), and four thousand were what most models could write at all for years.
 */
export const PRIOR_FORECAST: OutputForecast = { expected: 512, tail: 4_096 };

/** From so many answers on a series is believed for what is usual. */
const ENOUGH_FOR_EXPECTED = 20;
/**
 * From so many answers on a series is believed for what is the most. Between both numbers it is believed more and more: the longest
 * of the first hundred is not what one in a thousand exceeds, all the less as short answers are the first to be whole.
 */
const ENOUGH_FOR_TAIL = 1_000;
const LOG_OF_DOUBTFUL = Math.log(ENOUGH_FOR_TAIL / ENOUGH_FOR_EXPECTED);
/** What is added to the longest that was seen. */
const TAIL_MARGIN = 1.1;

/** One kind of answers in the tree model → route → key, and in the list of those used lately. */
interface Series {
  readonly name: string;
  readonly slot: number;
  readonly parent: Series | undefined;
  readonly children: Map<string, Series>;
  older: Series | undefined;
  newer: Series | undefined;
  /** The last answer given, so that an unchanged one is not made again. */
  lastForecast: OutputForecast | undefined;
}

/** Keys have no children; one empty map serves all of them. */
const NO_CHILDREN: Map<string, Series> = new Map();

/** Learns the length of answers and foretells it. At most `maxSeries` kinds are remembered; the one unused for longest goes first. */
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

  /** From the narrowest kind that was seen often enough: key at this model and route, all at this model and route, the model. */
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
   * Takes in how long a choice of an answer was, and what it was limited to because a budget allowed no more. A limit below the
   * usual says nothing of how long answers are; one above it counts, so that answers that grow longer are followed.
   */
  observe(model: string, key: string, route: string, outputTokens: number, cap?: number): void {
    if (!(outputTokens >= 0)) return;
    if (cap !== undefined && cap < this.forecast(model, key, route).expected) return;
    const ofModel = this.#models.get(model) ?? this.#add(this.#models, model, undefined);
    this.#touch(ofModel);
    const ofRoute = ofModel.children.get(route) ?? this.#add(ofModel.children, route, ofModel);
    this.#touch(ofRoute);
    const ofKey = ofRoute.children.get(key) ?? this.#add(ofRoute.children, key, ofRoute);
    // Broader kinds are touched last, and so never dropped before the narrower ones below them.
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

  /** What was seen counts, however little it is; beyond that what broader kinds say, the less the more was seen. */
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

  /** The next kind that knows more: one that saw hardly any others would only repeat the same doubt. */
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

  /** Frees the slot of the series unused for longest, and hands it on. */
  #dropOldest(): number {
    const oldest = this.#oldest;
    if (oldest === undefined) throw new RangeError('no series to drop');
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
