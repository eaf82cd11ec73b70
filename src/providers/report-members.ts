/** Members of reports, read strictly: a report that is misread would balance by accident. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { ownValue } from '../core/own-value.ts';

/** An object of a report. */
export function objectIn(value: JsonValue | undefined, what: string): JsonObject {
  if (value !== undefined && isJsonObject(value)) return value;
  throw new TypeError(`${what} is not an object`);
}

/** The objects of a list in a report. */
export function listIn(holder: JsonObject, name: string): readonly JsonObject[] {
  const list = ownValue(holder, name);
  if (!Array.isArray(list)) throw new TypeError(`${name} is not a list`);
  return list.map((each) => objectIn(each, `an item of ${name}`));
}

/** A count; 0 if it is absent or null. */
export function countIn(holder: JsonObject, name: string): number {
  const count = ownValue(holder, name) ?? 0;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new TypeError(`${name} is not a count`);
}

/** A text; undefined if it is absent, null or empty. */
export function textIn(holder: JsonObject, name: string): string | undefined {
  const text = ownValue(holder, name) ?? undefined;
  if (text === undefined || typeof text === 'string') return text === '' ? undefined : text;
  throw new TypeError(`${name} is not a text`);
}

/** A moment in seconds since the epoch, as milliseconds. */
export function secondsIn(holder: JsonObject, name: string): number {
  const seconds = ownValue(holder, name);
  if (typeof seconds === 'number' && seconds >= 0) return seconds * 1_000;
  throw new TypeError(`${name} is not a time in seconds`);
}

/** A moment in ISO 8601. */
export function isoIn(holder: JsonObject, name: string): number {
  const text = textIn(holder, name);
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new TypeError(`${name} is not a time`);
}

/** An amount, divided by what one unit of it is: 100 if it is in cents. */
export function amountIn(value: JsonValue | undefined, name: string, units = 1n): PicoUsd {
  const amount = typeof value === 'number' || typeof value === 'string' ? picoUsdFromUsd(value) : undefined;
  if (amount !== undefined) return amount / units;
  throw new TypeError(`${name} is not an amount`);
}

/** Where a list goes on; undefined at its end. */
export function nextIn(answer: JsonObject): string | undefined {
  if (answer.has_more !== true) return undefined;
  const next = textIn(answer, 'next_page');
  if (next === undefined) throw new TypeError('has_more is true, and next_page is absent');
  return next;
}
