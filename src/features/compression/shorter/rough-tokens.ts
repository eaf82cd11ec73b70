/** About how many tokens a text has, to compare two forms of it: by kinds of characters, as OpenAI's o200k splits them. */

const MEAN_WORD = 6;
const DIGITS_OF_A_TOKEN = 3;

/** The count. */
export function roughTokens(text: string): number {
  let tokens = 0;
  for (let at = 0; at < text.length; ) {
    const kind = kindAt(text, at);
    const start = at;
    while (at < text.length && kindAt(text, at) === kind) at += 1;
    const length = at - start;
    if (kind === LETTER) tokens += Math.ceil(length / MEAN_WORD);
    else if (kind === DIGIT) tokens += Math.ceil(length / DIGITS_OF_A_TOKEN);
    // A space goes with the word behind it.
    else if (kind === SPACE) tokens += length > 1 ? 1 : 0;
    else if (kind === MARK) tokens += Math.ceil(length / 2);
    else tokens += length;
  }
  return tokens;
}

const SPACE = 0;
const LETTER = 1;
const DIGIT = 2;
const MARK = 3;
const OTHER = 4;

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 0x20) return SPACE;
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) return LETTER;
  return code < 0x80 ? MARK : OTHER;
}
