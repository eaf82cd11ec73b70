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
  const searches = tokens(Math.max(count ?? 0, card.usualSearches ?? 0));
  const charged = card.mostSearches === undefined ? searches : lesser(searches, BigInt(card.mostSearches));
  return charged * searchRate(card, extras.searchContextSize);
}

function searchRate({ perWebSearch = 0n, perWebSearchBySize }: RateCard, size: string | undefined): PicoUsd {
  if (size === undefined || perWebSearchBySize === undefined || !Object.hasOwn(perWebSearchBySize, size))
    return perWebSearch;
  return perWebSearchBySize[size] ?? perWebSearch;
}

function lesser(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** How many tokens of each kind are charged: each token counts in one kind only, and no count is negative. */
interface Shares {
  readonly input: bigint;
  readonly cachedInput: bigint;
  readonly cachedAudioInput: bigint;
  readonly cachedImageInput: bigint;
  readonly cacheWrite: bigint;
  readonly cacheWriteOneHour: bigint;
  readonly audioInput: bigint;
  readonly imageInput: bigint;
  readonly videoInput: bigint;
  readonly imageOutput: bigint;
  readonly videoOutput: bigint;
  readonly output: bigint;
  readonly reasoning: bigint;
  readonly audioOutput: bigint;
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
  const prompt = Number(tokens(usage.inputTokens));
  const rateOf = (...candidates: readonly (TieredRate | undefined)[]): PicoUsd => {
    const rate = candidates.find((candidate) => candidate !== undefined) ?? card.input;
    return rateAt(rate, prompt);
  };

  const input = shares.input * rateOf(card.input);
  const cachedInput =
    shares.cachedInput * rateOf(card.cachedInput, card.input) +
    shares.cachedAudioInput * rateOf(card.cachedAudioInput, card.cachedInput, card.input) +
    shares.cachedImageInput * rateOf(card.cachedImageInput, card.cachedInput, card.input);
  const write = extras.isKeptLong === true ? (card.cacheWriteTwelveHours ?? card.cacheWrite) : card.cacheWrite;
  const cacheWrite =
    shares.cacheWrite * rateOf(write, card.input) +
    shares.cacheWriteOneHour * rateOf(card.cacheWriteOneHour, write, card.input);
  const audioInput = shares.audioInput * rateOf(card.audioInput, card.input);
  const output = shares.output * rateOf(card.output);
  const reasoning = shares.reasoning * rateOf(card.reasoning, card.output);
  const audioOutput = shares.audioOutput * rateOf(card.audioOutput, card.output);
  const perRequest = card.perRequest ?? 0n;
  const webSearch = costOfSearches(card, usage.webSearchRequests, extras);
  const imageInput = shares.imageInput * rateOf(card.imageInput, card.input);
  const imageOutput = shares.imageOutput * rateOf(card.imageOutput, card.output);
  const videoInput = shares.videoInput * rateOf(card.videoInput, card.input);
  const videoOutput = shares.videoOutput * rateOf(card.videoOutput, card.output);
  const units = costOfUnits(card.units, unitsOf(card, shares, extras), prompt);
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
  const areImagesTokens = imageOutput !== undefined && shares.imageOutput > 0n;
  return { ...extras.units, ...unitsOfWritten(units, written, areImagesTokens) };
}

/**
 * Splits the totals. Some providers report parts larger than their total (and some streams lose one of both): each part
 * takes at most what the parts before it left, so that a wrong count can shift a price but never charge a token twice.
 * Tokens read from the cache come first, as they are the best counted.
 */
function sharesOf(usage: Usage): Shares {
  let left = tokens(usage.inputTokens);
  const take = (wanted: bigint): bigint => {
    const taken = wanted < left ? wanted : left;
    left -= taken;
    return taken;
  };
  const cached = take(tokens(usage.cachedInputTokens));
  const cachedAudioInput = lesser(cached, tokens(usage.cachedAudioInputTokens));
  const cachedImageInput = lesser(cached - cachedAudioInput, tokens(usage.cachedImageInputTokens));
  const oneHourWanted = tokens(usage.cacheWriteOneHourTokens);
  const writeWanted = tokens(usage.cacheWriteTokens);
  const write = take(writeWanted > oneHourWanted ? writeWanted : oneHourWanted);
  const cacheWriteOneHour = oneHourWanted < write ? oneHourWanted : write;
  // Sounds and images that came from the cache are counted among all of their kind.
  const audioInput = take(without(tokens(usage.audioInputTokens), cachedAudioInput));
  const imageInput = take(without(tokens(usage.imageInputTokens), cachedImageInput));
  const videoInput = take(tokens(usage.videoInputTokens));
  const input = left;

  left = tokens(usage.outputTokens);
  const audioOutput = take(tokens(usage.audioOutputTokens));
  const imageOutput = take(tokens(usage.imageOutputTokens));
  const videoOutput = take(tokens(usage.videoOutputTokens));
  const reasoning = take(tokens(usage.reasoningTokens));
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

function without(all: bigint, part: bigint): bigint {
  return all > part ? all - part : 0n;
}

/** A provider's count as an integer: negative, fractional, NaN and infinite counts occur. */
function tokens(count: number | undefined): bigint {
  return count !== undefined && Number.isFinite(count) && count > 0 ? BigInt(Math.round(count)) : 0n;
}

/** The largest figure that is accepted, in USD: no single answer costs more. */
const LARGEST_STATED_USD = 10_000n;

function statedCost(usage: Usage): PicoUsd | undefined {
  if (usage.providerCostUsd === undefined) return undefined;
  const stated = picoUsdFromUsd(usage.providerCostUsd);
  return stated !== undefined && stated >= 0n && stated <= LARGEST_STATED_USD * PICO_PER_USD ? stated : undefined;
}
