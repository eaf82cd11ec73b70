/** Reading a management request's body: every field by its name and type, nothing unknown let through. */
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { parsePeriod } from '../core/period.ts';
import { endOfDuration } from './duration.ts';

/** A field as it was sent: its value, `null` to clear it, undefined where it was not sent. */
export type Sent<Value> = Value | null | undefined;

const MOST_CHARACTERS = 512;
const MOST_ITEMS = 2_000;
/** More than any budget that a store can hold. */
const MOST_USD = 1_000_000_000;

/** A refusal that names the field. */
export function wrongField(name: string, what: string): GatewayError {
  return new GatewayError('invalid_field', `\`${name}\` ${what}.`, { param: name });
}

/** The fields of one JSON object. Reading one marks it as known; `refuseOthers` then refuses whatever was not read. */
export class Fields {
  readonly #body: JsonObject;
  readonly #prefix: string;
  readonly #known = new Set<string>();

  /** `prefix` stands before names in refusals: `members[0].`. */
  constructor(body: JsonObject, prefix = '') {
    this.#body = body;
    this.#prefix = prefix;
  }

  /** Names of the fields that were sent. */
  get names(): readonly string[] {
    return Object.keys(this.#body).filter((name) => this.#body[name] !== undefined);
  }

  /** Whether it was sent, be it as `null`. */
  has(name: string): boolean {
    return Object.hasOwn(this.#body, name) && this.#body[name] !== undefined;
  }

  raw(name: string): JsonValue | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.#body, name) ? this.#body[name] : undefined;
  }

  text(name: string, maxLength = MOST_CHARACTERS): Sent<string> {
    return this.#read(name, 'must be a text', (value) => {
      if (typeof value !== 'string') return undefined;
      if (value.length > maxLength) throw this.wrong(name, `must not be longer than ${maxLength} characters`);
      return value;
    });
  }

  /** A text that must be there and must not be empty. */
  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === null || value === '') throw this.wrong(name, 'is required');
    return value;
  }

  flag(name: string): Sent<boolean> {
    return this.#read(name, 'must be true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  /** A whole number from 0. */
  count(name: string): Sent<number> {
    return this.#read(name, 'must be a whole number from 0', countOf);
  }

  /** An amount of USD from 0, exactly. */
  usd(name: string): Sent<PicoUsd> {
    return this.#read(name, `must be a number of USD from 0 to ${MOST_USD}`, usdOf);
  }

  texts(name: string): Sent<readonly string[]> {
    return this.#read(name, `must be a list of texts, at most ${MOST_ITEMS}`, textsOf);
  }

  object(name: string): Sent<JsonObject> {
    return this.#read(name, 'must be an object', (value) => (isJsonObject(value) ? value : undefined));
  }

  objects(name: string): Sent<readonly JsonObject[]> {
    return this.#read(name, `must be a list of objects, at most ${MOST_ITEMS}`, (value) =>
      Array.isArray(value) && value.length <= MOST_ITEMS && value.every(isJsonObject) ? value : undefined,
    );
  }

  /** Texts by name, as `aliases`. */
  textMap(name: string): Sent<Readonly<Record<string, string>>> {
    return this.#map(name, 'must be an object of texts', (value) => (typeof value === 'string' ? value : undefined));
  }

  /** Whole numbers by name, as `model_rpm_limit`. */
  countMap(name: string): Sent<Readonly<Record<string, number>>> {
    return this.#map(name, 'must be an object of whole numbers from 0', countOf);
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Sent<Value> {
    return this.#read(name, `must be one of ${values.join(', ')}`, (value) => values.find((known) => known === value));
  }

  /** A budget's period, as `30d` or `1mo`. */
  period(name: string): Sent<string> {
    return this.#read(name, 'must be a period such as `30s`, `12h`, `1d`, `7d` or `1mo`', (value) =>
      typeof value === 'string' && parsePeriod(value) !== undefined ? value : undefined,
    );
  }

  /** A moment: an ISO date, or how long from now (`10d`); in milliseconds since the epoch. */
  moment(name: string, nowMs: number): Sent<number> {
    return this.#read(name, 'must be a date in ISO 8601 or a duration such as `10d`', (value) => {
      if (typeof value !== 'string') return undefined;
      const after = endOfDuration(value, nowMs);
      if (after !== undefined) return after;
      const atMs = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
      return Number.isFinite(atMs) ? atMs : undefined;
    });
  }

  /** Fields that are stored as they are and given back. */
  kept(names: readonly string[]): JsonObject {
    const kept: JsonObject = {};
    for (const name of names) {
      const value = this.raw(name);
      if (value !== undefined) kept[name] = value;
    }
    return kept;
  }

  /** Marks fields as known that mean nothing here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** Throws for the first field that nobody read: what was misspelt must not look as if it had taken effect. */
  refuseOthers(): void {
    const unknown = this.names.find((name) => !this.#known.has(name));
    if (unknown !== undefined) throw this.wrong(unknown.slice(0, 100), 'is not a field of this request');
  }

  wrong(name: string, what: string): GatewayError {
    return wrongField(`${this.#prefix}${name}`, what);
  }

  #read<Value>(name: string, what: string, read: (value: JsonValue) => Value | undefined): Sent<Value> {
    const value = this.raw(name);
    if (value === undefined || value === null) return value;
    const found = read(value);
    if (found === undefined) throw this.wrong(name, what);
    return found;
  }

  #map<Value>(
    name: string,
    what: string,
    read: (value: JsonValue) => Value | undefined,
  ): Sent<Readonly<Record<string, Value>>> {
    const value = this.object(name);
    if (value === undefined || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => {
      const found = item === undefined ? undefined : read(item);
      if (found === undefined) throw this.wrong(`${name}.${key.slice(0, 100)}`, what);
      return [key, found] as const;
    });
    if (entries.length > MOST_ITEMS) throw this.wrong(name, `must not have more than ${MOST_ITEMS} entries`);
    return Object.fromEntries(entries);
  }
}

/** A whole number from 0 that survives JSON. */
export function countOf(value: JsonValue): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A JSON number of USD, exactly, where it is one that a budget may be. */
export function usdOf(value: JsonValue): PicoUsd | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= MOST_USD)) return undefined;
  return picoUsdFromUsd(value);
}

function textsOf(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) return undefined;
  const texts = value.filter((item) => typeof item === 'string' && item.length <= MOST_CHARACTERS);
  return texts.length === value.length ? (texts as string[]) : undefined;
}
