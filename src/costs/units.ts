/** Prices of things that are no tokens: images, pixels, seconds, characters, queries. */
import type { JsonObject } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';

/** What a request is charged for besides tokens, and LiteLLM's field for its price. */
const FIELDS = {
  image: 'input_cost_per_image',
  pixel: 'input_cost_per_pixel',
  soundSecond: 'input_cost_per_audio_per_second',
  videoSecond: 'input_cost_per_video_per_second',
  character: 'input_cost_per_character',
  query: 'input_cost_per_query',
} as const;

/** A thing that has a price of its own. */
type Unit = keyof typeof FIELDS;
/** How much of each a request brings. Seconds may be fractions. */
export type UnitCounts = Readonly<Partial<Record<Unit, number>>>;
/** The price of one of each, in pico-USD. */
export type UnitRates = Readonly<Partial<Record<Unit, PicoUsd>>>;

const UNITS = Object.keys(FIELDS) as readonly Unit[];

/** Reads configured prices; undefined if there are none. */
export function readUnitRates(
  modelInfo: JsonObject,
  priceOf: (value: JsonObject[string] | undefined) => PicoUsd | undefined,
): UnitRates | undefined {
  const rates: Partial<Record<Unit, PicoUsd>> = {};
  for (const unit of UNITS) {
    const rate = priceOf(modelInfo[FIELDS[unit]]);
    if (rate !== undefined) rates[unit] = rate;
  }
  return Object.keys(rates).length === 0 ? undefined : rates;
}

/** What the units of a request cost: exact to a thousandth of a unit, rounded up. */
export function costOfUnits(rates: UnitRates | undefined, counts: UnitCounts | undefined): PicoUsd {
  if (rates === undefined || counts === undefined) return 0n;
  let cost = 0n;
  for (const unit of UNITS) {
    const count = counts[unit];
    const rate = rates[unit];
    if (rate === undefined || count === undefined || !(count > 0)) continue;
    cost += (rate * BigInt(Math.ceil(Math.min(count, MOST_UNITS) * 1_000)) + 999n) / 1_000n;
  }
  return cost;
}

/** Small enough to be counted in thousandths exactly. */
const MOST_UNITS = 1e12;
