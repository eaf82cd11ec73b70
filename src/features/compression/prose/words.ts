/** Words of texts as numbers: forms of one word have one number, and whole texts are compared as lists of these. */
import { stemOf } from './stem.ts';

/** The words of a text: their numbers, and where each begins and ends. */
export interface Words {
  readonly ids: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

const LETTER = 1;
/** A character that is a word by itself, in scripts without spaces. */
const WORD = 2;
const APOSTROPHE = 3;

const KINDS = new Uint8Array(0x1_00_00);
for (let code = 0x30; code <= 0x39; code += 1) KINDS[code] = LETTER;
for (let code = 0x41; code <= 0x5a; code += 1) KINDS[code] = KINDS[code + 0x20] = LETTER;
KINDS[0x27] = KINDS[0x20_19] = APOSTROPHE;
for (let code = 0x80; code < 0x1_00_00; code += 1) {
  const character = String.fromCharCode(code);
  if (/[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]/.test(character)) KINDS[code] = WORD;
  else if (/[\p{L}\p{N}\p{M}]/u.test(character)) KINDS[code] = LETTER;
}

const MARKS = /\p{M}+/gu;
const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Numbers words as they come up. Words of one vocabulary can be compared. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();
  readonly #stems = new Map<string, number>();
  readonly #names: string[] = [];

  /** How many words there are. */
  get size(): number {
    return this.#names.length;
  }

  /** The stem with a number. */
  nameOf(id: number): string {
    return this.#names[id] ?? '';
  }

  /** The words of a text in their order. */
  read(text: string): Words {
    const most = (text.length >> 1) + 1;
    const ids = new Int32Array(most);
    const starts = new Int32Array(most);
    const ends = new Int32Array(most);
    let count = 0;
    const { length } = text;
    for (let at = 0; at < length; ) {
      const kind = KINDS[text.charCodeAt(at)];
      if (kind !== LETTER && kind !== WORD) {
        at += 1;
        continue;
      }
      const start = at;
      at += 1;
      if (kind === LETTER) {
        while (at < length && KINDS[text.charCodeAt(at)] === LETTER) at += 1;
      } else if (at < length && KINDS[text.charCodeAt(at)] === WORD) {
        // Two characters that overlap with the next two.
        ids[count] = this.#idOf(text.slice(start, at + 1));
        starts[count] = start;
        ends[count] = at + 1;
        count += 1;
        continue;
      }
      // Of "Smith's" the ending, of "didn't" the negation's letter belongs to no word.
      ids[count] = this.#idOf(text.slice(start, at));
      starts[count] = start;
      ends[count] = at;
      count += 1;
      if (KINDS[text.charCodeAt(at)] === APOSTROPHE && at + 1 < length) {
        const next = text.charCodeAt(at + 1) | 0x20;
        if ((next === 0x73 || next === 0x74) && KINDS[text.charCodeAt(at + 2)] !== LETTER) at += 2;
      }
    }
    return { ids: ids.subarray(0, count), starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
  }

  #idOf(word: string): number {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    let plain = word.toLowerCase();
    if (BEYOND_ASCII.test(plain)) plain = plain.normalize('NFD').replace(MARKS, '').normalize('NFC');
    const stem = stemOf(plain);
    let id = this.#stems.get(stem);
    if (id === undefined) {
      id = this.#names.length;
      this.#names.push(stem);
      this.#stems.set(stem, id);
    }
    this.#ids.set(word, id);
    return id;
  }
}
