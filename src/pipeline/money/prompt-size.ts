import type { PromptSize } from '../../costs/input-estimate.ts';
import { textDensity } from '../../costs/text-density.ts';
import type { RequestOutline } from '../../formats/outline.ts';

/** How large a prompt is. The base64 of media is not text, but what a file of text holds is. */
export function promptSizeOf({ promptBytes, inlineBytes, textFileBytes, media }: RequestOutline): PromptSize {
  if (media.length === 0) return { bytes: promptBytes, media: 0 };
  let files = 0;
  for (const { kind } of media) if (kind !== 'text') files += 1;
  return { bytes: promptBytes - inlineBytes + textFileBytes, media: files };
}

/** More would take longer than all of the claim. */
const PIECES = 4;
const PIECE_BYTES = 48;

/** The tokens that a byte of a prompt may come to, by a look at some of it. */
export function densityOf(outline: RequestOutline, random: () => number): number {
  return textDensity(outline.promptPieces(PIECES, PIECE_BYTES, random));
}
