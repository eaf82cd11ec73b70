/** Content blocks → parts: a client's messages and Claude's answers hold the same blocks. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { CallIds } from '../neutral/call-ids.ts';
import type {
  CacheMark,
  DocumentPart,
  FormatExtra,
  ImagePart,
  MediaSource,
  OpaquePart,
  Part,
  ReasoningSignature,
  TextPart,
  ToolResultPart,
} from '../neutral/conversation.ts';
import { readCitations } from './citations.ts';
import { readCodeStep } from './code-execution.ts';
import { readThinking } from './signatures.ts';
import { readToolId } from './tool-ids.ts';
import { readSearchStep } from './web-search.ts';

/** Names of tools by the id of their call, filled while reading in order, so that a result finds the name of its tool. */
export type ToolNames = Map<string, string>;

/** A lifetime of a cache mark, as clients write it for other providers: `30m`. */
const LIFETIME = /^(\d{1,6})([smhd])$/;
const SECONDS_OF: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
]);
const SECONDS_OF_SHORT = 300;

/** Reads a `cache_control` member, of a block or of the whole request. */
export function readCacheMark(object: JsonReader): CacheMark | undefined {
  const control = object.object('cache_control');
  if (control === undefined) return undefined;
  const told = control.get('ttl');
  const other = typeof told === 'string' ? LIFETIME.exec(told) : null;
  if (other === null) return defined({ ttl: control.oneOf('ttl', ['5m', '1h']) });
  // The next longer of the two that there are; providers that take no marks leave them out anyway.
  const seconds = Number(other[1]) * (SECONDS_OF.get(other[2] ?? '') ?? 1);
  return { ttl: seconds <= SECONDS_OF_SHORT ? '5m' : '1h' };
}

/** The members that nothing has read, to be handed back to the same format. */
export function readExtra(object: JsonReader): { extra?: FormatExtra } {
  const fields = object.rest();
  return fields === undefined ? {} : { extra: { format: 'anthropic-messages', fields } };
}

const opaque = (value: JsonObject): OpaquePart => ({ type: 'opaque', format: 'anthropic-messages', value });

function readText(block: JsonReader): TextPart {
  return {
    type: 'text',
    text: block.requiredString('text'),
    ...defined({ citations: readCitations(block.get('citations')), cacheMark: readCacheMark(block) }),
  };
}

/** Undefined for a kind of source that has no neutral form. */
function readSource(source: JsonReader): MediaSource | undefined {
  switch (source.get('type')) {
    case 'base64':
      return { kind: 'data', data: source.requiredString('data'), mediaType: source.requiredString('media_type') };
    case 'url':
      return { kind: 'url', url: source.requiredString('url') };
    case 'file':
      return { kind: 'file', fileId: source.requiredString('file_id') };
    case 'text':
      return {
        kind: 'text',
        text: source.requiredString('data'),
        mediaType: source.string('media_type') ?? 'text/plain',
      };
    default:
      return undefined;
  }
}

function readImage(block: JsonReader): ImagePart | OpaquePart {
  const source = readSource(block.requiredObject('source'));
  if (source === undefined) return opaque(block.value);
  const cacheMark = readCacheMark(block);
  return { type: 'image', source, ...defined({ cacheMark }), ...readExtra(block.ignore('type')) };
}

/** The texts inside a list of blocks, for a block whose exact form only Anthropic knows. */
function textWithin(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((item) => (typeof item === 'object' && item !== null && 'text' in item ? item.text : ''));
  return texts.filter((text) => typeof text === 'string' && text !== '').join('\n');
}

function readDocument(block: JsonReader): DocumentPart {
  const holder = block.requiredObject('source');
  const source = readSource(holder);
  return {
    type: 'document',
    source: source ?? { kind: 'text', text: textWithin(holder.value.content), mediaType: 'text/plain' },
    ...defined({
      filename: block.string('title'),
      context: block.string('context'),
      citationsEnabled: block.object('citations')?.boolean('enabled'),
      cacheMark: readCacheMark(block),
    }),
    ...(source === undefined && { raw: { format: 'anthropic-messages', value: block.value } }),
  };
}

function readSearchResult(block: JsonReader): DocumentPart {
  return {
    type: 'document',
    source: { kind: 'text', text: textWithin(block.value.content), mediaType: 'text/plain' },
    ...defined({
      filename: block.string('title'),
      context: block.string('source'),
      cacheMark: readCacheMark(block),
    }),
    raw: { format: 'anthropic-messages', value: block.value },
  };
}

function readToolResult(block: JsonReader, names: ToolNames): ToolResultPart {
  const callId = readToolId(block.requiredString('tool_use_id'));
  const text = block.get('content');
  const content: ToolResultPart['content'] =
    typeof text !== 'string'
      ? (block.objects('content') ?? []).map(readResultContent)
      : text === ''
        ? []
        : [{ type: 'text', text }];
  return {
    type: 'tool-result',
    callId,
    ...defined({ name: names.get(callId) }),
    content,
    ...defined({ isError: block.boolean('is_error'), cacheMark: readCacheMark(block) }),
    ...readExtra(block.ignore('type')),
  };
}

function readResultContent(block: JsonReader): TextPart | ImagePart | DocumentPart {
  switch (block.requiredString('type')) {
    case 'text':
      return readText(block);
    case 'document':
      return readDocument(block);
    case 'search_result':
      return readSearchResult(block);
    case 'image': {
      const image = readImage(block);
      if (image.type === 'image') return image;
    }
  }
  // A tool reference or a later kind of block: its JSON is what another model can read of it.
  const source: MediaSource = { kind: 'text', text: JSON.stringify(block.value), mediaType: 'application/json' };
  return { type: 'document', source, raw: { format: 'anthropic-messages', value: block.value } };
}

/** Reads one block other than `thinking`. */
function readBlock(block: JsonReader, names: ToolNames, idOf: (block: JsonReader) => string): Part {
  switch (block.requiredString('type')) {
    case 'text':
      return readText(block);
    case 'image':
      return readImage(block);
    case 'document':
      return readDocument(block);
    case 'search_result':
      return readSearchResult(block);
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', redacted: block.requiredString('data') };
    case 'tool_use': {
      const id = idOf(block);
      const name = block.requiredString('name');
      names.set(id, name);
      return {
        type: 'tool-call',
        id,
        name,
        arguments: JSON.stringify(block.get('input') ?? {}),
        ...defined({ cacheMark: readCacheMark(block) }),
        ...readExtra(block),
      };
    }
    case 'tool_result':
      return readToolResult(block, names);
    default:
      return readSearchStep(block.value) ?? readCodeStep(block.value) ?? opaque(block.value);
  }
}

/**
 * Reads the blocks of one message in order; signatures carried for a neighbour are given to it. In an answer `ids` gives ids to
 * calls that have none; in a request every call must have one.
 */
export function readBlocks(blocks: readonly JsonReader[], names: ToolNames, ids?: CallIds): Part[] {
  let calls = 0;
  const idOf = (block: JsonReader): string =>
    ids === undefined ? readToolId(block.requiredString('id')) : ids.idOf(block.string('id'), 0, calls++);
  const parts: Part[] = [];
  let carried: ReasoningSignature | undefined;
  const release = (): void => {
    if (carried !== undefined) parts.push({ type: 'reasoning', text: '', signature: carried });
    carried = undefined;
  };
  for (const block of blocks) {
    if (block.value.type !== 'thinking') {
      const part = readBlock(block, names, idOf);
      if (carried === undefined || part.type !== 'tool-call') {
        release();
        parts.push(part);
      } else {
        parts.push({ ...part, signature: carried });
        carried = undefined;
      }
      continue;
    }
    release();
    const read = readThinking(block.string('thinking') ?? '', block.string('signature') ?? '');
    const before = parts.at(-1);
    if (read.carries === 'reasoning') parts.push(read.part);
    else if (read.carries === 'tool-signature') carried = read.signature;
    else if (before?.type === 'text') parts[parts.length - 1] = { ...before, signature: read.signature };
    else parts.push({ type: 'reasoning', text: '', signature: read.signature });
  }
  release();
  return parts;
}
