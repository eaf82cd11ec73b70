/** Prices of things that are not tokens: images, pixels, seconds, characters, queries. */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';
import type { Written } from '../formats/neutral/conversation.ts';
import { dearestUpTo, rateAt, type TieredRate } from './tiered-rate.ts';

/** What a request is charged for besides tokens, and LiteLLM's fields for its price: the first that is set counts. */
const FIELDS = {
  image: ['input_cost_per_image'],
  pixel: ['input_cost_per_pixel'],
  soundSecond: ['input_cost_per_audio_per_second'],
  videoSecond: ['input_cost_per_video_per_second'],
  character: ['input_cost_per_character'],
  query: ['input_cost_per_query'],
  /** Both by how long an attempt takes; LiteLLM adds them. */
  second: ['input_cost_per_second', 'cost_per_second'],
  answerSecond: ['output_cost_per_second'],
  writtenCharacter: ['output_cost_per_character'],
  writtenPixel: ['output_cost_per_pixel'],
  writtenImage: ['output_cost_per_image'],
  writtenImageHalf: ['output_cost_per_image_0.5K', 'output_cost_per_image_512'],
  writtenImage1K: ['output_cost_per_image_1K', 'output_cost_per_image_1024'],
  writtenImage1536: ['output_cost_per_image_1536'],
  writtenImage2K: ['output_cost_per_image_2K'],
  writtenImage4K: ['output_cost_per_image_4K'],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>;

/** A thing that has a price of its own. */
type Unit = keyof typeof FIELDS;
/** How much of each there was. Seconds may be fractions. */
export type UnitCounts = Readonly<Partial<Record<Unit, number>>>;
/** The price of one of each, in pico-USD. */
export type UnitRates = Readonly<Partial<Record<Unit, TieredRate>>>;

const UNITS = Object.keys(FIELDS) as readonly Unit[];
const BY_TIME = ['second', 'answerSecond'] as const satisfies readonly Unit[];
/** Sizes of images that have prices of their own, by the most pixels that count as one: those of 1K may be wide, as 1,376 × 768. */
const IMAGE_SIZES: readonly (readonly [unit: Unit, mostPixels: number])[] = [
  ['writtenImageHalf', 400_000],
  ['writtenImage1K', 1_300_000],
  ['writtenImage1536', 2_500_000],
  ['writtenImage2K', 8_000_000],
  ['writtenImage4K', Number.POSITIVE_INFINITY],
];
const OF_ANSWER: readonly Unit[] = [
  'writtenCharacter',
  'writtenPixel',
  'writtenImage',
  ...IMAGE_SIZES.map(([unit]) => unit),
];
/** Assumed of an image that does not say its size. */
const LARGEST_IMAGE_PIXELS = 4_096 * 4_096;

/** Reads configured prices; undefined if there are none. */
export function readUnitRates(
  modelInfo: JsonObject,
  readRate: (field: string) => TieredRate | undefined,
): UnitRates | undefined {
  const rates: Partial<Record<Unit, TieredRate>> = {};
  for (const unit of UNITS) {
    const field = FIELDS[unit].find((name) => modelInfo[name] !== undefined);
    const rate = field === undefined ? undefined : readRate(field);
    if (rate !== undefined) rates[unit] = rate;
  }
  return Object.keys(rates).length === 0 ? undefined : rates;
}

/** Whether a model has prices for what its answers hold besides tokens, so that these must be read. */
export function chargesForWritten(modelInfo: JsonObject): boolean {
  return OF_ANSWER.some((unit) => FIELDS[unit].some((name) => isPrice(modelInfo[name])));
}

function isPrice(value: JsonValue | undefined): boolean {
  return Number(value ?? 0) > 0;
}

/** Whether time has a price. */
export function isByTime(rates: UnitRates | undefined): boolean {
  return rates !== undefined && BY_TIME.some((unit) => rates[unit] !== undefined);
}

/** The rates without those of time; undefined if none are left. */
export function withoutTime(rates: UnitRates | undefined): UnitRates | undefined {
  if (rates === undefined || !isByTime(rates)) return rates;
  const { second: _second, answerSecond: _answerSecond, ...others } = rates;
  return Object.keys(others).length === 0 ? undefined : others;
}

/** What units cost at a prompt of this size: exact to a thousandth of a unit, rounded up. */
export function costOfUnits(rates: UnitRates | undefined, counts: UnitCounts | undefined, inputTokens = 0): PicoUsd {
  return sumOf(rates, counts, (rate) => rateAt(rate, inputTokens));
}

/** The most that they cost at a prompt of up to this size. */
export function mostOfUnits(
  rates: UnitRates | undefined,
  counts: UnitCounts | undefined,
  inputTokens: number,
): PicoUsd {
  return sumOf(rates, counts, (rate) => dearestUpTo(rate, inputTokens));
}

function sumOf(
  rates: UnitRates | undefined,
  counts: UnitCounts | undefined,
  priceOf: (rate: TieredRate) => PicoUsd,
): PicoUsd {
  if (rates === undefined || counts === undefined) return 0n;
  let cost = 0n;
  for (const unit of UNITS) {
    const count = counts[unit];
    const rate = rates[unit];
    if (rate === undefined || count === undefined || !(count > 0)) continue;
    cost += (priceOf(rate) * BigInt(Math.ceil(Math.min(count, MOST_UNITS) * 1_000)) + 999n) / 1_000n;
  }
  return cost;
}

/** Small enough to be counted in thousandths exactly. */
const MOST_UNITS = 1e12;

/**
 * What an answer holds, in units that have prices. An image costs what the next larger size costs that has a price, else the next
 * smaller. `areImagesTokens`: they are charged as tokens already, and many models have both prices for the same thing.
 */
export function unitsOfWritten(rates: UnitRates, written: Written, areImagesTokens: boolean): UnitCounts {
  const counts: Partial<Record<Unit, number>> = { writtenCharacter: written.characters };
  if (areImagesTokens) return counts;
  for (const pixels of written.images) {
    const area = pixels ?? LARGEST_IMAGE_PIXELS;
    counts.writtenPixel = (counts.writtenPixel ?? 0) + area;
    const unit = imageUnit(rates, area);
    counts[unit] = (counts[unit] ?? 0) + 1;
  }
  return counts;
}

function imageUnit(rates: UnitRates, pixels: number): Unit {
  const own = IMAGE_SIZES.findIndex(([, mostPixels]) => pixels <= mostPixels);
  const larger = IMAGE_SIZES.slice(own).find(([unit]) => rates[unit] !== undefined);
  const smaller = IMAGE_SIZES.slice(0, own).findLast(([unit]) => rates[unit] !== undefined);
  // A size without a price of its own costs what any image costs.
  if (IMAGE_SIZES[own]?.[0] !== larger?.[0] && rates.writtenImage !== undefined) return 'writtenImage';
  return (larger ?? smaller)?.[0] ?? 'writtenImage';
}

/** What one image of an answer may cost at most, in pico-USD. */
export function dearestImage(rates: UnitRates | undefined, inputTokens: number): PicoUsd {
  if (rates === undefined) return 0n;
  let dearest = 0n;
  for (const unit of ['writtenImage', ...IMAGE_SIZES.map(([sized]) => sized)] as const) {
    const price = mostOfUnits(rates, { [unit]: 1 }, inputTokens);
    if (price > dearest) dearest = price;
  }
  return dearest + mostOfUnits(rates, { writtenPixel: LARGEST_IMAGE_PIXELS }, inputTokens);
}
