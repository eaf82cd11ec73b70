import { PICO_PER_USD, type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import type { Usage, Written } from '../formats/neutral/conversation.ts';
import { adjusted, beforeAdjustment } from './adjustment.ts';
import type { RateCard } from './rate-card.ts';
import { rateAt, type TieredRate } from './tiered-rate.ts';
import { costOfUnits, type UnitCounts, unitsOfWritten } from './units.ts';

/** What one answer cost, by parts. `total` is the sum of the parts, or the provider's own figure. */
export interface Cost {
  readonly total: PicoUsd;
  /** Prompt tokens at the plain rate. */
  readonly input: PicoUsd;
  readonly cachedInput: PicoUsd;
  /** Both lifetimes together. */
  readonly cacheWrite: PicoUsd;
  readonly audioInput: PicoUsd;
  /** Answer tokens at the plain rate. */
  readonly output: PicoUsd;
  readonly reasoning: PicoUsd;
  readonly audioOutput: PicoUsd;
  readonly perRequest: PicoUsd;
  readonly webSearch: PicoUsd;
  readonly imageInput: PicoUsd;
  readonly imageOutput: PicoUsd;
  readonly videoInput: PicoUsd;
  readonly videoOutput: PicoUsd;
  /** Images, seconds, characters and the like, if they have prices. */
  readonly units: PicoUsd;
  /** What it would have cost without the operator's discount and margin, if there is any. */
  readonly original?: PicoUsd;
  /** `provider`: the total is the provider's own figure and may differ from the sum of the parts. */
  readonly by: 'rates' | 'provider';
}

/** What a request and its answer bring that their usage does not say. */
export interface Extras {
  readonly units?: UnitCounts;
  /** `low`, `medium` or `high`. */
  readonly searchContextSize?: string;
  /** What its answer holds. */
  readonly written?: Written;
  /** It has its prompt kept for longer than twelve hours. */
  readonly isKeptLong?: boolean;
}

/** What searches cost; of an answer that does not say how many it made, or said 0 before it began, the usual number. */
export function costOfSearches(card: RateCard, count: number | undefined, extras: Extras = {}): PicoUsd {
  const searches = whole(Math.max(count ?? 0, card.usualSearches ?? 0));
  if (searches === 0) return 0n;
  const charged = Math.min(searches, card.mostSearches ?? searches);
  return BigInt(charged) * searchRate(card, extras.searchContextSize);
}

function searchRate({ perWebSearch = 0n, perWebSearchBySize }: RateCard, size: string | undefined): PicoUsd {
  if (size === undefined || perWebSearchBySize === undefined || !Object.hasOwn(perWebSearchBySize, size))
    return perWebSearch;
  return perWebSearchBySize[size] ?? perWebSearch;
}

/** How many tokens of each kind are charged: each token counts in one kind only, and no count is negative. */
interface Shares {
  readonly input: number;
  readonly cachedInput: number;
  readonly cachedAudioInput: number;
  readonly cachedImageInput: number;
  readonly cacheWrite: number;
  readonly cacheWriteOneHour: number;
  readonly audioInput: number;
  readonly imageInput: number;
  readonly videoInput: number;
  readonly imageOutput: number;
  readonly videoOutput: number;
  readonly output: number;
  readonly reasoning: number;
  readonly audioOutput: number;
}

/**
 * What an answer cost. Exact: sums of products of integers. Undefined ("unpriced", never 0) if neither a rate nor a
 * provider's figure is known. A provider's own figure wins over the package's list (it includes discounts and tiers),
 * but not over rates that the operator configured.
 */
export function costOf(usage: Usage, card: RateCard | undefined, extras: Extras = {}): Cost | undefined {
  const stated = card?.source === 'config' ? undefined : statedCost(usage);
  if (card === undefined) return stated === undefined ? undefined : { ...NO_COST, total: stated, by: 'provider' };
  const shares = sharesOf(usage);
  const prompt = whole(usage.inputTokens);
  const { cachedInput: cachedRate = card.input } = card;
  const input = charge(shares.input, card.input, prompt);
  const cachedInput =
    charge(shares.cachedInput, cachedRate, prompt) +
    charge(shares.cachedAudioInput, card.cachedAudioInput ?? cachedRate, prompt) +
    charge(shares.cachedImageInput, card.cachedImageInput ?? cachedRate, prompt);
  const write = (extras.isKeptLong === true ? card.cacheWriteTwelveHours : undefined) ?? card.cacheWrite ?? card.input;
  const cacheWrite =
    charge(shares.cacheWrite, write, prompt) +
    charge(shares.cacheWriteOneHour, card.cacheWriteOneHour ?? write, prompt);
  const audioInput = charge(shares.audioInput, card.audioInput ?? card.input, prompt);
  const output = charge(shares.output, card.output, prompt);
  const reasoning = charge(shares.reasoning, card.reasoning ?? card.output, prompt);
  const audioOutput = charge(shares.audioOutput, card.audioOutput ?? card.output, prompt);
  const perRequest = card.perRequest ?? 0n;
  const webSearch = costOfSearches(card, usage.webSearchRequests, extras);
  const imageInput = charge(shares.imageInput, card.imageInput ?? card.input, prompt);
  const imageOutput = charge(shares.imageOutput, card.imageOutput ?? card.output, prompt);
  const videoInput = charge(shares.videoInput, card.videoInput ?? card.input, prompt);
  const videoOutput = charge(shares.videoOutput, card.videoOutput ?? card.output, prompt);
  const units = card.units === undefined ? 0n : costOfUnits(card.units, unitsOf(card, shares, extras), prompt);
  const ofPrompt = input + cachedInput + cacheWrite + audioInput + imageInput + videoInput;
  const ofAnswer = output + reasoning + audioOutput + imageOutput + videoOutput;
  const sum = ofPrompt + ofAnswer + units + perRequest + webSearch;
  const { adjustment } = card;
  const total =
    stated === undefined || adjustment === undefined
      ? (stated ?? sum)
      : adjusted(stated, adjustment) + adjustment.fixed;
  return {
    total,
    ...(adjustment !== undefined && { original: stated ?? beforeAdjustment(sum, adjustment) }),
    input,
    cachedInput,
    cacheWrite,
    audioInput,
    output,
    reasoning,
    audioOutput,
    perRequest,
    webSearch,
    imageInput,
    imageOutput,
    videoInput,
    videoOutput,
    units,
    by: stated === undefined ? 'rates' : 'provider',
  };
}

const NO_COST: Cost = {
  total: 0n,
  input: 0n,
  cachedInput: 0n,
  cacheWrite: 0n,
  audioInput: 0n,
  output: 0n,
  reasoning: 0n,
  audioOutput: 0n,
  perRequest: 0n,
  webSearch: 0n,
  imageInput: 0n,
  imageOutput: 0n,
  videoInput: 0n,
  videoOutput: 0n,
  units: 0n,
  by: 'rates',
};

/** Everything that is charged by the piece. */
function unitsOf({ units, imageOutput }: RateCard, shares: Shares, extras: Extras): UnitCounts | undefined {
  const { written } = extras;
  if (units === undefined || written === undefined) return extras.units;
  const areImagesTokens = imageOutput !== undefined && shares.imageOutput > 0;
  return { ...extras.units, ...unitsOfWritten(units, written, areImagesTokens) };
}

/**
 * Splits the totals. Some providers report parts larger than their total (and some streams lose one of both): each part
 * takes at most what the parts before it left, so that a wrong count can shift a price but never charge a token twice.
 * Tokens read from the cache come first, as they are the best counted.
 */
function sharesOf(usage: Usage): Shares {
  let left = whole(usage.inputTokens);
  const take = (wanted: number): number => {
    const taken = Math.min(wanted, left);
    left -= taken;
    return taken;
  };
  const cached = take(whole(usage.cachedInputTokens));
  const cachedAudioInput = Math.min(cached, whole(usage.cachedAudioInputTokens));
  const cachedImageInput = Math.min(cached - cachedAudioInput, whole(usage.cachedImageInputTokens));
  const oneHourWanted = whole(usage.cacheWriteOneHourTokens);
  const writeWanted = whole(usage.cacheWriteTokens);
  const write = take(Math.max(writeWanted, oneHourWanted));
  const cacheWriteOneHour = Math.min(oneHourWanted, write);
  // Sounds and images that came from the cache are counted among all of their kind.
  const audioInput = take(Math.max(0, whole(usage.audioInputTokens) - cachedAudioInput));
  const imageInput = take(Math.max(0, whole(usage.imageInputTokens) - cachedImageInput));
  const videoInput = take(whole(usage.videoInputTokens));
  const input = left;

  left = whole(usage.outputTokens);
  const audioOutput = take(whole(usage.audioOutputTokens));
  const imageOutput = take(whole(usage.imageOutputTokens));
  const videoOutput = take(whole(usage.videoOutputTokens));
  const reasoning = take(whole(usage.reasoningTokens));
  return {
    input,
    cachedInput: cached - cachedAudioInput - cachedImageInput,
    cachedAudioInput,
    cachedImageInput,
    cacheWrite: write - cacheWriteOneHour,
    cacheWriteOneHour,
    audioInput,
    imageInput,
    videoInput,
    imageOutput,
    videoOutput,
    output: left,
    reasoning,
    audioOutput,
  };
}

/** What some tokens cost. Most kinds have none, and amounts of money are slow to multiply. */
function charge(count: number, rate: TieredRate, prompt: number): PicoUsd {
  return count === 0 ? 0n : BigInt(count) * rateAt(rate, prompt);
}

/** A provider's count as an integer: negative, fractional, NaN and infinite counts occur. */
function whole(count: number | undefined): number {
  return count !== undefined && count > 0 && count < Number.POSITIVE_INFINITY
    ? Math.min(Math.round(count), Number.MAX_SAFE_INTEGER)
    : 0;
}

/** The largest figure that is accepted, in USD: no single answer costs more. */
const LARGEST_STATED_USD = 10_000n;

function statedCost(usage: Usage): PicoUsd | undefined {
  if (usage.providerCostUsd === undefined) return undefined;
  const stated = picoUsdFromUsd(usage.providerCostUsd);
  return stated !== undefined && stated >= 0n && stated <= LARGEST_STATED_USD * PICO_PER_USD ? stated : undefined;
}
