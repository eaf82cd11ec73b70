import { textsOfBroken } from '../../formats/broken-answer.ts';
import { TextSample } from '../../lanes/text-sample.ts';

/** Enough to estimate by. */
const MOST_BYTES = 262_144;

/** The text of a whole answer that broke off, as far as it came. */
export function textOfBroken(chunks: readonly Buffer[]): TextSample {
  const sample = new TextSample();
  const totalBytes = chunks.reduce((sum, { length }) => sum + length, 0);
  if (totalBytes === 0) return sample;
  const readBytes = Math.min(totalBytes, MOST_BYTES);
  for (const text of textsOfBroken(Buffer.concat(chunks, readBytes).toString('utf8'))) sample.note(`${text} `);
  // The rest is taken to be like it.
  sample.scale(totalBytes / readBytes);
  return sample;
}
