import type { FormatId } from '../../formats/neutral/conversation.ts';
import { readTurns } from '../../formats/prompt-texts.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { type Compressed, compressPrompt, type Wish } from './compress-prompt.ts';

/** Compresses a body of which only the bytes are known. */
export function compressBody(body: Buffer, format: FormatId, wish: Wish): Compressed | undefined {
  const envelope = readEnvelope(body);
  if (!envelope.ok) return undefined;
  const made = compressPrompt(body, readTurns(body, envelope, format), wish);
  if (made.body === body) return made;
  // A body that could not be read any more would fail at every provider.
  const after = readEnvelope(made.body);
  if (!after.ok) throw new Error(`compression broke a body: ${after.reason}`);
  return made;
}
