/** Parts → content blocks of a request to Claude. What cannot be said is reported with its place. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Dropped } from '../format.ts';
import { imageTypeOf } from '../image-type.ts';
import type {
  CacheMark,
  DocumentPart,
  FormatExtra,
  ImagePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../neutral/conversation.ts';
import { writeCitation } from './citations.ts';
import { writeSignature } from './signatures.ts';
import { writeToolId, writeToolInput } from './tool-ids.ts';
import { isClaudesOwn } from './web-search.ts';

/** Takes note of what a writer leaves out. */
export type Drop = (field: string, why: string, kind: Dropped['kind']) => void;

/** `cache_control` for a mark, as members to spread. */
export function writeCacheMark(mark: CacheMark | undefined): JsonObject {
  if (mark === undefined) return {};
  return { cache_control: { type: 'ephemeral', ...defined({ ttl: mark.ttl }) } };
}

/** Members that only Anthropic knows, as members to spread. */
export function writeExtra(extra: FormatExtra | undefined): JsonObject {
  return extra?.format === 'anthropic-messages' ? extra.fields : {};
}

/** Undefined for a text without any visible character: Anthropic refuses such a block. */
function writeText(part: TextPart): JsonObject | undefined {
  if (part.text.trim() === '') return undefined;
  const citations =
    part.citations
      ?.filter(isClaudesOwn)
      .map(writeCitation)
      .filter((citation) => citation !== undefined) ?? [];
  return {
    type: 'text',
    text: part.text,
    ...(citations.length > 0 && { citations }),
    ...writeCacheMark(part.cacheMark),
  };
}

function writeImage(part: ImagePart, field: string, drop: Drop): JsonObject | undefined {
  const { source } = part;
  const more = { ...writeExtra(part.extra), ...writeCacheMark(part.cacheMark) };
  switch (source.kind) {
    case 'url':
      return { type: 'image', source: { type: 'url', url: source.url }, ...more };
    case 'file':
      return { type: 'image', source: { type: 'file', file_id: source.fileId }, ...more };
    case 'data': {
      // Anthropic knows the type by its registered name only.
      const told = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType;
      const mediaType = imageTypeOf(source.data) ?? told;
      if (mediaType !== told) drop(field, `The image is of type ${mediaType}, not ${told}.`, 'fitted');
      return { type: 'image', source: { type: 'base64', media_type: mediaType, data: source.data }, ...more };
    }
    case 'text':
      drop(field, 'An image cannot be given as text.', 'refused');
      return undefined;
  }
}

function writeDocumentSource(part: DocumentPart): JsonObject | undefined {
  const { source } = part;
  switch (source.kind) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'file':
      return { type: 'file', file_id: source.fileId };
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text };
    case 'data': {
      const mediaType = source.mediaType.toLowerCase();
      if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: source.data };
      // Anthropic takes bytes of PDF only; any kind of text goes as plain text.
      if (!mediaType.startsWith('text/') && mediaType !== 'application/json') return undefined;
      return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') };
    }
  }
}

function writeDocument(part: DocumentPart, field: string, drop: Drop): JsonObject | undefined {
  if (part.raw?.format === 'anthropic-messages') return part.raw.value;
  const source = writeDocumentSource(part);
  if (source === undefined) {
    const type = part.source.mediaType ?? 'unknown type';
    drop(field, `Anthropic takes documents as PDF or text, not as ${type}.`, 'refused');
    return undefined;
  }
  return {
    type: 'document',
    source,
    ...defined({ title: part.filename, context: part.context }),
    ...(part.citationsEnabled !== undefined && { citations: { enabled: part.citationsEnabled } }),
    ...writeCacheMark(part.cacheMark),
  };
}

function writeReasoning(part: ReasoningPart, field: string, drop: Drop): JsonObject | undefined {
  if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted };
  if (part.signature?.origin === 'anthropic') {
    return { type: 'thinking', thinking: part.text, signature: writeSignature(part.signature) };
  }
  drop(field, 'Claude accepts only thinking that it signed itself.', 'unknown');
  return undefined;
}

function writeToolCall(part: ToolCallPart): JsonObject {
  return {
    type: 'tool_use',
    id: writeToolId(part.id),
    name: part.name,
    input: writeToolInput(part.arguments, part.custom === true),
    ...writeExtra(part.extra),
    ...writeCacheMark(part.cacheMark),
  };
}

function writeToolResult(part: ToolResultPart, field: string, drop: Drop): JsonObject {
  const content = writeBlocks(part.content, field, drop);
  return {
    type: 'tool_result',
    tool_use_id: writeToolId(part.callId),
    ...(content.length > 0 && { content: plainText(content) ?? content }),
    ...defined({ is_error: part.isError }),
    ...writeExtra(part.extra),
    ...writeCacheMark(part.cacheMark),
  };
}

function writeBlock(part: Part, field: string, drop: Drop): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return writeText(part);
    case 'refusal':
      return writeText({ type: 'text', text: part.text });
    case 'image':
      return writeImage(part, field, drop);
    case 'document':
      return writeDocument(part, field, drop);
    case 'reasoning':
      return writeReasoning(part, field, drop);
    case 'tool-call':
      return writeToolCall(part);
    case 'tool-result':
      return writeToolResult(part, field, drop);
    case 'audio':
    case 'video':
      drop(field, `Claude does not take ${part.type}.`, 'refused');
      return undefined;
    case 'server-call':
      if (part.raw?.format === 'anthropic-messages') return part.raw.value;
      drop(field, 'Claude cannot be given what another provider searched or ran.', 'unknown');
      return undefined;
    case 'opaque':
      if (part.format === 'anthropic-messages') return part.value;
      drop(field, `A block that only ${part.format} knows.`, 'refused');
      return undefined;
  }
}

/** Writes parts as blocks, in order. `field` is the path of the list they come from. */
export function writeBlocks(parts: readonly Part[], field: string, drop: Drop): JsonObject[] {
  const blocks: JsonObject[] = [];
  parts.forEach((part, index) => {
    const block = writeBlock(part, `${field}.content[${index}]`, drop);
    if (block !== undefined) blocks.push(block);
  });
  return blocks;
}

/** The text of a list that is one text block and nothing else: Anthropic's short form for it. */
export function plainText(blocks: readonly JsonObject[]): string | undefined {
  const [only] = blocks;
  if (blocks.length !== 1 || !isJsonObject(only) || only.type !== 'text') return undefined;
  return Object.keys(only).length === 2 && typeof only.text === 'string' ? only.text : undefined;
}
