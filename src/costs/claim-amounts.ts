/**
 * What a request reserves before it is sent, by the prices of the deployments that may answer and the length of the
 * answer.
 */
import type { PicoUsd } from '../core/money.ts';
import type { ClaimAmounts, Reserve } from '../stores/contracts/claims.ts';
import { INPUT_MARGIN } from './input-estimate.ts';
import { type OutputForecast, PRIOR_FORECAST } from './output-forecast.ts';
import { costOfSearches, type Extras } from './price-of.ts';
import type { RateCard } from './rate-card.ts';
import { dearestUpTo, rateAt, type TieredRate } from './tiered-rate.ts';
import { costOfUnits, dearestImage, mostOfUnits, type UnitCounts, type UnitRates } from './units.ts';

/** A deployment that may answer. */
export interface ClaimCandidate {
  readonly card: RateCard | undefined;
  /** What the request brings besides tokens. */
  readonly extras?: Extras;
  readonly maxOutputTokens: number | undefined;
  /** How long an attempt may take, in seconds. */
  readonly longestSeconds?: number;
  /** Tokens of thoughts that no limit of the answer holds. */
  readonly thoughtsBeside?: number | undefined;
}

/** What is known of a request before it is sent. */
export interface AmountsQuery {
  /** `strict`: the hold is an upper bound. `learned`: the hold is the expected cost. */
  readonly mode: 'strict' | 'learned';
  /** Every deployment that may answer: those of the plan and of its fallbacks. Unpriced ones count as free. */
  readonly candidates: readonly ClaimCandidate[];
  readonly inputTokens: { readonly likely: number; readonly atMost: number };
  /** The client's limit; undefined if it set none. */
  readonly maxOutputTokens: number | undefined;
  /** `n` or `best_of`. */
  readonly choices: number;
  /** Tokens of one choice. */
  readonly forecast: OutputForecast | undefined;
  /** Whether a smaller limit may be sent with the request (chat, completions: yes; embeddings: no output at all). */
  readonly hasOutput: boolean;
  /** Whether the request or the answer may contain sound; undefined: unknown, and then an upper bound assumes it. */
  readonly mayHaveAudio?: boolean;
  /** The most web searches the provider may make for it; undefined: none. */
  readonly webSearches?: number;
  /** Whether other requests wait for the same budgets. */
  readonly doOthersWait?: boolean;
}

/** The longest answer that is assumed of a model of which nothing is known. */
const LONGEST_OUTPUT_TOKENS = 131_072;
/**
 * A budget's last requests get at least this part of a usual answer: most answers are then whole, and little budget
 * stays unused.
 */
const LEAST_CAP_SHARE = 0.5;
/**
 * A cap is at most this many times the longest likely answer, so that one request does not take all that is left of a
 * budget.
 */
const CAP_OF_TAIL = 2;
/** The same if nothing is known of the length of answers: what is expected then is only a guess. */
const LEAST_UNKNOWN_TOKENS = 64;
/**
 * While several requests share a small budget, each may get at least this many times a usual answer: hardly one is cut
 * then, longer answers than before are noticed, and many are under way at the same time.
 */
const FAIR_SHARE = 1.5;
/** The shortest answer that is expected. */
const LEAST_EXPECTED_TOKENS = 16;
/** How fast a model usually writes, in tokens per second. */
const USUAL_PACE = 50;
/** Characters of a token: usually, as LiteLLM assumes, and at most, as in a token of white space or of a ruler. */
const USUAL_CHARACTERS = 4;
const MOST_CHARACTERS = 128;
/** The fewest tokens of an answer that an image may stand for (https://ai.google.dev/gemini-api/docs/pricing, 2026-11: 747 for one of 0.5K). */
const FEWEST_IMAGE_TOKENS = 512n;

/** What a request may cost; each number is the largest of all candidates. */
interface Bounds {
  /** The cost of a usual request. */
  readonly likely: PicoUsd;
  /** The cost that practically no request exceeds. */
  readonly tail: PicoUsd;
  /** The cost with the longest answer that is allowed, and a prompt about as long as estimated. */
  readonly longest: PicoUsd;
  /** The cost that no request exceeds. */
  readonly most: PicoUsd;
  /** Everything but the answer. */
  readonly fixed: PicoUsd;
  /** One token of answer in every choice. */
  readonly perToken: PicoUsd;
}

/**
 * What a request reserves, and the cost that it practically never exceeds: that is booked if this process dies before
 * it ends.
 */
export interface ReservedAmounts extends ClaimAmounts {
  readonly practicallyMost: PicoUsd;
}

/**
 * What a request reserves: enough for the most expensive candidate. Unknown prices reserve nothing.
 *
 * In `learned` mode the hold is the expected cost, and the exposure covers the longest answer that the request may get:
 * even if many answers at the same time are longer than any before, together they stay within the budgets. If that does
 * not fit, the request is sent with a limit of its answer.
 */
export function claimAmounts(query: AmountsQuery): ReservedAmounts {
  const choices = query.hasOutput ? Math.max(1, whole(query.choices)) : 0;
  const limit = longestAnswer(query);
  const forecast = query.forecast ?? PRIOR_FORECAST;
  const expected = Math.min(limit, Math.max(LEAST_EXPECTED_TOKENS, whole(forecast.expected)));
  const tail = Math.min(limit, Math.max(expected, whole(forecast.tail)));
  const counts = { inputTokens: whole(query.inputTokens.likely), outputTokens: expected * choices };

  const bounds = boundsOf(query, choices, expected, tail);
  const { likely, longest, most, fixed, perToken } = bounds;
  const isStrict = query.mode === 'strict';
  const hold = isStrict ? most : likely;
  const exposure = isStrict ? 0n : longest - likely;
  const reserved = { ...counts, hold, exposure, practicallyMost: isStrict ? most : bounds.tail };
  if (perToken === 0n) return reserved;
  const maxTokens = Math.min(limit, shortestLimit(query), tail * CAP_OF_TAIL);
  const least = Math.min(maxTokens, whole(expected * LEAST_CAP_SHARE));
  const minTokens = forecast === PRIOR_FORECAST ? Math.min(least, LEAST_UNKNOWN_TOKENS) : least;
  const share = {
    tokens: Math.min(maxTokens, whole(expected * FAIR_SHARE)),
    doOthersWait: query.doOthersWait === true,
  };
  return { ...reserved, cap: { fixed, perToken, minTokens, maxTokens, share } };
}

/**
 * The new reserve of a stream that comes near its hold; undefined while it is not near. The step is half of what the
 * answer alone has cost, so that a long prompt does not make it large. What moves into the hold leaves the exposure.
 */
export function extendedReserve(
  reserved: Reserve,
  soFar: { readonly cost: PicoUsd; readonly answerCost: PicoUsd },
): Reserve | undefined {
  // A tenth is left for what comes before the next check.
  if (soFar.cost * 10n <= reserved.hold * 9n) return undefined;
  const covered = reserved.hold + reserved.exposure;
  const step = soFar.cost + soFar.cost / 5n + soFar.answerCost / 2n;
  // The exposure is granted already: a stream asks for more than that only when it comes near its end.
  const wanted = soFar.cost * 10n <= covered * 9n && step > covered ? covered : step;
  if (wanted <= reserved.hold) return undefined;
  const added = wanted - reserved.hold;
  return { hold: wanted, exposure: reserved.exposure > added ? reserved.exposure - added : 0n };
}

/** In tokens of one choice. */
function longestAnswer(query: AmountsQuery): number {
  let longest = 0;
  for (const candidate of query.candidates) longest = Math.max(longest, limitOf(query, candidate));
  return longest > 0 ? longest : LONGEST_OUTPUT_TOKENS;
}

/** Providers refuse a limit above what their model can write. */
function shortestLimit(query: AmountsQuery): number {
  let shortest = LARGEST_COUNT;
  for (const candidate of query.candidates) {
    shortest = Math.min(shortest, whole(candidate.maxOutputTokens ?? 0) || shortest);
  }
  return shortest;
}

/** A limit of 0 means no limit to some providers, and so does not count as one. */
function limitOf(query: AmountsQuery, candidate: ClaimCandidate): number {
  return whole(query.maxOutputTokens ?? 0) || whole(candidate.maxOutputTokens ?? 0) || LONGEST_OUTPUT_TOKENS;
}

function boundsOf(query: AmountsQuery, choices: number, expected: number, tail: number): Bounds {
  const isStrict = query.mode === 'strict';
  const likelyInput = whole(query.inputTokens.likely);
  const mostInput = Math.max(likelyInput, whole(query.inputTokens.atMost));
  const fixedInput = isStrict ? mostInput : Math.min(mostInput, whole(likelyInput * INPUT_MARGIN));
  const withAudio = isStrict ? query.mayHaveAudio !== false : query.mayHaveAudio === true;

  let largest: Bounds = NO_BOUNDS;
  for (const candidate of query.candidates) {
    const { card } = candidate;
    if (card === undefined) continue;
    const limit = limitOf(query, candidate);
    const inputRate = dearestInput(card, mostInput, withAudio, candidate.extras?.isKeptLong === true);
    const perToken = BigInt(choices) * (dearestOutput(card, mostInput, withAudio) + writtenPerToken(card, mostInput));
    const { usual, most } = feesOf(card, candidate, { likelyInput, mostInput, choices, expected });
    const fees = most + costOfSearches(card, whole(query.webSearches ?? 0), candidate.extras);
    const thoughts = BigInt(whole(candidate.thoughtsBeside ?? 0)) * perToken;
    const fixed = fees + thoughts + BigInt(fixedInput) * inputRate;
    const likelyTokens = thoughts === 0n ? Math.min(expected, limit) : Math.max(expected, usualAnswer(query));
    const likelyAnswer = BigInt(likelyTokens * choices) * dearestOutput(card, likelyInput, false);
    largest = larger(largest, {
      likely:
        usual +
        costOfSearches(card, 0, candidate.extras) +
        BigInt(likelyInput) * rateAt(card.input, likelyInput) +
        likelyAnswer,
      tail: fixed + BigInt(Math.min(tail, limit)) * perToken,
      longest: fixed + BigInt(limit) * perToken,
      most: fees + thoughts + BigInt(mostInput) * inputRate + BigInt(limit) * perToken,
      fixed,
      perToken,
    });
  }
  return largest;
}

/** What answers of its kind come to, whatever limit this one has. */
function usualAnswer({ forecast = PRIOR_FORECAST }: AmountsQuery): number {
  return whole(forecast.expected);
}

/** What a request costs besides its tokens and searches: usually, and at most before its answer begins. */
function feesOf(
  card: RateCard,
  { extras, longestSeconds = 0 }: ClaimCandidate,
  counts: {
    readonly likelyInput: number;
    readonly mostInput: number;
    readonly choices: number;
    readonly expected: number;
  },
): { readonly usual: PicoUsd; readonly most: PicoUsd } {
  const { likelyInput, mostInput, choices, expected } = counts;
  const perRequest = card.perRequest ?? 0n;
  const { units } = card;
  if (units === undefined) return { usual: perRequest, most: perRequest };
  const given = extras?.units;
  const seconds = Math.min(longestSeconds, 1 + expected / USUAL_PACE);
  const written = { writtenCharacter: expected * choices * USUAL_CHARACTERS };
  const image = BigInt(choices) * dearestImage(units, mostInput);
  return {
    usual:
      perRequest +
      costOfUnits(units, { ...given, ...timeOf(seconds), ...written }, likelyInput) +
      (isImageWritten(card) ? image : 0n),
    most: perRequest + mostOfUnits(units, { ...given, ...timeOf(longestSeconds) }, mostInput) + image,
  };
}

function timeOf(seconds: number): UnitCounts {
  return { second: seconds, answerSecond: seconds };
}

/** A model with a price for images of its answers writes one; if their tokens have a price, it is among the tokens. */
function isImageWritten({ units, imageOutput }: RateCard): boolean {
  return imageOutput === undefined && dearestImage(units, 0) > 0n;
}

/** The most that one token of answer adds for the characters and images it may stand for. */
function writtenPerToken({ units }: { readonly units?: UnitRates }, inputTokens: number): PicoUsd {
  if (units === undefined) return 0n;
  const image = dearestImage(units, inputTokens);
  const perImageToken = (image + FEWEST_IMAGE_TOKENS - 1n) / FEWEST_IMAGE_TOKENS;
  return mostOfUnits(units, { writtenCharacter: MOST_CHARACTERS }, inputTokens) + perImageToken;
}

const NO_BOUNDS: Bounds = { likely: 0n, tail: 0n, longest: 0n, most: 0n, fixed: 0n, perToken: 0n };

function larger(one: Bounds, other: Bounds): Bounds {
  if (one === NO_BOUNDS) return other;
  return {
    likely: dearer(one.likely, other.likely),
    tail: dearer(one.tail, other.tail),
    longest: dearer(one.longest, other.longest),
    most: dearer(one.most, other.most),
    fixed: dearer(one.fixed, other.fixed),
    perToken: dearer(one.perToken, other.perToken),
  };
}

/**
 * The highest price of a token in a prompt of up to this size: the provider decides whether it is written to a cache.
 */
function dearestInput(card: RateCard, inputTokens: number, withAudio: boolean, isKeptLong: boolean): PicoUsd {
  let dearest = dearestUpTo(card.input, inputTokens);
  dearest = orDearer(dearest, card.cachedInput, inputTokens);
  dearest = orDearer(dearest, card.cacheWrite, inputTokens);
  dearest = orDearer(dearest, card.cacheWriteOneHour, inputTokens);
  dearest = orDearer(dearest, card.imageInput, inputTokens);
  dearest = orDearer(dearest, card.cachedImageInput, inputTokens);
  dearest = orDearer(dearest, card.videoInput, inputTokens);
  if (isKeptLong) dearest = orDearer(dearest, card.cacheWriteTwelveHours, inputTokens);
  if (!withAudio) return dearest;
  return orDearer(orDearer(dearest, card.audioInput, inputTokens), card.cachedAudioInput, inputTokens);
}

function dearestOutput(card: RateCard, inputTokens: number, withAudio: boolean): PicoUsd {
  let dearest = dearestUpTo(card.output, inputTokens);
  dearest = orDearer(dearest, card.reasoning, inputTokens);
  dearest = orDearer(dearest, card.imageOutput, inputTokens);
  dearest = orDearer(dearest, card.videoOutput, inputTokens);
  return withAudio ? orDearer(dearest, card.audioOutput, inputTokens) : dearest;
}

function orDearer(amount: PicoUsd, rate: TieredRate | undefined, inputTokens: number): PicoUsd {
  return rate === undefined ? amount : dearer(amount, dearestUpTo(rate, inputTokens));
}

function dearer(one: PicoUsd, other: PicoUsd): PicoUsd {
  return one > other ? one : other;
}

/**
 * Makes a count from a client or an estimate a whole number: not negative, and small enough to be multiplied exactly.
 */
function whole(count: number): number {
  return count > 0 ? Math.min(Math.ceil(count), LARGEST_COUNT) : 0;
}

/** A billion tokens: more than any model reads or writes, and small enough that a million choices stay exact. */
const LARGEST_COUNT = 1_000_000_000;
