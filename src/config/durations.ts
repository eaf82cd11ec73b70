/** Periods, lengths of time and moments as a file holds them. */
import { PERIOD_WORDS } from '../core/period.ts';

/** A budget period as LiteLLM writes it (`1mo`, `30d`), from either dialect's word. */
export function budgetPeriod(written: string | undefined): string | undefined {
  const word = written?.toLowerCase() ?? '';
  return Object.hasOwn(PERIOD_WORDS, word) ? PERIOD_WORDS[word] : written;
}

const UNITS_MS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
    mo: 30 * 86_400_000,
    y: 365 * 86_400_000,
  }),
);

/** A length of time in LiteLLM's words (`30s`, `12h`, `30d`, `1mo`) in milliseconds; a month counts 30 days, a year 365. */
export function durationMs(written: string): number | undefined {
  const match = /^(\d{1,9})(s|mo|m|h|d|w|y)$/.exec(written);
  const ms = Number(match?.[1]) * (UNITS_MS.get(match?.[2] ?? '') ?? Number.NaN);
  return Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
}

/** A date (its midnight in UTC) or a date and time in ISO 8601, in milliseconds since the epoch. Without a zone it is UTC. */
export function momentMs(written: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z|[+-]\d\d:\d\d)?)?$/.exec(written);
  if (match === null) return undefined;
  const [, date = '', time = '00:00', zone = 'Z'] = match;
  const dayMs = Date.parse(`${date}T00:00Z`);
  const ms = Date.parse(`${date}T${time}${zone}`);
  // `Date.parse` takes February 30th for March 2nd.
  if (Number.isNaN(dayMs) || Number.isNaN(ms) || !new Date(dayMs).toISOString().startsWith(date)) return undefined;
  return ms;
}
