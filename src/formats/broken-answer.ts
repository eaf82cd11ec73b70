import { answerText } from './answer-text.ts';

/** A JSON string, whole or cut off at the end of the text, and the colon behind it if it is a name. */
const STRING = /"((?:[^"\\]|\\.)*)(?:"\s*(:?)|\\?$)/gs;

/** The texts in a whole answer that broke off, as far as it came: its JSON strings without names and media. */
export function* textsOfBroken(json: string): Iterable<string> {
  let name = '';
  for (const [, words = '', colon] of json.matchAll(STRING)) {
    if (colon === ':') name = words;
    else yield answerText({ [name]: words }, 'audio');
  }
}
