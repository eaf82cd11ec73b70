/**
 * Takes the usage frame out of a relayed openai-chat stream whose client did not ask for it (the gateway always asks). Events
 * are found by their bytes; only one that has an empty `choices` is parsed, about one per stream.
 */
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { asBuffer } from './envelope.ts';
import { endOfEvent } from './event-boundary.ts';
import { SseSplitter } from './sse.ts';

/** A usage frame is far smaller; an event that outgrows this is passed on as it comes and not held back any longer. */
const MAX_HELD_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);
const CHOICES = Buffer.from('"choices"');

/** Filters one stream. Complete events leave at once; only the bytes of an event that is still open are held back. */
export class UsageFrameFilter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** Set while an oversized event passes by: a letter and its last bytes, already sent, in which its end may begin. */
  private passing: Buffer | undefined;

  /** Takes the next bytes; returns those to send now, which are the chunk itself where nothing is held and nothing dropped. */
  push(chunk: Uint8Array): Buffer {
    let bytes = asBuffer(chunk);
    if (bytes.length === 0) return NOTHING;
    if (this.passing !== undefined) return this.passOn(this.passing, bytes);
    if (this.held.length > 0) {
      this.held.push(bytes);
      this.heldBytes += bytes.length;
      // Without a line end in it, the chunk cannot complete the open event: no need to join the pieces yet.
      const mayEnd = bytes.indexOf(0x0a) !== -1 || bytes.indexOf(0x0d) !== -1 || this.endsInLineEnd();
      if (!mayEnd && this.heldBytes <= MAX_HELD_BYTES) return NOTHING;
      bytes = Buffer.concat(this.held, this.heldBytes);
      this.hold(NOTHING);
    }
    return this.filter(bytes);
  }

  /** The stream is over: what was held back, unless it is the usage frame without its blank line. */
  end(): Buffer {
    const rest = this.held.length === 1 ? (this.held[0] as Buffer) : Buffer.concat(this.held);
    this.hold(NOTHING);
    this.passing = undefined;
    return hasEmptyChoices(rest, 0, rest.length) && isUsageFrame(rest) ? NOTHING : rest;
  }

  private filter(bytes: Buffer): Buffer {
    const hasReturn = bytes.indexOf(0x0d) !== -1;
    const kept: Buffer[] = [];
    let keptFrom = 0;
    let position = 0;
    for (;;) {
      const end = endOfEvent(bytes, position, hasReturn);
      if (end === -1) break;
      if (hasEmptyChoices(bytes, position, end) && isUsageFrame(bytes.subarray(position, end))) {
        if (position > keptFrom) kept.push(bytes.subarray(keptFrom, position));
        keptFrom = end;
      }
      position = end;
    }
    if (position === bytes.length && keptFrom === 0) return bytes;
    const open = bytes.subarray(position);
    let keptTo = position;
    if (open.length > MAX_HELD_BYTES) {
      keptTo = bytes.length;
      this.passing = lastBytes(bytes);
    } else {
      this.hold(open);
    }
    if (keptTo > keptFrom) kept.push(bytes.subarray(keptFrom, keptTo));
    if (kept.length === 0) return NOTHING;
    return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
  }

  private passOn(before: Buffer, bytes: Buffer): Buffer {
    const joined = Buffer.concat([before, bytes]);
    const end = endOfEvent(joined, 0);
    if (end === -1) {
      this.passing = lastBytes(joined);
      return bytes;
    }
    this.passing = undefined;
    const inChunk = end - before.length;
    const rest = this.push(bytes.subarray(inChunk));
    return rest.length === 0 ? bytes.subarray(0, inChunk) : Buffer.concat([bytes.subarray(0, inChunk), rest]);
  }

  private hold(bytes: Buffer): void {
    this.held = bytes.length === 0 ? [] : [bytes];
    this.heldBytes = bytes.length;
  }

  /** Whether the piece held last ends in a carriage return, whose meaning the new chunk decides. */
  private endsInLineEnd(): boolean {
    return this.held.at(-2)?.at(-1) === 0x0d;
  }
}

/** A blank line is at most four bytes, so its first three may be behind us; the letter says that no line begins with them. */
function lastBytes(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from('x'), bytes.subarray(bytes.length - 3)]);
}

/** Whether an event's bytes are a chunk without choices that carries usage. */
function isUsageFrame(event: Buffer): boolean {
  const texts: string[] = [];
  const splitter = new SseSplitter((data) => texts.push(data));
  splitter.push(event);
  splitter.end();
  const [text] = texts;
  if (text === undefined) return false;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // A usage frame that cannot be read (`NaN` for a count) helps nobody, and its client did not ask for it.
    return text.includes('"usage"');
  }
  return isJsonObject(value) && Array.isArray(value.choices) && value.choices.length === 0 && isJsonObject(value.usage);
}

/** Whether `"choices":[]` stands between two offsets, with any white space inside. */
function hasEmptyChoices(bytes: Buffer, from: number, to: number): boolean {
  let found = bytes.indexOf(CHOICES, from);
  while (found !== -1 && found < to) {
    let position = skipSpace(bytes, found + CHOICES.length);
    if (bytes[position] === 0x3a) {
      position = skipSpace(bytes, position + 1);
      if (bytes[position] === 0x5b && bytes[skipSpace(bytes, position + 1)] === 0x5d) return true;
    }
    found = bytes.indexOf(CHOICES, found + CHOICES.length);
  }
  return false;
}

function skipSpace(bytes: Buffer, from: number): number {
  let position = from;
  let byte = bytes[position];
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
    position += 1;
    byte = bytes[position];
  }
  return position;
}
