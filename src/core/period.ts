/**
 * Budget periods: when the present one began, and when the next one begins. Pure: the caller says what time it is.
 *
 * As in LiteLLM, `1d` begins at midnight, `7d` on Monday, `30d` and `1mo` on the first of the month, `1y` on January
 * 1st, all in a time zone; every other length (`30s`, `12h`, `14d`, `2w`) is counted in equal steps from an anchor.
 */

/** A period as it was read. */
export type Period =
  | {
      readonly kind: 'calendar';
      readonly unit: 'day' | 'week' | 'month' | 'year';
      readonly count: number;
      /** One spelling for one period: `1w`, `weekly` and `7d` are all `7d`, so that they share their counters. */
      readonly text: string;
    }
  | { readonly kind: 'fixed'; readonly ms: number; readonly text: string };

/** One period in time. Its `name` (`1mo@1764547200000`) is unique, and the same at every moment within it. */
export interface PeriodWindow {
  readonly name: string;
  readonly startsAtMs: number;
  /** Undefined: it never ends. */
  readonly endsAtMs?: number;
}

/** The window of a budget that never resets. */
export const FOR_EVER: PeriodWindow = { name: 'ever', startsAtMs: 0 };

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
/** Longer periods are typing errors, and would leave the range of dates. */
const LONGEST_YEARS = 100;

/** Words for periods, in lower case, and the periods that they mean. */
export const PERIOD_WORDS: Readonly<Record<string, string>> = {
  minutely: '1m',
  hourly: '1h',
  daily: '1d',
  weekly: '7d',
  monthly: '1mo',
  quarterly: '3mo',
  yearly: '1y',
  annually: '1y',
};

const FIXED_UNITS_MS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    s: SECOND_MS,
    m: 60 * SECOND_MS,
    h: HOUR_MS,
    d: DAY_MS,
    w: 7 * DAY_MS,
  }),
);

/**
 * Reads `30s`, `15m`, `12h`, `1d`, `2w`, `1mo`, `1y`, or one of `PERIOD_WORDS` in any case; undefined for anything
 * else.
 */
export function parsePeriod(text: string): Period | undefined {
  const word = text.toLowerCase();
  const match = /^(\d{1,12})(s|mo|m|h|d|w|y)$/.exec((Object.hasOwn(PERIOD_WORDS, word) && PERIOD_WORDS[word]) || text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = match[2] ?? '';
  if (count === 0) return undefined;
  if (unit === 'y') return calendar('year', count, `${count}y`, LONGEST_YEARS);
  if (unit === 'mo') return calendar('month', count, `${count}mo`, LONGEST_YEARS * 12);
  const ms = count * (FIXED_UNITS_MS.get(unit) ?? Number.NaN);
  if (unit === 'd' || unit === 'w') {
    if (ms === DAY_MS) return calendar('day', 1, '1d', 1);
    if (ms === 7 * DAY_MS) return calendar('week', 1, '7d', 1);
    if (ms === 30 * DAY_MS) return calendar('month', 1, '1mo', 1);
  }
  return ms <= LONGEST_YEARS * 366 * DAY_MS ? { kind: 'fixed', ms, text: `${count}${unit}` } : undefined;
}

function calendar(
  unit: 'day' | 'week' | 'month' | 'year',
  count: number,
  text: string,
  longest: number,
): Period | undefined {
  return count <= longest ? { kind: 'calendar', unit, count, text } : undefined;
}

/** Whether a time zone of that name exists (IANA). */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What windows depend on. */
interface WindowOptions {
  /** IANA name; for calendar periods. One that does not exist throws a `RangeError`. */
  readonly timeZone: string;
  /** Where fixed periods count from. */
  readonly anchorMs: number;
}

/**
 * The window of `period` that contains `nowMs`: it begins at or before it and ends after it. Without a period it never
 * ends.
 */
export function windowAt(period: Period | undefined, nowMs: number, options: WindowOptions): PeriodWindow {
  if (period === undefined) return FOR_EVER;
  if (period.kind === 'fixed') {
    const startsAtMs = options.anchorMs + Math.floor((nowMs - options.anchorMs) / period.ms) * period.ms;
    return { name: `${period.text}@${startsAtMs}`, startsAtMs, endsAtMs: startsAtMs + period.ms };
  }
  const zone = zoneOf(options.timeZone);
  const last = zone.lastWindows.get(period.text);
  if (last?.endsAtMs !== undefined && nowMs >= last.startsAtMs && nowMs < last.endsAtMs) return last;
  const window = calendarWindow(period, nowMs, zone);
  zone.lastWindows.set(period.text, window);
  return window;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** By period. Every request asks, and nearly always within the same window as the request before. */
  readonly lastWindows: Map<string, PeriodWindow>;
}

/** A cache of formatters, which are slow to make; results do not depend on it. */
const zones = new Map<string, Zone>();

function zoneOf(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    zone = { format, lastWindows: new Map() };
    zones.set(timeZone, zone);
  }
  return zone;
}

function calendarWindow(period: Period & { kind: 'calendar' }, nowMs: number, zone: Zone): PeriodWindow {
  let index = indexOf(period, nowMs + offsetMs(zone, nowMs));
  let startsAtMs = instantOf(zone, localStart(period, index));
  // A clock set back across a start shows the old period's date again, in the new period.
  while (nowMs < startsAtMs) {
    index -= 1;
    startsAtMs = instantOf(zone, localStart(period, index));
  }
  let endsAtMs = instantOf(zone, localStart(period, index + 1));
  // This also skips a day that a zone left out: it ends when it begins.
  while (nowMs >= endsAtMs) {
    index += 1;
    startsAtMs = endsAtMs;
    endsAtMs = instantOf(zone, localStart(period, index + 1));
  }
  return { name: `${period.text}@${startsAtMs}`, startsAtMs, endsAtMs };
}

/** 1970-01-01 was a Thursday: three days after a Monday. */
const DAYS_FROM_MONDAY = 3;

/** The index of the period that contains a local time. Local times are milliseconds as if the zone were UTC. */
function indexOf(period: Period & { kind: 'calendar' }, localMs: number): number {
  const date = new Date(localMs);
  switch (period.unit) {
    case 'day':
      return Math.floor(localMs / DAY_MS);
    case 'week':
      return Math.floor((Math.floor(localMs / DAY_MS) + DAYS_FROM_MONDAY) / 7);
    case 'month':
      return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / period.count);
    case 'year':
      return Math.floor(date.getUTCFullYear() / period.count);
  }
}

/** The local midnight at which a period of that index begins. */
function localStart(period: Period & { kind: 'calendar' }, index: number): number {
  switch (period.unit) {
    case 'day':
      return index * DAY_MS;
    case 'week':
      return (index * 7 - DAYS_FROM_MONDAY) * DAY_MS;
    case 'month':
      return Date.UTC(Math.floor((index * period.count) / 12), (index * period.count) % 12, 1);
    case 'year':
      return Date.UTC(index * period.count, 0, 1);
  }
}

/** More than any zone's offset from UTC ever was. */
const FARTHEST_MS = 18 * HOUR_MS;

/** The first moment at which clocks of the zone show that local time or, if they skip it, a later one. */
function instantOf(zone: Zone, localMs: number): number {
  const before = offsetMs(zone, localMs - FARTHEST_MS);
  const after = offsetMs(zone, localMs + FARTHEST_MS);
  // The greater offset is the earlier moment.
  const earliest = localMs - Math.max(before, after);
  const latest = localMs - Math.min(before, after);
  if (earliest + offsetMs(zone, earliest) === localMs) return earliest;
  if (latest + offsetMs(zone, latest) === localMs) return latest;
  // The clocks skip it: the moment of the jump is the first at which they show a later time.
  let [low, high] = [earliest, latest];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (middle + offsetMs(zone, middle) >= localMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How far clocks of the zone are ahead of UTC. */
function offsetMs(zone: Zone, atMs: number): number {
  const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const part of zone.format.formatToParts(atMs)) {
    if (Object.hasOwn(parts, part.type)) parts[part.type as keyof typeof parts] = Number(part.value);
  }
  const localMs = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return localMs - Math.floor(atMs / SECOND_MS) * SECOND_MS;
}
