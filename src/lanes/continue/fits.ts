/**
 * Whether text that repeats nothing can be the rest of a text. A model that was shown its own words goes on with them; one
 * that was asked to in words may write the answer once more in other words, and its beginning is all there is to tell the two apart.
 */
import type { StreamEvent } from '../../formats/neutral/conversation.ts';

/** What is known where two texts meet. */
export interface Meeting {
  readonly before: string;
  /** The model's own words were its last turn, so that going on is what it does. */
  readonly isPrefill: boolean;
  /** No piece of the text so far began in the middle of a word, so its end is the end of one. */
  readonly isCutBetweenWords: boolean;
}

/** `wait`: too little of it has come. */
type Fit = 'fits' | 'differs' | 'wait';

const WORD_END = /[\p{L}\p{M}\p{N}]$/u;
const WORD_START = /^[\p{L}\p{M}\p{N}]/u;
/** Where a word or a sentence ends, and no bracket, quotation mark or operator stands open. */
const IN_PROSE = /[\p{L}\p{M}\p{N}.!?…:;,。！？]$/u;
const MARKED_LINE = /^\s*(?:[#>|*+-]|\d+[.)])/;
/** What a sentence goes on with and none begins with. */
const GOES_ON = /^[,.;:!?)\]}%…’”»、。，；：！？）】」]/u;
const UPPER = /^[\p{Lu}\p{Lt}]/u;
/** A plain word in capitals, as sentences begin; not the rest of an identifier (`getName(`). */
const SENTENCE_START = /^[\p{Lu}\p{Lt}][\p{L}\p{M}'’-]*[\s,:!.]/u;
const ONE_WORD = /^[\p{L}\p{M}'’-]*$/u;

/** So much of a beginning that says little by itself is held before it is judged. */
const JUDGED_CHARACTERS = 80;
const LONGEST_FIRST_WORD = 24;

/** Judges the beginning of a continuation; `isAll`: no more comes. */
export function fit(held: string, isAll: boolean, meeting: Meeting): Fit {
  const { before, isPrefill, isCutBetweenWords } = meeting;
  const body = held.trimStart();
  if (body === '') return isAll ? 'fits' : 'wait';
  // An answer that itself began with a space says nothing by another one.
  const hasSpace = body.length < held.length && !/^\s/u.test(before);
  const isGlued = body.length === held.length && WORD_END.test(before) && WORD_START.test(body);
  if (isGlued && isCutBetweenWords) return 'differs';
  const end = before.trimEnd();
  if (isPrefill) return hasSpace || !IN_PROSE.test(end) || !UPPER.test(body) ? 'fits' : sentenceStart(body, isAll);
  // A block of code does not begin in the middle of a line: the model wraps what it says again.
  if (body.startsWith('```') && body.length === held.length && !/\n[ \t]*$/.test(before)) return 'differs';
  const isNewLine = held.slice(0, held.length - body.length).includes('\n');
  if (hasSpace && !isNewLine) return 'fits';
  if (body.length === held.length && GOES_ON.test(body)) return 'fits';
  if (UPPER.test(body) && (isNewLine ? isInSentence(end) : IN_PROSE.test(end))) return 'differs';
  if (!isAll && held.length < JUDGED_CHARACTERS) return 'wait';
  return isLike(body, before) ? 'differs' : 'fits';
}

function sentenceStart(body: string, isAll: boolean): Fit {
  if (SENTENCE_START.test(`${body}${isAll ? ' ' : ''}`)) return 'differs';
  return isAll || body.length > LONGEST_FIRST_WORD || !ONE_WORD.test(body) ? 'fits' : 'wait';
}

/** Whether a text ends within a sentence; a heading or an item of a list ends without a full stop. */
const isInSentence = (end: string): boolean =>
  WORD_END.test(end) && !MARKED_LINE.test(end.slice(end.lastIndexOf('\n') + 1));

/** Whether nothing is missing at the end of a text as far as its last characters tell. */
export function isEndOfSentence(text: string): boolean {
  return /[.!?…。！？}\]>|`]["'”’)\]*_`]*\s*$/u.test(text);
}

const LEAST_WORDS = 5;
const LIKE_SHARE = 0.5;

/** Whether a text has most of its words from the beginning of another: the same thing said once more. */
function isLike(text: string, before: string): boolean {
  const words = wordsOf(text);
  if (words.size < LEAST_WORDS) return false;
  const known = wordsOf(before.slice(0, text.length * 2));
  let shared = 0;
  for (const word of words) if (known.has(word)) shared += 1;
  return shared >= words.size * LIKE_SHARE;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text.toLowerCase().match(/[\p{L}\p{N}]{4,}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{2}/gu),
  );
}

const LEAST_PIECES = 8;

/** Whether the pieces of a stream were whole words as far as they tell: then it was cut between two. */
export function isCutBetweenWords(events: readonly StreamEvent[]): boolean {
  let pieces = 0;
  let last = '';
  for (const event of events) {
    if (event.type !== 'text' || event.choice !== 0 || event.text === '') continue;
    if (pieces > 0 && WORD_END.test(last) && WORD_START.test(event.text)) return false;
    pieces += 1;
    last = event.text;
  }
  return pieces >= LEAST_PIECES;
}
