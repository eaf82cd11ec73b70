/**
 * What a prompt looks like to the predictor: hashed words and pairs of words, hashed runs of four characters, and some numbers about
 * its shape. One pass, no strings made; a long text counts by its first and last characters.
 */

/** How many numbers `shapeOf` writes. */
export const SHAPES = 16;
/** Longer texts are read in part, so that the time that it takes is bounded. */
const FIRST_CHARACTERS = 6_144;
const LAST_CHARACTERS = 2_048;
const RUN = 4;

/** The hashed features of a text: places in a table, each once, with how often they were seen. */
interface SparseText {
  readonly length: number;
  readonly places: Int32Array;
  readonly counts: Int32Array;
  /** Places before this one are of words; those from it are of runs of characters. */
  readonly words: number;
}

/** Turns texts into features. Keeps its arrays between texts: what it gives is valid until the next. */
export class TextHasher {
  readonly #withRuns: boolean;
  readonly #half: number;
  readonly #seen: Int32Array;
  #places = new Int32Array(1_024);
  #counts = new Int32Array(1_024);
  #length = 0;

  /** `bits`: of the table, half of which is for words. `withRuns`: whether runs of characters count. */
  constructor(bits: number, withRuns: boolean) {
    this.#withRuns = withRuns;
    this.#half = 1 << (bits - 1);
    this.#seen = new Int32Array(1 << bits);
  }

  read(text: string): SparseText {
    this.#length = 0;
    const short = shorten(text);
    this.#readWords(short);
    const words = this.#length;
    if (this.#withRuns) this.#readRuns(short);
    const length = this.#length;
    for (let each = 0; each < length; each += 1) this.#seen[this.#places[each] as number] = 0;
    return { length, words, places: this.#places, counts: this.#counts };
  }

  #readWords(text: string): void {
    let before = 0;
    let position = 0;
    while (position < text.length) {
      const kind = kindOf(text.charCodeAt(position));
      if (kind === SPACE) {
        position += 1;
        continue;
      }
      const start = position;
      let hash = FIRST;
      do {
        hash = mix(hash, lower(text.charCodeAt(position)));
        position += 1;
      } while (kind !== SIGN && position < text.length && kindOf(text.charCodeAt(position)) === kind);
      // Which number it is says little; how long it is says how large it is.
      if (kind === DIGIT) hash = mix(FIRST, 0x100 + Math.min(4, position - start));
      this.#count(spread(hash) % this.#half);
      if (before !== 0) this.#count(spread(Math.imul(before, 31) ^ hash) % this.#half);
      before = hash;
    }
  }

  #readRuns(text: string): void {
    let run = 0;
    let filled = 0;
    let wasSpace = true;
    // Four characters of seven bits each: the run is its own hash until it is spread.
    for (let position = 0; position < text.length; position += 1) {
      const code = text.charCodeAt(position);
      const kind = kindOf(code);
      if (kind === SPACE && wasSpace) continue;
      wasSpace = kind === SPACE;
      run = (run << 7) | (wasSpace ? 0x20 : kind === DIGIT ? 0x30 : lower(code) & 0x7f);
      filled += 1;
      if (filled >= RUN) this.#count(this.#half + (spread(run & 0xfffffff) % this.#half));
    }
  }

  #count(place: number): void {
    const found = this.#seen[place] as number;
    if (found !== 0) {
      this.#counts[found - 1] = (this.#counts[found - 1] as number) + 1;
      return;
    }
    if (this.#length === this.#places.length) this.#grow();
    this.#places[this.#length] = place;
    this.#counts[this.#length] = 1;
    this.#length += 1;
    this.#seen[place] = this.#length;
  }

  #grow(): void {
    const places = new Int32Array(this.#places.length * 2);
    const counts = new Int32Array(this.#counts.length * 2);
    places.set(this.#places);
    counts.set(this.#counts);
    this.#places = places;
    this.#counts = counts;
  }
}

/** Numbers about the shape of a text: its length, digits, signs, choices, questions. About −1 to 5 each. */
export function shapeOf(text: string, shape: Float64Array): void {
  const short = shorten(text);
  const counts = new Int32Array(KINDS);
  let numbers = 0;
  let kind = SPACE;
  for (let position = 0; position < short.length; position += 1) {
    const code = short.charCodeAt(position);
    const next = kindOf(code);
    if (next === DIGIT && kind !== DIGIT) numbers += 1;
    if (next === LETTER && kind !== LETTER) counts[WORDS] = (counts[WORDS] as number) + 1;
    kind = next;
    const counted = SPECIAL[code & 0x7f] as number;
    if (code < 0x80 && counted !== 0) counts[counted] = (counts[counted] as number) + 1;
    if (code >= 0x41 && code <= 0x5a) counts[CAPITALS] = (counts[CAPITALS] as number) + 1;
    if (next === DIGIT) counts[DIGITS] = (counts[DIGITS] as number) + 1;
  }
  const length = Math.max(1, short.length);
  const share = (of: number, times: number): number => ((counts[of] as number) / length) * times;
  const log = (value: number): number => Math.log1p(value);
  shape[0] = log(text.length);
  shape[1] = share(DIGITS, 5);
  shape[2] = log(numbers);
  shape[3] = share(CAPITALS, 5);
  shape[4] = share(OPERATORS, 10);
  shape[5] = share(BACKSLASHES, 10);
  shape[6] = share(COMMAS, 20);
  shape[7] = log(counts[STOPS] as number);
  shape[8] = log(counts[QUESTIONS] as number);
  shape[9] = log(counts[LINES] as number);
  shape[10] = length / Math.max(1, counts[WORDS] as number) / 8;
  shape[11] = share(BRACKETS, 20);
  shape[12] = log(counts[DOLLARS] as number);
  shape[13] = /\b(?:not|except|least|never)\b/i.test(short) ? 1 : 0;
  shape[14] = /\n *(?:A|\(?a)[.)] /.test(short) ? 1 : 0;
  shape[15] = /\b(?:all|none|both|neither) of\b|statement 1/i.test(short) ? 1 : 0;
}

const FIRST = 0x811c9dc5 | 0;
const SPACE = 0;
const LETTER = 1;
const DIGIT = 2;
const SIGN = 3;

const [WORDS, DIGITS, CAPITALS, OPERATORS, BACKSLASHES, COMMAS, STOPS, QUESTIONS, LINES, BRACKETS, DOLLARS, KINDS] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
] as const;

const KIND_OF: Uint8Array = kinds();
const SPECIAL: Uint8Array = special();

function kinds(): Uint8Array {
  const table = new Uint8Array(0x80).fill(SIGN);
  table.fill(SPACE, 0, 0x21);
  table.fill(DIGIT, 0x30, 0x3a);
  table.fill(LETTER, 0x41, 0x5b);
  table.fill(LETTER, 0x61, 0x7b);
  return table;
}

function special(): Uint8Array {
  const table = new Uint8Array(0x80);
  const signs: readonly (readonly [string, number])[] = [
    ['+-*/=<>^_', OPERATORS],
    ['\\', BACKSLASHES],
    [',', COMMAS],
    ['.', STOPS],
    ['?', QUESTIONS],
    ['\n', LINES],
    ['()[]{}', BRACKETS],
    ['$', DOLLARS],
  ];
  for (const [characters, kind] of signs) for (const one of characters) table[one.charCodeAt(0)] = kind;
  return table;
}

/** Letters of all languages are letters. */
const kindOf = (code: number): number => (code < 0x80 ? (KIND_OF[code] as number) : code === 0xa0 ? SPACE : LETTER);
const lower = (code: number): number => (code >= 0x41 && code <= 0x5a ? code + 0x20 : code);
const mix = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193);

function spread(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

const shorten = (text: string): string =>
  text.length <= FIRST_CHARACTERS + LAST_CHARACTERS
    ? text
    : `${text.slice(0, FIRST_CHARACTERS)}\n${text.slice(-LAST_CHARACTERS)}`;
