/** Media in a request's body: what kind they are of, and whether they are in it or only named. */
import { decodedLength, isBase64, isBase64Bytes } from '../core/base64.ts';
import { QUOTE } from '../wire/json-scan.ts';
import { hasBackslash, membersAt, type NotedValues, parseSpan, type Span } from '../wire/json-walk.ts';
import { isTextType, kindOfBytes, type MediumKind, SIGNATURE_BYTES } from './media-signature.ts';

/** One medium that a request brings to its model. */
export interface Medium {
  readonly kind: MediumKind;
  /** `inline`: base64 in the body. `address`: the provider fetches it. `file`: the provider has it under an id. */
  readonly source: 'inline' | 'address' | 'file';
  /** The media type as the client gave it, in lower case. */
  readonly mediaType: string | undefined;
  /** Where its base64 is in the body, without quotes; of another source an empty stretch. */
  readonly start: number;
  readonly end: number;
  /** Bytes of the medium itself; 0 if it is not inline. */
  readonly decodedBytes: number;
}

/** Shorter base64 without `data:` before it may as well be a name or a path, if such may be at its place. */
const SHORTEST_BARE_BASE64 = 128;
const LONGEST_DATA_HEADER = 256;

/**
 * The medium that a string in a media position stands for; undefined if no string, or an empty one, is there. Only base64 to its
 * very end counts as inline: anything else is an address, whose bytes stay part of the prompt's text.
 */
export function readMedium(
  bytes: Buffer,
  span: Span | undefined,
  kind: MediumKind,
  givenType?: string,
  place: 'data' | 'address' = 'data',
): Medium | undefined {
  if (span === undefined || bytes[span.start] !== QUOTE || span.end - span.start <= 2) return undefined;
  const start = span.start + 1;
  const end = span.end - 1;
  if (hasBackslash(bytes, start, end))
    return readEscaped(parseSpan(bytes, span) as string, start, end, kind, givenType, place);
  const header = dataHeader(bytes.toString('latin1', start, Math.min(end, start + LONGEST_DATA_HEADER)));
  const dataStart = start + (header?.length ?? 0);
  const isLongEnough = header !== undefined || place === 'data' || end - dataStart >= SHORTEST_BARE_BASE64;
  if (!isLongEnough || !isBase64Bytes(bytes, dataStart, end)) return named('address', kind, givenType);
  return inline(
    kind,
    givenType ?? header?.mediaType,
    bytes.toString('latin1', dataStart, Math.min(end, dataStart + HEAD_LENGTH)),
    dataStart,
    end,
    decodedLength(trimmedLength(bytes, dataStart, end)),
  );
}

/** The same of a string with escapes (some clients write `\/`): all of it counts as the base64, the escapes included. */
function readEscaped(
  value: string,
  start: number,
  end: number,
  kind: MediumKind,
  givenType: string | undefined,
  place: 'data' | 'address',
): Medium {
  const header = dataHeader(value.slice(0, LONGEST_DATA_HEADER));
  const data = header === undefined ? value : value.slice(header.length);
  const isLongEnough = header !== undefined || place === 'data' || data.length >= SHORTEST_BARE_BASE64;
  if (!isLongEnough || !isBase64(data)) return named('address', kind, givenType);
  const decodedBytes = decodedLength(data.replace(/=+$/, '').length);
  return inline(kind, givenType ?? header?.mediaType, data.slice(0, HEAD_LENGTH), start, end, decodedBytes);
}

function trimmedLength(bytes: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === 0x3d) last -= 1;
  return last - start;
}

/** So much base64 holds every byte that tells files apart. */
const HEAD_LENGTH = Math.ceil(SIGNATURE_BYTES / 3) * 4;

function inline(
  kind: MediumKind,
  givenType: string | undefined,
  head: string,
  start: number,
  end: number,
  decodedBytes: number,
): Medium {
  const mediaType = givenType === undefined || givenType === '' ? undefined : givenType.toLowerCase();
  const seen = kindOfFile(kind, mediaType, Buffer.from(head, 'base64'));
  return { kind: seen, source: 'inline', mediaType, start, end, decodedBytes };
}

/** The kind of a file in the body, as its bytes show it. A claim counts only if they do not: a document of no known kind is text. */
function kindOfFile(place: MediumKind, mediaType: string | undefined, head: Buffer): MediumKind {
  const seen = kindOfBytes(head);
  if (seen !== undefined) return seen;
  const claimed = kindOf(place, mediaType);
  return claimed === 'document' || isClaimedText(mediaType) ? 'text' : claimed;
}

function isClaimedText(mediaType: string | undefined): boolean {
  return mediaType !== undefined && isTextType(mediaType);
}

/** Whether a medium is a file in the body that may be read as text: some providers go by its type, others by its bytes. */
export function isTextFile({ kind, source, mediaType }: Medium): boolean {
  return source === 'inline' && (kind === 'text' || isClaimedText(mediaType));
}

/** The bytes of an inline medium. */
export function bytesOfMedium(body: Buffer, { start, end }: Medium, mostBytes = Number.POSITIVE_INFINITY): Buffer {
  if (!hasBackslash(body, start, end)) {
    return Buffer.from(body.toString('latin1', start, Math.min(end, start + Math.ceil(mostBytes / 3) * 4)), 'base64');
  }
  const value = parseSpan(body, { start: start - 1, end: end + 1 }) as string;
  return Buffer.from(value.slice(dataHeader(value.slice(0, LONGEST_DATA_HEADER))?.length ?? 0), 'base64');
}

/** A medium that is only named. */
function named(source: 'address' | 'file', kind: MediumKind, givenType?: string): Medium {
  const mediaType = givenType?.toLowerCase();
  return { kind: kindOf(kind, mediaType), source, mediaType, start: 0, end: 0, decodedBytes: 0 };
}

const DATA_HEADER = /^data:([^,;]*)(?:;[^,]*)?;base64,/i;

function dataHeader(beginning: string): { readonly length: number; readonly mediaType: string } | undefined {
  const match = DATA_HEADER.exec(beginning);
  return match === null ? undefined : { length: match[0].length, mediaType: match[1] ?? '' };
}

/** A document may be any kind of file: its media type says which. */
function kindOf(kind: MediumKind, mediaType: string | undefined): MediumKind {
  const family = kind === 'document' ? mediaType?.slice(0, mediaType.indexOf('/')) : undefined;
  return family === 'image' || family === 'audio' || family === 'video' ? family : kind;
}

const SOURCE_MEMBERS = ['type', 'media_type', 'data', 'url', 'file_id', 'content'];

/**
 * Reads the `source` of a block, as Anthropic's format has it and OpenAI's servers take it too. Returns where its content is if
 * it holds blocks itself.
 */
export function readBlockSource(block: NotedValues, found: Medium[]): Span | undefined {
  const { bytes } = block;
  const at = block.span('source');
  const source = at === undefined ? undefined : membersAt(bytes, at.start, SOURCE_MEMBERS);
  if (source === undefined) return undefined;
  const type = source.string('type');
  // Plain text, and blocks of text and images, are no media themselves.
  if (type === 'text') return undefined;
  if (type === 'content') return source.span('content');
  const kind: MediumKind = block.string('type') === 'image' ? 'image' : 'document';
  const mediaType = source.string('media_type');
  const medium =
    readMedium(bytes, source.span('data'), kind, mediaType) ??
    readMedium(bytes, source.span('url'), kind, mediaType, 'address') ??
    readFile(source, 'file_id', kind, mediaType);
  if (medium !== undefined) found.push(medium);
  return undefined;
}

/** The medium that a member with the id of a file stands for. */
export function readFile(values: NotedValues, name: string, kind: MediumKind, givenType?: string): Medium | undefined {
  const id = values.string(name);
  return id === undefined || id === '' ? undefined : named('file', kind, givenType);
}
