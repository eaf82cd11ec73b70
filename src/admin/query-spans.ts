/** Dates and amounts in queries. */
import { GatewayError } from '../core/errors.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { wrongField } from './fields.ts';
import { textOf } from './query-fields.ts';

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,6})?(?:Z|\+00:00)?)?$/;

/** A span of time: exact, and in whole days (UTC) for sums by day. */
export interface Span {
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  readonly fromDate?: string;
  /** Inclusive. */
  readonly toDate?: string;
}

/** An amount of USD, exactly. */
export function usdOf(query: URLSearchParams, name: string): PicoUsd | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const amount = text.length > 40 ? undefined : picoUsdFromUsd(text);
  if (amount !== undefined && amount >= 0n) return amount;
  throw wrongField(name, 'must be an amount of USD, such as 0.25');
}

/** The span between two dates in a query. */
export function spanOf(query: URLSearchParams, fromName = 'start_date', toName = 'end_date'): Span {
  return spanBetween(fromName, textOf(query, fromName), toName, textOf(query, toName));
}

/** The span between two dates as texts. An end that is a day or a second includes all of it. */
export function spanBetween(fromName: string, from: string | undefined, toName: string, to: string | undefined): Span {
  const start = from === undefined ? undefined : momentOf(fromName, from);
  const end = to === undefined ? undefined : momentOf(toName, to);
  if (start !== undefined && end !== undefined && end.ms < start.ms) {
    throw refuse(toName, `\`${toName}\` is before \`${fromName}\`.`);
  }
  return {
    ...(start !== undefined && { fromMs: start.ms, fromDate: dateOf(start.ms) }),
    ...(end !== undefined && { toMs: end.ms + (end.isDay ? DAY_MS : 1_000), toDate: dateOf(end.ms) }),
  };
}

/** The day (UTC) of a moment: `2026-01-31`. */
export function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The span, or the last thirty days up to today if it has no ends. */
export function orLastDays(span: Span, nowMs: number): Span {
  if (span.fromMs !== undefined || span.toMs !== undefined) return span;
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const fromMs = today - 29 * DAY_MS;
  return { fromMs, toMs: today + DAY_MS, fromDate: dateOf(fromMs), toDate: dateOf(today) };
}

function refuse(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}

function momentOf(name: string, text: string): { readonly ms: number; readonly isDay: boolean } {
  const match = DATE.exec(text);
  const [, year, month, day, hour, minute, second] = match ?? [];
  const iso = `${year}-${month}-${day}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.000Z`;
  const ms = match === null ? Number.NaN : Date.parse(iso);
  // JavaScript takes February 30th for March 2nd.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) {
    throw refuse(name, `\`${name}\` must be a date in UTC: YYYY-MM-DD or YYYY-MM-DD HH:MM:SS.`);
  }
  return { ms, isDay: hour === undefined };
}
