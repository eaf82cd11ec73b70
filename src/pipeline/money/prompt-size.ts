import type { PromptSize } from '../../costs/input-estimate.ts';
import type { RequestOutline } from '../../formats/outline.ts';

/**
 * How large a prompt is. Each medium counts the same, whatever its kind and size, which the outline knows; the base64 of inline
 * media is no text.
 */
export function promptSizeOf({ promptBytes, inlineBytes, media }: RequestOutline): PromptSize {
  return { bytes: promptBytes - inlineBytes, media: media.length };
}
