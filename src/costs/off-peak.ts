/**
 * Hours at which a model is cheaper: LiteLLM's `off_peak_pricing`, `{hours_utc, windows: [{hours_utc, weekdays}], weekday_timezone, prices…}`.
 * What it prices replaces the price that would apply otherwise, tiers included.
 */
import { isJsonObject, type JsonObject, type JsonValue, objectsOf } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';
import type { RateCard } from './rate-card.ts';
import type { TieredRate } from './tiered-rate.ts';

const FIELDS = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cachedInput: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  reasoning: 'output_cost_per_reasoning_token',
} as const;

/** The off-peak prices of a model. */
interface OffPeak {
  isOpen(atMs: number): boolean;
  /** The card as it is then. */
  apply(card: RateCard): RateCard;
}

/** Reads them; undefined if there are none. */
export function readOffPeak(
  value: JsonValue | undefined,
  priceOf: (value: JsonValue | undefined) => PicoUsd | undefined,
): OffPeak | undefined {
  if (!isJsonObject(value)) return undefined;
  const rates: Record<string, TieredRate> = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const price = priceOf(value[field]);
    if (price !== undefined) rates[name] = { base: price, tiers: [] };
  }
  const windows = windowsOf(value);
  if (windows.length === 0 || Object.keys(rates).length === 0) return undefined;
  const cheaper = new WeakMap<RateCard, RateCard>();
  return {
    isOpen: (atMs) => windows.some((isIn) => isIn(atMs)),
    apply(card) {
      const known = cheaper.get(card) ?? { ...card, ...rates, source: `${card.source} off peak` };
      cheaper.set(card, known);
      return known;
    },
  };
}

type Window = (atMs: number) => boolean;

function windowsOf(block: JsonObject): readonly Window[] {
  const daily = spansOf(block.hours_utc);
  const dayOf = dayReader(block.weekday_timezone);
  const byDay = objectsOf(block.windows).flatMap((rule): readonly Window[] => {
    const spans = spansOf(rule.hours_utc);
    if (rule.weekdays === undefined || rule.weekdays === null) return spans;
    const days = new Set(Array.isArray(rule.weekdays) ? rule.weekdays.map(dayNumber) : []);
    return spans.map((isIn) => (atMs) => isIn(atMs) && days.has(dayOf(atMs)));
  });
  return [...daily, ...byDay];
}

/** `16:30-00:30`, or a list of such; the first moment belongs to a window, the last does not. One that ends as it begins is the whole day. */
function spansOf(value: JsonValue | undefined): readonly Window[] {
  return (Array.isArray(value) ? value : [value]).flatMap((each): readonly Window[] => {
    const match = typeof each === 'string' ? /^\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*$/.exec(each) : null;
    if (match === null) return [];
    const [from = 0, to = 0] = [1, 3].map((at) => Number(match[at]) * 60 + Number(match[at + 1]));
    return [
      (atMs) => {
        const minute = Math.floor(atMs / 60_000) % 1_440;
        return from < to ? minute >= from && minute < to : minute >= from || minute < to;
      },
    ];
  });
}

const DAYS: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** 1 is Monday. */
function dayNumber(value: JsonValue): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? DAYS.indexOf(value.trim().toLowerCase().slice(0, 3)) + 1 : 0;
}

function dayReader(timeZone: JsonValue | undefined): (atMs: number) => number {
  const format = (zone: string): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short' });
  let days = format('UTC');
  try {
    if (typeof timeZone === 'string' && timeZone.trim() !== '') days = format(timeZone.trim());
  } catch {
    // A zone that does not exist counts as UTC, as it does for LiteLLM.
  }
  return (atMs) => dayNumber(days.format(atMs));
}
