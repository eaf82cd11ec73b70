import { isJsonObject, type JsonValue } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
import type { FailedAnswer } from './provider.ts';

/** The longest wait that is taken from a provider, an hour: a longer one is cut to it. */
export const LONGEST_RETRY_AFTER_MS = 3_600_000;

/**
 * How long a provider asks to wait before another try, in milliseconds; undefined if it does not say, or says nonsense
 * (negative, in the past, no number). Zero counts as not said: the caller's own pause is the safer one.
 *
 * Read in this order, the first that says something wins: `retry-after-ms`, `retry-after` (seconds or a date), Google's
 * RetryInfo in the body, with a 429 the `…ratelimit-reset…` headers of the limits that are used up, the words "try again in 6m0s".
 * A date is measured against the answer's own `date` header, so that neither clock needs to be right, else against
 * `answer.receivedAtMs`.
 */
export function readRetryAfterMs(answer: FailedAnswer, message = ''): number | undefined {
  const now = dateMs(headerOf(answer, 'date')) ?? answer.receivedAtMs;
  return (
    sane(numberOf(headerOf(answer, 'retry-after-ms'))) ??
    sane(readRetryAfterHeader(headerOf(answer, 'retry-after'), now)) ??
    sane(answer.error?.retryAfterMs) ??
    sane(readRetryInfo(answer.body)) ??
    sane(answer.status === 429 ? readReset(answer, now) : undefined) ??
    sane(readSentence(message))
  );
}

/** RFC 9110 section 10.2.3: seconds, or an HTTP date. Fractions of seconds are sent too, against the RFC. */
function readRetryAfterHeader(value: string | undefined, now: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = numberOf(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = dateMs(value);
  return date === undefined || now === undefined ? parseDuration(value) : date - now;
}

/** https://docs.cloud.google.com/apis/design/errors#error_details (2026-11-23): `details[]` with a RetryInfo, `retryDelay: "34s"`. */
function readRetryInfo(body: JsonValue | undefined): number | undefined {
  const root = Array.isArray(body) ? body[0] : body;
  const error = isJsonObject(root) ? root.error : undefined;
  const details = isJsonObject(error) ? error.details : undefined;
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    if (isJsonObject(detail) && typeof detail.retryDelay === 'string') return parseDuration(detail.retryDelay);
  }
  return undefined;
}

const RESET_HEADER = /^(?:x-)?(?:[a-z]+-)?ratelimit-(?:reset(-[a-z0-9-]+)?|([a-z0-9-]+)-reset)$/;

/**
 * Every limit has its own reset header beside its `…-remaining-…` header. If a limit is used up, its reset is the answer (the
 * latest of several). If none says so (a request larger than what remains), the earliest reset is: waiting too short costs
 * one more try, waiting too long makes the deployment unavailable.
 */
function readReset(answer: FailedAnswer, now: number | undefined): number | undefined {
  const usedUp: number[] = [];
  const others: number[] = [];
  for (const name of Object.keys(answer.headers)) {
    const lower = name.toLowerCase();
    if (!RESET_HEADER.test(lower)) continue;
    const wait = readResetValue(headerOf(answer, name), now);
    if (wait === undefined || wait <= 0) continue;
    const remaining = numberOf(headerOf(answer, lower.replace('reset', 'remaining')));
    (remaining !== undefined && remaining <= 0 ? usedUp : others).push(wait);
  }
  if (usedUp.length > 0) return Math.max(...usedUp);
  return others.length > 0 ? Math.min(...others) : undefined;
}

/** A span ("6m0s", "1s", "27"), a moment in seconds or milliseconds since the epoch, or a date. */
function readResetValue(value: string | undefined, now: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = numberOf(value);
  if (number === undefined) {
    const span = parseDuration(value);
    if (span !== undefined) return span;
    const date = dateMs(value);
    return date === undefined || now === undefined ? undefined : date - now;
  }
  if (number < 1e9) return number * 1000;
  const moment = number < 1e11 ? number * 1000 : number;
  return now === undefined ? undefined : moment - now;
}

/** "Please try again in 7.66s.", "Please retry in 34.2s", "try again in 1h12m0s", "try again in 20 seconds". */
function readSentence(message: string): number | undefined {
  const match = /\b(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?\s?(?:ms|[hms])[a-z]*\s?)+)/i.exec(message);
  return match?.[1] === undefined ? undefined : parseDuration(match[1].trim());
}

const UNIT_MS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ms: 1,
    s: 1000,
    sec: 1000,
    second: 1000,
    m: 60_000,
    min: 60_000,
    minute: 60_000,
    h: 3_600_000,
    hour: 3_600_000,
    d: 86_400_000,
    day: 86_400_000,
  }),
);

const LONGEST_DURATION_TEXT = 100;

/** Reads a span of time in Go's or Google's writing (`1h2m3.5s`, `342ms`, `34s`) or in words (`20 seconds`), in milliseconds. */
export function parseDuration(text: string): number | undefined {
  // The pattern below takes quadratic time on a long row of digits.
  if (text.length > LONGEST_DURATION_TEXT) return undefined;
  const pieces = [...text.toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/g)];
  if (pieces.length === 0 || pieces.map((piece) => piece[0]).join('') !== text.toLowerCase()) return undefined;
  let total = 0;
  for (const [, amount, word = ''] of pieces) {
    const unit = UNIT_MS.get(word) ?? UNIT_MS.get(word.replace(/s$/, ''));
    if (unit === undefined) return undefined;
    total += Number(amount) * unit;
  }
  return total;
}

function sane(milliseconds: number | undefined): number | undefined {
  if (milliseconds === undefined || !Number.isFinite(milliseconds) || milliseconds <= 0) return undefined;
  return Math.min(Math.ceil(milliseconds), LONGEST_RETRY_AFTER_MS);
}

function headerOf(answer: FailedAnswer, name: string): string | undefined {
  const value = ownValue(answer.headers, name);
  return typeof value === 'string' ? value : value?.[0];
}

/** A plain decimal number; no hexadecimal, no exponent, no empty text. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d{1,15}(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function dateMs(text: string | undefined): number | undefined {
  // `Date.parse` takes "10" and "1 apple" for dates: ask for a weekday or an ISO date first.
  if (text === undefined || !/^\s*(?:[A-Za-z]{3,9},?\s|\d{4}-\d\d-\d\dT)/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
}
