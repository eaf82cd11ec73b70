import { textIn } from '../../core/text-in.ts';
import { TextSample } from '../../lanes/text-sample.ts';

/** Enough to estimate by; what follows is taken to be like it. */
const MOST_BYTES = 262_144;
/** A JSON string, whole or cut off at the end of the text, and the colon behind it if it is a name. */
const STRING = /"((?:[^"\\]|\\.)*)(?:"\s*(:?)|\\?$)/gs;

/** The texts in a whole answer that broke off, as far as it came: its JSON strings but for names and media. */
export function textOfBroken(chunks: readonly Buffer[]): TextSample {
  const sample = new TextSample();
  if (chunks.length === 0) return sample;
  const bytes = Buffer.concat(chunks);
  let name = '';
  for (const [, words = '', colon] of bytes.subarray(0, MOST_BYTES).toString('utf8').matchAll(STRING)) {
    if (colon === ':') name = words;
    else sample.note(`${textIn(words, name)} `);
  }
  return sample;
}
