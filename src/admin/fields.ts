/**
 * Reading a management request's body: every field by its name and type. Numbers and truth values may be in quotes, as LiteLLM takes
 * them; a field that the request does not have is ignored and named in the answer.
 */
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { JsonReader, kindOf } from '../core/json-reader.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { ownValue } from '../core/own-value.ts';
import { parsePeriod } from '../core/period.ts';
import type { Sent } from './changes.ts';
import type { ManagementCall } from './contract.ts';
import { endOfDuration } from './duration.ts';
import { limitingProblem } from './limiting-fields.ts';
import { notesOf, type ReadingNotes } from './reading-notes.ts';

const MOST_CHARACTERS = 512;
const MOST_ITEMS = 2_000;
/** More than any budget that a store can hold. */
const MOST_USD = 1_000_000_000;
const COUNT = 'a whole number, 0 or more';
const COUNT_SCHEMA: JsonObject = { type: 'integer', minimum: 0 };
const TEXTS = `an array of at most ${MOST_ITEMS} strings, each of at most ${MOST_CHARACTERS} characters`;

/** A refusal that names the field; `problem` completes a sentence that begins with it. */
export function wrongField(name: string, problem: string): GatewayError {
  return new GatewayError('invalid_field', `\`${name}\` ${problem}.`, { param: name });
}

/** The fields of one JSON object. Reading one marks it as known; `finish` then says which were sent and not read. */
export class Fields {
  readonly #reader: JsonReader;
  /** The fields that the request has, whether they were sent or not. */
  readonly #known = new Set<string>();
  readonly #unused = new Set<string>();
  readonly #notes: ReadingNotes | undefined;

  /** `path` is the place of the object in the body: `members[0]`. */
  constructor(body: JsonValue | undefined, path = '') {
    this.#reader = new JsonReader(body, path, { refuse: wrongField });
    this.#notes = notesOf(body);
  }

  /** The object as it was sent. */
  get body(): JsonObject {
    return this.#reader.value;
  }

  /** Names of the fields that were sent. */
  get names(): readonly string[] {
    return Object.keys(this.body).filter((name) => this.body[name] !== undefined);
  }

  /** Whether it was sent, even as `null`. */
  has(name: string): boolean {
    this.#known.add(name);
    return this.#reader.has(name);
  }

  /** As it was sent; `schema` says in the OpenAPI document what it may be. */
  raw(name: string, schema: JsonObject = {}): JsonValue | undefined {
    this.#note(name, schema);
    return this.#reader.raw(name);
  }

  text(name: string, maxLength = MOST_CHARACTERS): Sent<string> {
    const schema = { type: ['string', 'null'], maxLength };
    const value = this.#read(name, 'a string', schema, (sent) => (typeof sent === 'string' ? sent : undefined));
    if ((value?.length ?? 0) > maxLength) throw this.wrong(name, `must not be longer than ${maxLength} characters`);
    return value;
  }

  /** A text that must be there and must not be empty. */
  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === null || value === '') throw this.wrong(name, 'is required');
    return value;
  }

  flag(name: string): Sent<boolean> {
    return this.#read(name, 'true or false', { type: ['boolean', 'null'] }, flagOf);
  }

  count(name: string): Sent<number> {
    return this.#read(name, COUNT, orNull(COUNT_SCHEMA), countOf);
  }

  /** An amount of USD from 0, exactly. */
  usd(name: string): Sent<PicoUsd> {
    const schema = { type: ['number', 'null'], minimum: 0, maximum: MOST_USD, description: 'USD' };
    return this.#read(name, `a number of USD from 0 to ${MOST_USD}`, schema, usdOf);
  }

  texts(name: string): Sent<readonly string[]> {
    const items = { type: 'string', maxLength: MOST_CHARACTERS };
    return this.#read(name, TEXTS, { type: ['array', 'null'], items, maxItems: MOST_ITEMS }, textsOf);
  }

  /** Texts of which at least one must be there. */
  requiredTexts(name: string, most = MOST_ITEMS): readonly string[] {
    const values = this.texts(name) ?? [];
    if (values.length === 0) throw this.wrong(name, 'is required');
    if (values.length > most) throw this.wrong(name, `must not have more than ${most} entries`);
    return values;
  }

  object(name: string): Sent<JsonObject> {
    return this.#read(name, 'an object', { type: ['object', 'null'] }, (value) =>
      isJsonObject(value) ? value : undefined,
    );
  }

  /** The fields of each object in an array. */
  objects(name: string): Sent<readonly Fields[]> {
    const schema = { type: ['array', 'null'], items: { type: 'object' }, maxItems: MOST_ITEMS };
    const values = this.#read(name, `an array of at most ${MOST_ITEMS} objects`, schema, (value) =>
      Array.isArray(value) && value.length <= MOST_ITEMS ? value : undefined,
    );
    return values?.map((value, index) => this.#item(name, value, index));
  }

  /** The fields of one object, or of each in an array of at most `most`; there must be one. */
  someObjects(name: string, most: number): readonly Fields[] {
    const item = { type: 'object' };
    const sent = this.raw(name, { anyOf: [item, { type: 'array', items: item, minItems: 1, maxItems: most }] });
    if (sent === undefined) throw this.wrong(name, 'is required');
    if (isJsonObject(sent)) return [new Fields(sent, this.#reader.pathOf(name))];
    if (!Array.isArray(sent) || sent.length === 0 || sent.length > most) {
      throw this.wrong(name, `must be an object or an array of 1 to ${most} objects`);
    }
    return sent.map((value, index) => this.#item(name, value, index));
  }

  /** Names, or the fields of objects that say more, in an array of at most `most`. */
  textsOrObjects(name: string, most: number): readonly (string | Fields)[] {
    const items = { anyOf: [{ type: 'string' }, { type: 'object' }] };
    const sent = this.raw(name, { type: ['array', 'null'], items, maxItems: most }) ?? [];
    if (!Array.isArray(sent) || sent.length > most)
      throw this.wrong(name, `must be an array of at most ${most} entries`);
    return sent.map((value, index) => (typeof value === 'string' ? value : this.#item(name, value, index)));
  }

  /** Texts by name, as in `aliases`. */
  textMap(name: string): Sent<Readonly<Record<string, string>>> {
    return this.map(name, 'a string', { type: 'string' }, (value) => (typeof value === 'string' ? value : undefined));
  }

  /** Whole numbers by name, as in `model_rpm_limit`. */
  countMap(name: string): Sent<Readonly<Record<string, number>>> {
    return this.map(name, COUNT, COUNT_SCHEMA, countOf);
  }

  /** Values by name, each as `read` takes it and `schema` describes it. */
  map<Value>(
    name: string,
    wanted: string,
    schema: JsonObject,
    read: (value: JsonValue) => Value | undefined,
  ): Sent<Readonly<Record<string, Value>>> {
    this.#note(name, { type: ['object', 'null'], additionalProperties: schema, maxProperties: MOST_ITEMS });
    const values = this.object(name);
    if (values === undefined || values === null) return values;
    const entries = Object.entries(values).map(([key, item]): [string, Value] => {
      const found = item === undefined ? undefined : read(item);
      if (found !== undefined) return [key, found];
      throw this.wrong(`${name}.${key.slice(0, 100)}`, `must be ${wanted}, but it is ${kindOf(item)}`);
    });
    if (entries.length > MOST_ITEMS) throw this.wrong(name, `must not have more than ${MOST_ITEMS} entries`);
    return Object.fromEntries(entries);
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Sent<Value> {
    return this.#read(name, `one of ${values.join(', ')}`, { enum: [...values, null] }, (value) =>
      values.find((known) => known === value),
    );
  }

  /** A budget's period, as `30d` or `1mo`. */
  period(name: string): Sent<string> {
    const schema = { type: ['string', 'null'], examples: ['30d', '1mo'] };
    return this.#read(name, 'a period such as `30s`, `12h`, `1d`, `7d` or `1mo`', schema, periodOf);
  }

  /** A moment: an ISO date, or how long from now (`10d`); in milliseconds since the epoch. */
  moment(name: string, nowMs: number): Sent<number> {
    const schema = { type: ['string', 'null'], examples: ['2030-01-31T00:00:00Z', '10d'] };
    return this.#read(name, 'a date in ISO 8601 or a duration such as `10d`', schema, (value) => {
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
      if (value !== undefined) setMember(kept, name, value);
    }
    return kept;
  }

  /** Fields that LiteLLM documents and that have no effect here: named in the answer if they were sent, whatever they are meant for. */
  unused(...names: readonly string[]): void {
    for (const name of names) this.#unused.add(name);
  }

  /** Marks fields as known that have no effect here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
    this.#reader.ignore(...names);
  }

  /**
   * Names the fields that were not read in the answer, as LiteLLM ignores them. Throws if one of them is meant to limit: a misspelt
   * budget must not look as if it had taken effect.
   */
  finish({ ignore }: Pick<ManagementCall, 'ignore'>): void {
    for (const name of this.#reader.unread()) {
      const isNothing = this.#unused.has(name) || (ownValue(this.body, name) ?? null) === null;
      const problem = isNothing ? undefined : limitingProblem(name, this.#known);
      if (problem !== undefined) throw this.wrong(name.slice(0, 100), problem);
      ignore(this.#reader.pathOf(name));
    }
  }

  /** The error for a field; `problem` completes a sentence that begins with its name. */
  wrong(name: string, problem: string): Error {
    return this.#reader.refusal(name, problem);
  }

  #note(name: string, schema: JsonObject): void {
    this.#known.add(name);
    this.#notes?.note(name, schema);
  }

  #item(name: string, value: JsonValue | undefined, index: number): Fields {
    return new Fields(value, `${this.#reader.pathOf(name)}[${index}]`);
  }

  #read<Value>(
    name: string,
    wanted: string,
    schema: JsonObject,
    read: (value: JsonValue) => Value | undefined,
  ): Sent<Value> {
    this.#note(name, schema);
    return this.#reader.sent(name, `must be ${wanted}, but it is ${kindOf(this.raw(name))}`, read);
  }
}

function orNull(schema: JsonObject): JsonObject {
  return { ...schema, type: [schema.type ?? 'object', 'null'] };
}

/** A number of USD, exactly; undefined if it is not a number or is more than a budget can be. */
export function usdOf(value: JsonValue): PicoUsd | undefined {
  const number = numberOf(value);
  return number !== undefined && number >= 0 && number <= MOST_USD ? picoUsdFromUsd(number) : undefined;
}

/** A number, which may be in quotes: LiteLLM's clients read them from forms and environments. */
export function numberOf(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value)) return undefined;
  return Number(value);
}

const TRUE: readonly JsonValue[] = ['true', 't', 'yes', 'y', 'on', '1', 1];
const FALSE: readonly JsonValue[] = ['false', 'f', 'no', 'n', 'off', '0', 0];

/** A truth value as pydantic reads it, which reads LiteLLM's requests: https://docs.pydantic.dev/latest/api/standard_library_types/#booleans */
function flagOf(value: JsonValue): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : undefined;
}

/** A budget's period; undefined for anything else. */
export function periodOf(value: JsonValue): string | undefined {
  return typeof value === 'string' && parsePeriod(value) !== undefined ? value : undefined;
}

/** A whole number from 0 that survives JSON. */
function countOf(value: JsonValue): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function textsOf(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) return undefined;
  const texts = value.filter((item): item is string => typeof item === 'string' && item.length <= MOST_CHARACTERS);
  return texts.length === value.length ? texts : undefined;
}
