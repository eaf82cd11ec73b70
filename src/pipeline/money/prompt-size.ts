import type { PromptSize } from '../../costs/input-estimate.ts';
import type { Member, ReadableEnvelope } from '../../wire/envelope.ts';

/** The members of a request that a model reads, in all formats of clients. */
const READ_BY_MODEL: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'tools',
  'functions',
  'prompt',
  'input',
  'suffix',
  'response_format',
  'tool_choice',
]);

/** Shorter strings without a space are words of some language, or ids. */
const SHORTEST_MEDIUM = 4_096;
const LOOKED_AT = 256;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COLON = 0x3a;

/** How large a prompt is, by its bytes: media that stand in it encoded are counted, their bytes are not. */
export function promptSize(body: Buffer, envelope: ReadableEnvelope): PromptSize {
  let bytes = 0;
  let media = 0;
  for (const member of envelope.members) {
    if (!READ_BY_MODEL.has(member.name)) continue;
    bytes += member.valueEnd - member.valueStart;
    // Media are named by a link, or stand in the prompt as one long string.
    const links = linksIn(body, member);
    if (member.valueEnd - member.valueStart < SHORTEST_MEDIUM) {
      media += links;
      continue;
    }
    const encoded = encodedIn(body, member);
    bytes -= encoded.bytes;
    media += Math.max(links, encoded.count);
  }
  return { bytes, media };
}

/** Words that stand twice beside a medium, as the type of a part and as the member with its address. */
const TWICE = ['"image_url"', '"video_url"', '"audio_url"'].map((word) => Buffer.from(word));
/** Words that stand once: the members that name a file the provider has, or can fetch. */
const ONCE = ['"file_id"', '"file_uri"', '"fileUri"', '"file_url"'].map((word) => Buffer.from(word));
/** The type of a source that the provider fetches; a member may have this name too, and means nothing. */
const ADDRESS = Buffer.from('"url"');

function linksIn(body: Buffer, member: Member): number {
  let links = countOf(body, member, ADDRESS, isValue);
  for (const word of TWICE) links += Math.ceil(countOf(body, member, word) / 2);
  for (const word of ONCE) links += countOf(body, member, word);
  return links;
}

function countOf(
  body: Buffer,
  { valueStart, valueEnd }: Member,
  word: Buffer,
  counts?: (body: Buffer, at: number) => boolean,
): number {
  let found = 0;
  for (let at = body.indexOf(word, valueStart); at !== -1 && at < valueEnd; at = body.indexOf(word, at + word.length)) {
    if (counts === undefined || counts(body, at)) found++;
  }
  return found;
}

/** Whether what stands here is the value of a member, not its name. */
function isValue(body: Buffer, at: number): boolean {
  let before = at - 1;
  while (body[before] === SPACE) before--;
  return body[before] === COLON;
}

/** Long strings without any space at their beginning: base64 of an image, a document, a sound. */
function encodedIn(body: Buffer, { valueStart, valueEnd }: Member): { readonly bytes: number; readonly count: number } {
  let bytes = 0;
  let count = 0;
  let at = body.indexOf(QUOTE, valueStart);
  while (at !== -1 && at < valueEnd) {
    const end = endOfString(body, at + 1, valueEnd);
    const length = end - at - 1;
    if (length >= SHORTEST_MEDIUM && isEncoded(body, at + 1)) {
      bytes += length;
      count++;
    }
    at = body.indexOf(QUOTE, end + 1);
  }
  return { bytes, count };
}

function endOfString(body: Buffer, start: number, limit: number): number {
  let at = body.indexOf(QUOTE, start);
  while (at !== -1 && at < limit) {
    let slashes = 0;
    while (body[at - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
    at = body.indexOf(QUOTE, at + 1);
  }
  return limit;
}

/** Base64 and its kin are ASCII letters, digits and a few signs; a `data:` address begins with its type. */
function isEncoded(body: Buffer, start: number): boolean {
  for (let at = start; at < start + LOOKED_AT; at++) {
    const byte = body[at] ?? 0;
    const isSign = byte >= 0x2b && byte <= 0x3d && byte !== 0x3c;
    const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
    if (!isSign && !isLetter) return false;
  }
  return true;
}
