/** What words look like: names, times, numbers. Questions ask for these by kind. */
import type { Vocabulary, Words } from './words.ts';

/** How much of a sentence has a shape and is not in the question, each from 0 to 1. */
export interface Shape {
  readonly names: number;
  readonly times: number;
  readonly digits: number;
}

const MONTH = /^(?:januar|februar|march|april|may|june|juli|august|septemb|octob|novemb|decemb)/;

const UNKNOWN = 0;
const IS_MONTH = 1;
const IS_OTHER = 2;

/** Looks at words of one vocabulary. */
export class Shapes {
  readonly #vocabulary: Vocabulary;
  readonly #termOf: Int16Array;
  readonly #months: Uint8Array;

  constructor(vocabulary: Vocabulary, termOf: Int16Array) {
    this.#vocabulary = vocabulary;
    this.#termOf = termOf;
    this.#months = new Uint8Array(vocabulary.size);
  }

  /** The shape of a stretch of words. */
  of(text: string, { ids, starts, ends }: Words, from: number, to: number): Shape {
    let names = 0;
    let times = 0;
    let digits = 0;
    for (let at = from; at < to; at += 1) {
      const start = starts[at] as number;
      const code = text.charCodeAt(start);
      // Most words begin with a small letter.
      if (code >= 0x61 && code <= 0x7a) continue;
      const id = ids[at] as number;
      if ((this.#termOf[id] as number) >= 0) continue;
      if (code >= 0x30 && code <= 0x39) {
        digits += 1;
        const isYear = (ends[at] as number) - start === 4 && (code === 0x31 || code === 0x32);
        if (isYear) times += 1;
      } else if (code >= 0x41 && code <= 0x5a) {
        if (this.#isMonth(id)) times += 1;
        else if (at > from) names += 1;
      }
    }
    return { names: Math.min(1, names / 3), times: Math.min(1, times / 2), digits: Math.min(1, digits / 2) };
  }

  #isMonth(id: number): boolean {
    if (this.#months[id] === UNKNOWN) {
      this.#months[id] = MONTH.test(this.#vocabulary.nameOf(id)) ? IS_MONTH : IS_OTHER;
    }
    return this.#months[id] === IS_MONTH;
  }
}
