/**
 * How many tokens a byte of a text may come to, by a look at some of its bytes. Digits, base64, rare scripts and pictures have several
 * times as many as prose. A rule for each kind of character, on the high side of what OpenAI's tokenizers make of such texts; that of
 * Gemini takes every digit by itself (https://arxiv.org/abs/2408.00118, 2026-11).
 */

const LETTER = 1;
const VOWEL = 2;
const CAPITAL = 3;
const DIGIT = 4;
const SPACE = 5;
const JSON_MARK = 6;
const MARK = 7;

/** Tokens of one byte of each kind. What JSON is made of is read together. */
const TOKENS = [0, 0.25, 0.25, 0.5, 1, 0.05, 0.5, 0.8];
/** Of a letter where words have few vowels: these are not words. */
const OF_RANDOM_LETTER = 0.65;
/** Every language in Latin letters has more vowels among its small letters. */
const LEAST_VOWELS = 0.27;
/** A run of letters and digits that is longer than this is not a word either. */
const LONGEST_WORD = 20;
const OF_NO_WORD = 0.8;
/** Where a run goes from letters to digits, or to capitals, a token ends. */
const OF_CHANGE = 0.6;
const OF_NEW_LINE = 1;
const OF_ESCAPE = 2;
const OF_RARE_ESCAPE = 3;

const KINDS = new Uint8Array(256).fill(MARK, 0, 0x80);
for (let byte = 0x61; byte <= 0x7a; byte += 1) KINDS[byte] = LETTER;
for (const vowel of Buffer.from('aeiouy')) KINDS[vowel] = VOWEL;
for (let byte = 0x41; byte <= 0x5a; byte += 1) KINDS[byte] = CAPITAL;
for (let byte = 0x30; byte <= 0x39; byte += 1) KINDS[byte] = DIGIT;
for (const space of Buffer.from(' \t\r\n')) KINDS[space] = SPACE;
for (const mark of Buffer.from('{}[]":,')) KINDS[mark] = JSON_MARK;

/** Tokens of one byte of a character beyond ASCII, by its first byte; those that are not named are a token each. */
const OF_CHARACTER = new Float64Array(256).fill(1);
OF_CHARACTER[0xc2] = 0.5;
OF_CHARACTER[0xc3] = 0.5;
OF_CHARACTER.fill(0.75, 0xc4, 0xc6);
OF_CHARACTER.fill(0.8, 0xce, 0xd0);
OF_CHARACTER.fill(0.4, 0xd0, 0xd2);
OF_CHARACTER.fill(0.5, 0xd7, 0xda);
OF_CHARACTER.fill(0.67, 0xe0, 0xe1);
OF_CHARACTER.fill(0.67, 0xe3, 0xea);
OF_CHARACTER.fill(0.85, 0xea, 0xee);

const BACKSLASH = 0x5c;
const SMALL_N = 0x6e;
const SMALL_U = 0x75;
/** By its first hexadecimal digit, an escaped character is of a script that is rare, or Korean. */
const RARE = new Set(Buffer.from('123abcABC'));

/** Tokens of a byte of these pieces of a text; 0 if there are none. */
export function textDensity(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  let tokens = 0;
  const letters = { all: 0, vowels: 0 };
  for (const piece of pieces) {
    bytes += piece.length;
    for (let position = 0; position < piece.length; ) {
      const byte = piece[position] as number;
      const kind = KINDS[byte] as number;
      if (kind === 0) {
        const end = endOfCharacter(piece, position);
        tokens += (end - position) * (isRareChinese(byte, piece[position + 1]) ? 1 : (OF_CHARACTER[byte] as number));
        position = end;
      } else if (kind <= DIGIT) {
        const end = endOfWord(piece, position);
        // Numbers take no space with them.
        if (kind === DIGIT && KINDS[piece[position - 1] ?? 0] === SPACE) tokens += 1;
        tokens += Math.max(1, tokensOfWord(piece, position, end, letters));
        position = end;
      } else if (byte === BACKSLASH) {
        const next = piece[position + 1];
        const ofEscape = RARE.has(piece[position + 2] as number) ? OF_RARE_ESCAPE : OF_ESCAPE;
        tokens += next === SMALL_U ? ofEscape : next === SMALL_N ? OF_NEW_LINE : (TOKENS[MARK] as number);
        position += next === SMALL_U ? 6 : 2;
      } else {
        tokens += TOKENS[kind] as number;
        position += 1;
      }
    }
  }
  if (letters.vowels < letters.all * LEAST_VOWELS)
    tokens += letters.all * (OF_RANDOM_LETTER - (TOKENS[LETTER] as number));
  return bytes === 0 ? 0 : Math.min(1, tokens / bytes);
}

/** U+3400 to U+4DFF. */
function isRareChinese(lead: number, second: number | undefined): boolean {
  if (second === undefined) return false;
  return (lead === 0xe3 && second >= 0x90) || (lead === 0xe4 && second < 0xb8);
}

function endOfCharacter(piece: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < piece.length && ((piece[end] as number) & 0xc0) === 0x80) end += 1;
  return end;
}

function endOfWord(piece: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < piece.length) {
    const kind = KINDS[piece[end] as number] as number;
    if (kind === 0 || kind > DIGIT) break;
    end += 1;
  }
  return end;
}

function tokensOfWord(piece: Uint8Array, start: number, end: number, letters: { all: number; vowels: number }): number {
  const isWord = end - start <= LONGEST_WORD;
  let tokens = 0;
  let before = 0;
  for (let position = start; position < end; position += 1) {
    const kind = KINDS[piece[position] as number] as number;
    const ofKind = TOKENS[kind] as number;
    tokens += isWord ? ofKind : Math.max(ofKind, OF_NO_WORD);
    const group = kind === VOWEL ? LETTER : kind;
    if (isWord && group !== before && before !== 0 && before !== CAPITAL) tokens += OF_CHANGE;
    before = group;
    if (isWord && group === LETTER) {
      letters.all += 1;
      if (kind === VOWEL) letters.vowels += 1;
    }
  }
  return tokens;
}
