import type { PromptSize } from '../../costs/input-estimate.ts';
import type { RequestOutline } from '../../formats/outline.ts';

/** How large a prompt is. The base64 of media is no text, but what a file of text holds is. */
export function promptSizeOf({ promptBytes, inlineBytes, textFileBytes, media }: RequestOutline): PromptSize {
  if (media.length === 0) return { bytes: promptBytes, media: 0 };
  let files = 0;
  for (const { kind } of media) if (kind !== 'text') files += 1;
  return { bytes: promptBytes - inlineBytes + textFileBytes, media: files };
}
