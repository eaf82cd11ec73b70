/**
 * The parts of a request that make up its prompt, in the order in which a provider reads them, and the places at which it may be marked for the
 * provider's prompt cache: all by positions in the bytes, so that setting a mark leaves every other byte as it was.
 */
import { memberNamed, readEnvelope } from '../wire/envelope.ts';
import { CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from '../wire/json-scan.ts';
import { endOfValue, forEachItem, forEachMember, isName, type Span, valueAt } from '../wire/json-walk.ts';
import { splice } from '../wire/splice.ts';

/** A mark that a client set. The span is what has to go to take it off: the member, with one comma. */
export interface FoundMark extends Span {
  readonly isOneHour: boolean;
}

/** Where a mark may be set: in an object, or in place of a text, which becomes the one part of a list. */
interface MarkPlace extends Span {
  readonly kind: 'object' | 'text';
  /** What a part of text is called in this format. */
  readonly textType: string;
}

/** A part of a prompt: a tool, a text of the instructions, or a turn. */
export interface PromptBlock extends Span {
  readonly part: 'tool' | 'instructions' | 'turn';
  /** Who speaks; empty for tools. */
  readonly role: string;
  /** How many blocks the provider sees in it. */
  readonly pieces: number;
  /** Undefined: no mark may stand in it. */
  readonly place: MarkPlace | undefined;
  readonly marks: readonly FoundMark[];
}

/** A prompt in its provider's order. */
export interface Prompt {
  readonly blocks: readonly PromptBlock[];
  /** So many of them stand first and are the same for all conversations: tools and leading instructions. */
  readonly staticBlocks: number;
  /** The mark of the whole request, if the client set one. */
  readonly wholeMark: FoundMark | undefined;
  /** Members that are no part of the text and change what follows the static part. */
  readonly seam: readonly Span[];
}

/** How marks are written: as `cache_control`, or as `prompt_cache_breakpoint`. */
export type MarkStyle = 'control' | 'breakpoint';

/** A mark to be set. */
interface NewMark {
  readonly place: MarkPlace;
  readonly isOneHour: boolean;
}

const MARK_NAMES: readonly string[] = ['cache_control', 'prompt_cache_breakpoint'];

function memberOf(style: MarkStyle, isOneHour: boolean): string {
  if (style === 'breakpoint') return '"prompt_cache_breakpoint":{"mode":"explicit"}';
  return isOneHour ? '"cache_control":{"type":"ephemeral","ttl":"1h"}' : '"cache_control":{"type":"ephemeral"}';
}

/** The body with marks set and taken off; the same one if there are none of either. */
export function writeMarks(
  body: Buffer,
  style: MarkStyle,
  add: readonly NewMark[],
  remove: readonly FoundMark[],
): Buffer {
  if (add.length === 0 && remove.length === 0) return body;
  const cuts = remove.map(({ start, end }) => ({ start, end, text: '' }));
  for (const { place, isOneHour } of add) {
    const member = memberOf(style, isOneHour);
    if (place.kind === 'object') cuts.push({ start: place.end - 1, end: place.end - 1, text: `,${member}` });
    else {
      const begin = `[{"type":${JSON.stringify(place.textType)},"text":`;
      cuts.push({ start: place.start, end: place.start, text: begin });
      cuts.push({ start: place.end, end: place.end, text: `,${member}}]` });
    }
  }
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of cuts.sort((one, other) => one.start - other.start || one.end - other.end)) {
    pieces.push(body.subarray(from, start), Buffer.from(text));
    from = end;
  }
  return Buffer.concat([...pieces, body.subarray(from)]);
}

/** The mark in an object's member, or undefined if it is not a mark. */
export function markAt(bytes: Buffer, nameStart: number, nameEnd: number, valueStart: number): FoundMark | undefined {
  if (!MARK_NAMES.some((name) => isName(bytes, nameStart, nameEnd, name))) return undefined;
  if (bytes[valueStart] !== OPEN_OBJECT) return undefined;
  const ttl = valueAt(bytes, valueStart, ['ttl']);
  const isOneHour = ttl !== undefined && bytes.toString('latin1', ttl.start, ttl.end) === '"1h"';
  return { ...memberSpan(bytes, nameStart - 1, endOfValue(bytes, valueStart)), isOneHour };
}

/** A member with the comma before it, or behind it if it is the first. */
function memberSpan(bytes: Buffer, start: number, end: number): Span {
  let before = start - 1;
  while (isSpace(bytes[before])) before -= 1;
  if (bytes[before] === COMMA) return { start: before, end };
  const behind = skipSpace(bytes, end);
  return bytes[behind] === COMMA ? { start, end: behind + 1 } : { start, end };
}

/** Of `true`. */
const SMALL_T = 0x74;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What parts of a turn may be marked, and what texts are called. */
export interface PartRules {
  readonly markable: ReadonlySet<string>;
  readonly textType: (role: string) => string | undefined;
}

/** The content of a turn or of instructions: a text, or a list of parts. */
interface Content {
  readonly pieces: number;
  readonly place: MarkPlace | undefined;
  readonly marks: readonly FoundMark[];
}

const NO_MARKS: readonly FoundMark[] = [];

/** Reads a content that starts at a place. */
export function readContent(bytes: Buffer, start: number, role: string, rules: PartRules): Content {
  if (bytes[start] === QUOTE) {
    const end = endOfValue(bytes, start);
    const textType = rules.textType(role);
    const isBlank = /^"(?:\s|\\[nrt])*"$/.test(bytes.toString('latin1', start, Math.min(end, start + 64)));
    const place = textType === undefined || isBlank ? undefined : ({ kind: 'text', start, end, textType } as const);
    return { pieces: 1, place, marks: NO_MARKS };
  }
  if (bytes[start] !== OPEN_ARRAY) return { pieces: 1, place: undefined, marks: NO_MARKS };
  const marks: FoundMark[] = [];
  let pieces = 0;
  let place: MarkPlace | undefined;
  forEachItem(bytes, start, (item) => {
    const part = readPart(bytes, item, marks);
    pieces += 1;
    if (part.isMarkable(rules)) place = { kind: 'object', start: item, end: part.end, textType: '' };
    return part.end;
  });
  return { pieces: Math.max(1, pieces), place, marks };
}

/** Reads a part and the marks in it, those of parts inside it included. */
export function readPart(bytes: Buffer, start: number, marks: FoundMark[]) {
  let type = '';
  let isBlank = false;
  let isDeferred = false;
  const end = forEachMember(bytes, start, (nameStart, nameEnd, valueStart) => {
    const mark = markAt(bytes, nameStart, nameEnd, valueStart);
    if (mark !== undefined) marks.push(mark);
    else if (isName(bytes, nameStart, nameEnd, 'type') && bytes[valueStart] === QUOTE) {
      type = bytes.toString('latin1', valueStart + 1, endOfValue(bytes, valueStart) - 1);
    } else if (isName(bytes, nameStart, nameEnd, 'defer_loading')) isDeferred = bytes[valueStart] === SMALL_T;
    else if (isName(bytes, nameStart, nameEnd, 'text')) isBlank = isBlankText(bytes, valueStart);
    else if (isName(bytes, nameStart, nameEnd, 'content') && bytes[valueStart] === OPEN_ARRAY) {
      return forEachItem(bytes, valueStart, (item) => readPart(bytes, item, marks).end);
    }
    return endOfValue(bytes, valueStart);
  });
  const closed = end === start ? endOfValue(bytes, start) : end;
  const isObject = bytes[start] === OPEN_OBJECT && bytes[closed - 1] === CLOSE_OBJECT;
  const isMarkable = ({ markable }: PartRules): boolean => isObject && markable.has(type) && !isBlank;
  return { end: closed, isMarkable, isDeferred };
}

/** Anthropic refuses a mark on a text without any visible character. */
function isBlankText(bytes: Buffer, start: number): boolean {
  const end = endOfValue(bytes, start);
  return end - start < 64 && /^"(?:\s|\\[nrt])*"$/.test(bytes.toString('latin1', start, end));
}

/** Reads a turn that is an object with `role` and `content`. */
export function readTurn(body: Buffer, start: number, rules: PartRules): PromptBlock {
  let role = '';
  let contentStart: number | undefined;
  const found = forEachMember(body, start, (nameStart, nameEnd, valueStart) => {
    const end = endOfValue(body, valueStart);
    if (isName(body, nameStart, nameEnd, 'role') && body[valueStart] === QUOTE) {
      role = body.toString('latin1', valueStart + 1, end - 1);
    } else if (isName(body, nameStart, nameEnd, 'content')) contentStart = valueStart;
    return end;
  });
  const end = found === start ? endOfValue(body, start) : found;
  const content =
    contentStart === undefined
      ? { pieces: 1, place: undefined, marks: [] }
      : readContent(body, contentStart, role, rules);
  const isInstructions = role === 'system' || role === 'developer';
  return { part: isInstructions ? 'instructions' : 'turn', role, start, end, ...content };
}

/** The bytes of a block without the marks in it: what makes two prompts the same. */
export function unmarked(bytes: Buffer, { start, end, marks }: PromptBlock): readonly Buffer[] {
  if (marks.length === 0) return [bytes.subarray(start, end)];
  const pieces: Buffer[] = [];
  let from = start;
  for (const mark of [...marks].sort((one, other) => one.start - other.start)) {
    pieces.push(bytes.subarray(from, mark.start));
    from = mark.end;
  }
  pieces.push(bytes.subarray(from, end));
  return pieces;
}

/** The body for a provider that otherwise chooses a place of its own to write at; the same one if the request says how itself. */
export function withExplicitCaching(body: Buffer): Buffer {
  const envelope = readEnvelope(body);
  if (!envelope.ok || memberNamed(envelope, 'prompt_cache_options') !== undefined) return body;
  return splice(body, envelope, [{ edit: 'add', name: 'prompt_cache_options', json: '{"mode":"explicit"}' }]);
}
