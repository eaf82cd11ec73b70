/** Content blocks → parts: the same blocks stand in a client's messages and in Claude's answers. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
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
import {
  asArray,
  asObject,
  memberPath,
  optionalBoolean,
  optionalObject,
  optionalString,
  otherMembers,
  requiredString,
} from './fields.ts';
import { readThinking } from './signatures.ts';

const IMAGE = new Set(['type', 'source', 'cache_control']);
const TOOL_USE = new Set(['type', 'id', 'name', 'input', 'cache_control']);
const TOOL_RESULT = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control']);

/** Names of tools by the id of their call, filled while reading in order, so that a result can be told its tool. */
export type ToolNames = Map<string, string>;

/** Reads a `cache_control` member, of a block or of the whole request. */
export function readCacheMark(object: JsonObject, path: string): CacheMark | undefined {
  const control = optionalObject(object, 'cache_control', path);
  if (control === undefined) return undefined;
  const ttl = optionalString(control, 'ttl', memberPath(path, 'cache_control'));
  if (ttl === undefined) return {};
  if (ttl === '5m' || ttl === '1h') return { ttl };
  const place = memberPath(path, 'cache_control.ttl');
  throw new FormatError(place, `${place}: expected "5m" or "1h", got ${JSON.stringify(ttl)}.`);
}

/** Members beside the known ones, to be handed back to the same format. */
export function readExtra(object: JsonObject, known: ReadonlySet<string>): { extra?: FormatExtra } {
  const fields = otherMembers(object, known);
  return fields === undefined ? {} : { extra: { format: 'anthropic-messages', fields } };
}

const marked = (object: JsonObject, path: string): { cacheMark?: CacheMark } => {
  const cacheMark = readCacheMark(object, path);
  return cacheMark === undefined ? {} : { cacheMark };
};

const opaque = (value: JsonObject): OpaquePart => ({ type: 'opaque', format: 'anthropic-messages', value });

function readText(block: JsonObject, path: string): TextPart {
  const citations = readCitations(block.citations);
  return {
    type: 'text',
    text: requiredString(block, 'text', path),
    ...defined({ citations }),
    ...marked(block, path),
  };
}

/** Undefined for a kind of source that has no neutral form. */
function readSource(block: JsonObject, path: string): MediaSource | undefined {
  const source = asObject(block.source, memberPath(path, 'source'));
  const place = memberPath(path, 'source');
  switch (source.type) {
    case 'base64':
      return {
        kind: 'data',
        data: requiredString(source, 'data', place),
        mediaType: requiredString(source, 'media_type', place),
      };
    case 'url':
      return { kind: 'url', url: requiredString(source, 'url', place) };
    case 'file':
      return { kind: 'file', fileId: requiredString(source, 'file_id', place) };
    case 'text':
      return {
        kind: 'text',
        text: requiredString(source, 'data', place),
        mediaType: optionalString(source, 'media_type', place) ?? 'text/plain',
      };
    default:
      return undefined;
  }
}

function readImage(block: JsonObject, path: string): ImagePart | OpaquePart {
  const source = readSource(block, path);
  if (source === undefined) return opaque(block);
  return { type: 'image', source, ...marked(block, path), ...readExtra(block, IMAGE) };
}

/** The texts inside a list of blocks, for a block whose exact form only Anthropic knows. */
function textWithin(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((item) => (typeof item === 'object' && item !== null && 'text' in item ? item.text : ''));
  return texts.filter((text) => typeof text === 'string' && text !== '').join('\n');
}

function readDocument(block: JsonObject, path: string): DocumentPart {
  const source = readSource(block, path);
  const title = optionalString(block, 'title', path);
  const context = optionalString(block, 'context', path);
  const citations = optionalObject(block, 'citations', path);
  const citationsEnabled = citations && optionalBoolean(citations, 'enabled', memberPath(path, 'citations'));
  const inner = asObject(block.source, memberPath(path, 'source')).content;
  return {
    type: 'document',
    source: source ?? { kind: 'text', text: textWithin(inner), mediaType: 'text/plain' },
    ...defined({ filename: title, context, citationsEnabled }),
    ...marked(block, path),
    ...(source === undefined && { raw: { format: 'anthropic-messages', value: block } }),
  };
}

function readSearchResult(block: JsonObject, path: string): DocumentPart {
  const title = optionalString(block, 'title', path);
  const context = optionalString(block, 'source', path);
  return {
    type: 'document',
    source: { kind: 'text', text: textWithin(block.content), mediaType: 'text/plain' },
    ...defined({ filename: title, context }),
    ...marked(block, path),
    raw: { format: 'anthropic-messages', value: block },
  };
}

function readToolResult(block: JsonObject, path: string, names: ToolNames): ToolResultPart {
  const callId = requiredString(block, 'tool_use_id', path);
  const isError = optionalBoolean(block, 'is_error', path);
  const name = names.get(callId);
  const value = block.content;
  const place = memberPath(path, 'content');
  let content: ToolResultPart['content'] = [];
  if (typeof value === 'string') content = value === '' ? [] : [{ type: 'text', text: value }];
  else if (value !== undefined && value !== null) {
    content = asArray(value, place).map((item, index) => readResultContent(item, `${place}[${index}]`));
  }
  return {
    type: 'tool-result',
    callId,
    ...defined({ name }),
    content,
    ...defined({ isError }),
    ...marked(block, path),
    ...readExtra(block, TOOL_RESULT),
  };
}

function readResultContent(value: JsonValue, path: string): TextPart | ImagePart | DocumentPart {
  const block = asObject(value, path);
  switch (requiredString(block, 'type', path)) {
    case 'text':
      return readText(block, path);
    case 'document':
      return readDocument(block, path);
    case 'search_result':
      return readSearchResult(block, path);
    case 'image': {
      const image = readImage(block, path);
      if (image.type === 'image') return image;
    }
  }
  // A tool reference or a later kind of block: its JSON is what another model can read of it.
  const source: MediaSource = { kind: 'text', text: JSON.stringify(block), mediaType: 'application/json' };
  return { type: 'document', source, raw: { format: 'anthropic-messages', value: block } };
}

/** Reads one block other than `thinking`. */
function readBlock(block: JsonObject, path: string, names: ToolNames): Part {
  switch (requiredString(block, 'type', path)) {
    case 'text':
      return readText(block, path);
    case 'image':
      return readImage(block, path);
    case 'document':
      return readDocument(block, path);
    case 'search_result':
      return readSearchResult(block, path);
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', redacted: requiredString(block, 'data', path) };
    case 'tool_use': {
      const id = requiredString(block, 'id', path);
      const name = requiredString(block, 'name', path);
      names.set(id, name);
      return {
        type: 'tool-call',
        id,
        name,
        arguments: JSON.stringify(block.input ?? {}),
        ...marked(block, path),
        ...readExtra(block, TOOL_USE),
      };
    }
    case 'tool_result':
      return readToolResult(block, path, names);
    default:
      return opaque(block);
  }
}

/** Reads the blocks of one message in order; signatures carried for a neighbour are given to it. */
export function readBlocks(content: readonly JsonValue[], path: string, names: ToolNames): Part[] {
  const parts: Part[] = [];
  let carried: ReasoningSignature | undefined;
  const release = (): void => {
    if (carried !== undefined) parts.push({ type: 'reasoning', text: '', signature: carried });
    carried = undefined;
  };
  content.forEach((value, index) => {
    const place = `${path}[${index}]`;
    const block = asObject(value, place);
    if (block.type !== 'thinking') {
      const part = readBlock(block, place, names);
      if (carried === undefined || part.type !== 'tool-call') {
        release();
        parts.push(part);
      } else {
        parts.push({ ...part, signature: carried });
        carried = undefined;
      }
      return;
    }
    release();
    const read = readThinking(
      optionalString(block, 'thinking', place) ?? '',
      optionalString(block, 'signature', place) ?? '',
    );
    const before = parts.at(-1);
    if (read.carries === 'reasoning') parts.push(read.part);
    else if (read.carries === 'tool-signature') carried = read.signature;
    else if (before?.type === 'text') parts[parts.length - 1] = { ...before, signature: read.signature };
    else parts.push({ type: 'reasoning', text: '', signature: read.signature });
  });
  release();
  return parts;
}
