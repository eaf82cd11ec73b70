/**
 * Reads the members of a JSON object by name and type, and refuses one of the wrong type by its path. Only own members count:
 * a name that a client chose never meets a prototype.
 */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from './json.ts';

/** What differs between the kinds of bodies that are read. */
export interface ReadingRules {
  /**
   * Makes the error for the field at `path`, which is spelled as the client wrote it: `messages[0].content`. `problem` completes
   * a sentence that begins with the field: `must be a string, but it is null`.
   */
  readonly refuse: (path: string, problem: string) => Error;
  /** A second spelling that every name may have. */
  readonly spelling?: {
    readonly second: (name: string) => string;
    readonly first: (written: string) => string;
  };
  /** Whether a string of digits counts as a number: protobuf's JSON writes 64-bit integers so. */
  readonly takesDigits?: boolean;
  /** Whether a `null` that nothing has read is left out of `unread` and `rest`. */
  readonly dropsNull?: boolean;
}

/** Names the type of a JSON value for an error message: `a string`, `null`, `an empty array`, `missing`. */
export function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty string' : 'a string';
    case 'number':
      return `the number ${value}`;
    case 'boolean':
      return String(value);
    default:
      return 'an object';
  }
}

/** The choices in words: `'auto', 'none' or 'required'`. */
function choicesOf(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

/** One JSON object, its path, and which of its members have been read. In every reader but `raw` and `sent`, `null` counts as absent. */
export class JsonReader {
  readonly value: JsonObject;
  readonly path: string;
  readonly #rules: ReadingRules;
  /** The names of the present members that were read. */
  #read: string[] | undefined;

  constructor(value: JsonValue | undefined, path: string, rules: ReadingRules) {
    if (!isJsonObject(value)) {
      throw rules.refuse(path === '' ? 'body' : path, `must be an object, but it is ${kindOf(value)}`);
    }
    this.value = value;
    this.path = path;
    this.#rules = rules;
  }

  /** Whether the member was sent, even as `null`. */
  has(name: string): boolean {
    return this.#written(name) !== undefined;
  }

  /** The path of a member, as the client wrote its name. */
  pathOf(name: string): string {
    const written = this.#rules.spelling === undefined ? name : (this.#written(name) ?? name);
    return this.path === '' ? written : `${this.path}.${written}`;
  }

  /** The error for a member: `problem` completes a sentence that begins with the field. */
  refusal(name: string, problem: string): Error {
    return this.#rules.refuse(this.pathOf(name), problem);
  }

  /** The error for a member of the wrong type or value. */
  wrong(name: string, wanted: string): Error {
    return this.refusal(name, `must be ${wanted}, but it is ${kindOf(this.raw(name))}`);
  }

  /** The error for a member with a value that it may not have; it shows the beginning of a string. */
  wrongChoice(name: string, values: readonly string[]): Error {
    const value = this.raw(name);
    const shown = typeof value === 'string' && value !== '' ? `'${value.slice(0, 40)}'` : kindOf(value);
    return this.refusal(name, `must be ${choicesOf(values)}, but it is ${shown}`);
  }

  /** The member as it was sent, `null` included. */
  raw(name: string): JsonValue | undefined {
    const written = this.#rules.spelling === undefined ? name : (this.#written(name) ?? name);
    const value = ownMember(this.value, written);
    if (value === undefined) return undefined;
    if (this.#read === undefined) this.#read = [written];
    else this.#read.push(written);
    return value;
  }

  /** The member, of any type. */
  get(name: string): JsonValue | undefined {
    return this.raw(name) ?? undefined;
  }

  /** The member as `read` takes it; a value for which `read` returns undefined is refused. `null` is handed back: it clears a field. */
  sent<Value>(name: string, problem: string, read: (value: JsonValue) => Value | undefined): Value | null | undefined {
    const value = this.raw(name);
    if (value === undefined || value === null) return value;
    const found = read(value);
    if (found === undefined) throw this.refusal(name, problem);
    return found;
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(name, 'a string');
  }

  /** A string that must be there and may be empty. */
  requiredString(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string') throw this.wrong(name, 'a string');
    return value;
  }

  /** A string that must be there and must not be empty. */
  requiredName(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || value === '') throw this.wrong(name, 'a non-empty string');
    return value;
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    for (const known of values) if (known === value) return known;
    throw this.wrongChoice(name, values);
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(name, 'true or false');
  }

  /** A finite number. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) {
      if (this.#rules.takesDigits === true && /^-?\d{1,15}$/.test(value)) return Number(value);
      throw this.refusal(name, `must be a number, but it is a string. Send ${value.slice(0, 40)} without quotes`);
    }
    throw this.wrong(name, 'a number');
  }

  /** A whole number of at least `least`. */
  integer(name: string, least = Number.NEGATIVE_INFINITY): number | undefined {
    const number = this.number(name);
    if (number === undefined || (Number.isInteger(number) && number >= least)) return number;
    throw this.wrong(name, Number.isFinite(least) ? `a whole number of at least ${least}` : 'a whole number');
  }

  object(name: string): JsonReader | undefined {
    return this.get(name) === undefined ? undefined : this.requiredObject(name);
  }

  requiredObject(name: string): JsonReader {
    return new JsonReader(this.raw(name), this.pathOf(name), this.#rules);
  }

  array(name: string): readonly JsonValue[] | undefined {
    const value = this.get(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw this.wrong(name, 'an array');
  }

  strings(name: string): readonly string[] | undefined {
    return this.array(name)?.map((item, index) => {
      if (typeof item === 'string') return item;
      throw this.#rules.refuse(`${this.pathOf(name)}[${index}]`, `must be a string, but it is ${kindOf(item)}`);
    });
  }

  objects(name: string): readonly JsonReader[] | undefined {
    const path = this.pathOf(name);
    return this.array(name)?.map((item, index) => new JsonReader(item, `${path}[${index}]`, this.#rules));
  }

  /** The objects of an array that must be there. */
  requiredObjects(name: string): readonly JsonReader[] {
    const objects = this.objects(name);
    if (objects === undefined) throw this.wrong(name, 'an array');
    return objects;
  }

  /** Marks members as read that are taken elsewhere or mean nothing here. */
  ignore(...names: readonly string[]): this {
    for (const name of names) this.raw(name);
    return this;
  }

  /** The names of the members that nothing has read, as the client wrote them, except those that are known here. */
  unread(known?: ReadonlySet<string>): readonly string[] {
    const names: string[] = [];
    for (const name of Object.keys(this.value)) {
      const value = this.value[name];
      if (value === undefined || (value === null && this.#rules.dropsNull === true)) continue;
      if (known?.has(name) !== true && !this.#wasRead(name)) names.push(name);
    }
    return names;
  }

  /** The members that `unread` names, by the first spelling of their names; undefined if there are none. */
  rest(known?: ReadonlySet<string>): JsonObject | undefined {
    let rest: JsonObject | undefined;
    for (const name of this.unread(known)) {
      rest ??= {};
      setMember(rest, this.#first(name), this.value[name]);
    }
    return rest;
  }

  /** A second spelling of a member that was read counts as read too. */
  #wasRead(name: string): boolean {
    if (this.#read === undefined) return false;
    if (this.#read.includes(name)) return true;
    const { spelling } = this.#rules;
    if (spelling === undefined) return false;
    const first = spelling.first(name);
    return this.#read.includes(first) || this.#read.includes(spelling.second(first));
  }

  #first(written: string): string {
    return this.#rules.spelling?.first(written) ?? written;
  }

  /** The spelling in which the member was sent; a second one counts only if the first is absent or `null`. */
  #written(name: string): string | undefined {
    const first = ownMember(this.value, name);
    const { spelling } = this.#rules;
    if (spelling === undefined || (first !== undefined && first !== null))
      return first === undefined ? undefined : name;
    const second = spelling.second(name);
    if (ownMember(this.value, second) !== undefined) return second;
    return first === undefined ? undefined : name;
  }
}

/**
 * A member that is the object's own. All that JSON's objects inherit are functions and `__proto__`, so only these need the second,
 * dearer look-up.
 */
function ownMember(object: JsonObject, name: string): JsonValue | undefined {
  const value = object[name];
  const mayBeInherited = typeof value === 'function' || name === '__proto__';
  return mayBeInherited && !Object.hasOwn(object, name) ? undefined : value;
}
