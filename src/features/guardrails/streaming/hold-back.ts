import type { Span } from '../inspection.ts';

/** What a filter must know to say early what can no longer change. */
export interface Sought {
  readonly find: (text: string) => readonly Span[];
  /** Whether a word, as it stands between spaces, can be part of what is sought. */
  readonly isPart: (word: string) => boolean;
  /** Whether what is sought may reach over a space into the next word. */
  readonly spansWords: boolean;
  /** How many characters before and behind it decide what it is. */
  readonly before: number;
  readonly behind: number;
  /** Longer runs are cut here, so that what is held has a bound. */
  readonly longest: number;
}

/** A text in place of what was found. */
export type Replace = (type: string, found: string) => string;

const MOST_SPACES = 3;

/**
 * Filters a text that comes in pieces. Only words that can be part of a match are held, until enough stands behind them to decide; all
 * else is passed on at once, but for the word that is still under way. What is decided depends on the text alone and never on where it
 * was cut: runs of such words are found first, and each is searched with the same characters around it.
 */
export class HoldBack {
  readonly #sought: Sought;
  readonly #replace: Replace;
  /** The characters that went before, as far as they may decide, and what is held. */
  #text = '';
  /** Where in it begins what is held. */
  #at = 0;

  constructor(sought: Sought, replace: Replace) {
    this.#sought = sought;
    this.#replace = replace;
  }

  /** How many characters are held. */
  get held(): number {
    return this.#text.length - this.#at;
  }

  /** Takes a piece; gives what may be passed on. */
  push(piece: string): string {
    this.#text += piece;
    return this.#release(false);
  }

  /** Gives the rest. */
  end(): string {
    return this.#release(true);
  }

  #release(isEnd: boolean): string {
    let out = '';
    for (;;) {
      const start = this.#afterSpaces(this.#at);
      out += this.#text.slice(this.#at, start);
      this.#at = start;
      const run = this.#run(start, isEnd);
      if (run === undefined) break;
      out += run.isSought ? this.#filtered(start, run.end) : this.#text.slice(start, run.end);
      this.#at = run.end;
    }
    const forgotten = Math.max(0, this.#at - this.#sought.before);
    this.#text = this.#text.slice(forgotten);
    this.#at -= forgotten;
    return out;
  }

  /** The word that begins here, or the run of words that can be parts; undefined as long as more has to come. */
  #run(start: number, isEnd: boolean): { readonly end: number; readonly isSought: boolean } | undefined {
    const { isPart, spansWords, behind, longest } = this.#sought;
    const limit = start + longest;
    let end = this.#wordEnd(start, limit, isEnd);
    if (end === undefined || end === start) return undefined;
    if (!isPart(this.#text.slice(start, end))) return { end, isSought: false };
    while (spansWords && end < limit) {
      const next = this.#afterSpaces(end);
      const isTooFar = next - end > MOST_SPACES;
      if (next === this.#text.length && !isEnd && !isTooFar) return undefined;
      if (isTooFar || next === end || next >= limit) break;
      const nextEnd = this.#wordEnd(next, limit, isEnd);
      if (nextEnd === undefined) return undefined;
      if (nextEnd === next || !isPart(this.#text.slice(next, nextEnd))) break;
      end = nextEnd;
    }
    return isEnd || this.#text.length >= end + behind ? { end, isSought: true } : undefined;
  }

  /** Where a word ends; undefined if it may go on. */
  #wordEnd(start: number, limit: number, isEnd: boolean): number | undefined {
    let end = start;
    while (end < this.#text.length && end < limit && !isSpace(this.#text.charCodeAt(end))) end += 1;
    return end === this.#text.length && end < limit && !isEnd ? undefined : end;
  }

  #afterSpaces(from: number): number {
    let at = from;
    while (at < this.#text.length && isSpace(this.#text.charCodeAt(at))) at += 1;
    return at;
  }

  #filtered(start: number, end: number): string {
    const { find, before, behind } = this.#sought;
    const from = Math.max(0, start - before);
    let out = '';
    let at = start;
    for (const span of find(this.#text.slice(from, end + behind))) {
      const [first, last] = [span.start + from, Math.min(end, span.end + from)];
      if (first < at || first >= end) continue;
      out += this.#text.slice(at, first) + this.#replace(span.type, this.#text.slice(first, last));
      at = last;
    }
    return out + this.#text.slice(at, end);
  }
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
