/** Reads the notation of `notation.ts`. */
import { type JsonObject, type JsonValue, setMember } from '../../../core/json.ts';
import type { Column } from './notation.ts';

/** The value of a text in the notation. Throws a SyntaxError if it is no such text. */
export function readNotation(text: string): JsonValue {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

const QUOTED = /"(?:[^"\\]|\\.)*"/y;
/** Up to what can stand behind a value or a name. */
const BARE = /[^,\n:{}[\]()"]+/y;
const BARE_VALUE = /[^,\n{}[\]()"]+/y;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const MOST_NESTED = 64;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    if (this.#at !== this.#text.length) this.#fail();
  }

  value(depth: number): JsonValue {
    if (depth > MOST_NESTED) this.#fail();
    const next = this.#text[this.#at];
    if (next === '{') return this.#braces(depth);
    if (next === '[') return this.#list(depth);
    if (next === '"') return this.#quoted();
    const bare = this.#match(BARE_VALUE);
    if (bare === 'true' || bare === 'false') return bare === 'true';
    if (bare === 'null') return null;
    return NUMBER.test(bare) ? Number(bare) : bare;
  }

  #list(depth: number): JsonValue[] {
    this.#take('[');
    const items: JsonValue[] = [];
    if (this.#has(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#has(','));
    this.#take(']');
    return items;
  }

  /** An object, a table, or an object of rows. */
  #braces(depth: number): JsonValue {
    this.#take('{');
    if (this.#has('}')) return {};
    if (this.#text[this.#at] === '{') return this.#objectOfRows(depth);
    const name = this.#name();
    if (!this.#has(':')) return this.#table(this.#columnsFrom(name, depth), depth);
    const object: JsonObject = {};
    setMember(object, name, this.value(depth + 1));
    while (this.#has(',')) {
      const next = this.#name();
      this.#take(':');
      setMember(object, next, this.value(depth + 1));
    }
    this.#take('}');
    return object;
  }

  #columns(depth: number): readonly Column[] {
    this.#take('{');
    return this.#columnsFrom(this.#name(), depth);
  }

  /** The columns whose first name was read already. */
  #columnsFrom(first: string, depth: number): readonly Column[] {
    if (depth > MOST_NESTED) this.#fail();
    const columns: Column[] = [];
    let name = first;
    for (;;) {
      const inner = this.#text[this.#at] === '{' ? this.#columns(depth + 1) : undefined;
      columns.push({ name, inner });
      if (!this.#has(',')) break;
      name = this.#name();
    }
    this.#take('}');
    return columns;
  }

  #table(columns: readonly Column[], depth: number): JsonValue[] {
    this.#take('[');
    const rows: JsonValue[] = [];
    if (this.#text[this.#at] === '(') {
      while (this.#has('(')) {
        rows.push(this.#rows(columns, depth));
        this.#take(')');
      }
    } else rows.push(...this.#rows(columns, depth));
    this.#take(']');
    return rows;
  }

  #rows(columns: readonly Column[], depth: number): JsonObject[] {
    const rows: JsonObject[] = [];
    do rows.push(this.#row(columns, depth) ?? this.#fail());
    while (this.#has('\n'));
    return rows;
  }

  #objectOfRows(depth: number): JsonObject {
    const columns = this.#columns(depth);
    const object: JsonObject = {};
    do {
      const name = this.#name();
      this.#take(':');
      setMember(object, name, this.#row(columns, depth) ?? this.#fail());
    } while (this.#has('\n'));
    this.#take('}');
    return object;
  }

  /** A row; undefined if all of its cells are empty. */
  #row(columns: readonly Column[], depth: number): JsonObject | undefined {
    const row: JsonObject = {};
    columns.forEach(({ name, inner }, index) => {
      if (index > 0) this.#take(',');
      if (inner !== undefined) {
        const value = this.#row(inner, depth + 1);
        if (value !== undefined) setMember(row, name, value);
      } else if (!this.#isEmptyCell()) setMember(row, name, this.value(depth + 1));
    });
    return Object.keys(row).length === 0 ? undefined : row;
  }

  #isEmptyCell(): boolean {
    const next = this.#text[this.#at];
    return next === undefined || ',\n)]}'.includes(next);
  }

  #name(): string {
    return this.#text[this.#at] === '"' ? this.#quoted() : this.#match(BARE);
  }

  #quoted(): string {
    return JSON.parse(this.#match(QUOTED)) as string;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return this.#fail();
    this.#at += found.length;
    return found;
  }

  #has(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #take(character: string): void {
    if (!this.#has(character)) this.#fail();
  }

  #fail(): never {
    throw new SyntaxError(`not in the notation at character ${this.#at}`);
  }
}
