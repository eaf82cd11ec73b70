/**
 * Takes the usage frame out of a relayed openai-chat stream whose client did not ask for it (the gateway always asks). Events
 * are found by their bytes; only one that has an empty `choices` is parsed, about one per stream.
 */
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { endOfEvent } from './event-boundary.ts';
import { HeldEvents, NOTHING } from './held-events.ts';
import { SseSplitter } from './sse.ts';

/** A usage frame is far smaller than this. */
const MAX_HELD_BYTES = 64 * 1024;

const CHOICES = Buffer.from('"choices"');

/** Filters one stream. */
export class UsageFrameFilter extends HeldEvents {
  constructor() {
    super(MAX_HELD_BYTES);
  }

  /** The stream is over: what was held back, unless it is the usage frame without its blank line. */
  override end(): Buffer {
    const rest = super.end();
    return hasEmptyChoices(rest, 0, rest.length) && isUsageFrame(rest) ? NOTHING : rest;
  }

  protected filter(bytes: Buffer): Buffer {
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
    const keptTo = this.holdFrom(bytes, position);
    if (keptTo > keptFrom) kept.push(bytes.subarray(keptFrom, keptTo));
    if (kept.length === 0) return NOTHING;
    return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
  }
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
    // A usage frame that cannot be read (`NaN` for a count) is of no use, and its client did not ask for it.
    return text.includes('"usage"');
  }
  return isJsonObject(value) && Array.isArray(value.choices) && value.choices.length === 0 && isJsonObject(value.usage);
}

/** Whether `"choices":[]` lies between two offsets, with any white space inside. */
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
