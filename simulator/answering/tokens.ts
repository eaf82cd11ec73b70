/**
 * The simulator's own tokens: a run of up to six characters with the white space before it. About four characters of English
 * are one token, as with the true tokenizers; what counts is that whole and streamed answers agree, which they do because a
 * streamed answer sends exactly one token in each event.
 */
const TOKEN = /\s*\S{1,6}|\s+/gu;

/** Cuts a text into tokens; joined again they are the text. */
export function tokenise(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** How many tokens a text has. */
export function countTokens(text: string): number {
  return text.match(TOKEN)?.length ?? 0;
}
