import { textsOfBroken } from '../../formats/broken-answer.ts';
import { TextSample } from '../../lanes/text-sample.ts';

/** Enough to estimate by. */
const MOST_BYTES = 262_144;

/** The text of a whole answer that broke off, as far as it came. */
export function textOfBroken(chunks: readonly Buffer[]): TextSample {
  const sample = new TextSample();
  if (chunks.length === 0) return sample;
  for (const text of textsOfBroken(Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8'))) {
    sample.note(`${text} `);
  }
  return sample;
}
