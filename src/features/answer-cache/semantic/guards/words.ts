/** Questions as words: what guards compare. Pure. */

/** A word of a question. */
export interface Word {
  /** As it is written, in NFKC. */
  readonly text: string;
  /** In lower case. */
  readonly lower: string;
  readonly kind: 'word' | 'number' | 'exact';
  /** It begins a sentence. */
  readonly isFirst: boolean;
}

/** What must be the same letter by letter: addresses, paths, quotations, code, ids, versions, operators, emoji. */
const EXACT =
  /https?:\/\/[^\s<>"']+|[\w.+-]+@[\w-]+\.[\w.-]+|`[^`]+`|"[^"]{1,200}"|“[^”]{1,200}”|„[^“”]{1,200}[“”]|«[^»]{1,200}»|「[^」]{1,200}」|(?<![\p{L}\p{N}])'[^']{2,200}'(?![\p{L}\p{N}])|(?:~|\.{1,2})?(?:\/[\w.-]+){2,}|[A-Za-z]:\\[^\s]+|\b[\w-]+(?:\.[A-Za-z_][\w-]*)+\b(?:\(\))?|\b\w+\(\)|\b\w*(?:_\w+)+\b|\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b|\b[a-z]+[A-Z]\w*\b|--?[a-z][\w-]+|#\w+|@\w+|\b[A-Za-z]\+\+|\b[A-Za-z]#|[$€£¥₹%°]|(?:(?![`´])[\p{S}*&\\/]|(?<=[!<>=:])=|!(?==)|\p{Extended_Pictographic})+|(?<=[\s\d])[-–](?=\s)/gu;
const NUMBER = /[-+]?\d+(?:[.,:/\u2019' ]\d+)*/gu;
const LETTERS = /[\p{L}\p{M}]+(?:['’\u2010-][\p{L}\p{M}]+)*/gu;
const ANY = new RegExp(
  `(?<exact>${EXACT.source})|(?<number>${NUMBER.source})|(?<letters>${LETTERS.source})|(?<end>[.!?。！？\\n:]+)`,
  'gu',
);
/** Scripts without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** English ones that stand for two words, before their endings are cut. */
const SHORT: readonly (readonly [RegExp, string])[] = [
  [/\b(?:best|easiest|simplest|good) (?=ways?\b|methods?\b)/giu, ''],
  [/\bcan['’]t\b/giu, 'can not'],
  [/\bwon['’]t\b/giu, 'will not'],
  [/\bcannot\b/giu, 'can not'],
  [/n['’]t\b/giu, ' not'],
  [/(?<=\p{L})['’](?:s|re|ve|ll|d|m)\b/giu, ' '],
];

/** The words of a question, in their order. */
export function wordsOf(question: string): readonly Word[] {
  let text = question.normalize('NFKC');
  for (const [short, long] of SHORT) text = text.replace(short, long);
  const words: Word[] = [];
  let isFirst = true;
  for (const { 0: found, groups = {} } of text.matchAll(ANY)) {
    if (groups.end !== undefined) isFirst = true;
    else {
      const kind = groups.exact !== undefined ? 'exact' : groups.number !== undefined ? 'number' : 'word';
      if (kind === 'word' && UNSPACED.test(found)) words.push(...segments(found));
      else words.push({ text: found, lower: found.toLowerCase(), kind, isFirst });
      isFirst = false;
    }
  }
  return words;
}

let segmenter: Intl.Segmenter | undefined;

function segments(run: string): Word[] {
  // Loaded for those who write so only.
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  return [...segmenter.segment(run)].map(({ segment }) => ({
    text: segment,
    lower: segment,
    kind: 'word',
    isFirst: false,
  }));
}

/** Whether a text is in a script without spaces. */
export const isUnspaced = (text: string): boolean => UNSPACED.test(text);

/** The stem of a word: its common endings are cut, so that forms of one word are alike. Two words may share one. */
export function stemOf(lower: string): string {
  if (lower.length <= 3 || isUnspaced(lower)) return lower;
  return lower
    .replace(/ies$/u, 'y')
    .replace(/(?<=.{3})(?:ing|ed)$/u, '')
    .replace(/(?<=.{2}(?:ch|sh|ss|x|z))es$/u, '')
    .replace(/(?<=.{2}[^su])s$/u, '')
    .replace(/(?<=.{3})(\p{L})\1$/u, '$1')
    .replace(/(?<=.{3})e$/u, '');
}
