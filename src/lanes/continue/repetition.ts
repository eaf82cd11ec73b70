/**
 * Finds in the beginning of a continuation what the client has already: all of it (the model starts over), or its end.
 * White space is not compared, since models change it when they say something again.
 */

/** A shorter repetition of the end may be meant (`the`, a brace). */
export const SHORTEST_REPETITION = 12;
/** How far before the end a repetition may begin, unless it begins where the answer does. */
const LONGEST_OF_END = 4_000;
/** So much of the text said again and then said differently is another version of it. */
const LEAST_OF_ANOTHER_VERSION = 24;

/** What the pieces so far say: `undecided` while they repeat; `repeated`: what follows `at` is new. */
type Finding =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'repeated'; readonly at: number }
  /** It said a stretch again and left it before its end. */
  | { readonly kind: 'diverged' }
  /** It repeats nothing. */
  | { readonly kind: 'new' };

/** Compares one continuation with the text before it, character by character. */
export class Repetition {
  /** The text without its white space. */
  readonly #text: string;
  /** Where in the text a repetition may have begun that agrees so far, in order. */
  #starts: number[];
  #spoken = '';
  #position = 0;
  /** The longest repetition up to the end of the text: its length, and where in the continuation it ends. */
  #found: { readonly length: number; readonly at: number } | undefined;

  constructor(before: string) {
    this.#text = before.replace(/\s+/gu, '');
    this.#starts = this.#text === '' ? [] : [0];
    const last = this.#text.length - SHORTEST_REPETITION;
    for (let start = Math.max(1, last - LONGEST_OF_END); start <= last; start += 1) this.#starts.push(start);
  }

  /** Takes the next piece. After anything but `undecided` it is not asked again. */
  push(piece: string): Finding {
    for (const unit of piece.split('')) {
      this.#position += 1;
      if (unit.trim() === '') continue;
      const length = this.#spoken.length;
      this.#starts = this.#starts.filter((start) => this.#text[start + length] === unit);
      if (this.#starts.length === 0) return this.#decide();
      this.#spoken += unit;
      this.#noteEnd(length + 1);
      if (this.#starts.length === 0) return this.#decide();
    }
    return { kind: 'undecided' };
  }

  /** No more comes, or something else than text. */
  end(): Finding {
    return this.#decide();
  }

  #noteEnd(length: number): void {
    const start = this.#starts.at(-1) ?? 0;
    if (start + length < this.#text.length) return;
    this.#starts.pop();
    // A rule of dashes that goes on is not a repetition, unless the text is nothing else.
    if (start === 0 || !isPeriodic(this.#spoken)) this.#found = { length, at: this.#position };
  }

  #decide(): Finding {
    const { length } = this.#spoken;
    const isAnother = length - (this.#found?.length ?? 0) >= LEAST_OF_ANOTHER_VERSION && !isPeriodic(this.#spoken);
    if (isAnother) return { kind: 'diverged' };
    return this.#found === undefined ? { kind: 'new' } : { kind: 'repeated', at: this.#found.at };
  }
}

/** Whether a text is the same run over and over (a rule of dashes, `ha ha ha`). */
function isPeriodic(text: string): boolean {
  for (let period = 1; period * 2 <= text.length; period += 1) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}
