/** Turns → the items of a conversation. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dropped } from '../format.ts';
import type { Part, ReasoningPart, ToolCallPart, ToolResultPart, Turn } from '../neutral/conversation.ts';
import { audioFormatOf, writeUrl } from '../openai-chat/media.ts';
import { splitOwn } from './signatures.ts';
import { textOfArguments } from './tool-names.ts';
import type { NamespacePlace } from './write-tools.ts';

/** Writes the turns of one request. */
export class ItemsWriter {
  readonly #items: JsonObject[] = [];
  readonly #customNames: ReadonlySet<string>;
  readonly #namespaces: ReadonlyMap<string, NamespacePlace>;
  readonly #dropped: Dropped[];
  /** The ids of calls of custom tools: their outputs are of another kind. */
  readonly #customCalls = new Set<string>();

  constructor(customNames: ReadonlySet<string>, namespaces: ReadonlyMap<string, NamespacePlace>, dropped: Dropped[]) {
    this.#customNames = customNames;
    this.#namespaces = namespaces;
    this.#dropped = dropped;
  }

  write(turns: readonly Turn[]): JsonValue[] {
    for (const [index, turn] of turns.entries()) this.#writeTurn(turn, `messages[${index}]`);
    return this.#items;
  }

  #writeTurn({ role, parts }: Turn, path: string): void {
    let content: JsonObject[] = [];
    const flush = (): void => {
      if (content.length > 0) this.#items.push({ type: 'message', role: role === 'tool' ? 'user' : role, content });
      content = [];
    };
    for (const [index, part] of parts.entries()) {
      const item = this.#writeItem(part);
      if (item !== undefined) {
        flush();
        this.#items.push(item);
        continue;
      }
      const written = writePart(part, role === 'assistant');
      if (written !== undefined) content.push(written);
      else if (part.type !== 'reasoning' && !isEmptyText(part)) this.#drop(`${path}.content[${index}]`, part, role);
    }
    flush();
  }

  /** What a user says cannot be left out; of an answer that another model gave, it can. */
  #drop(field: string, part: Part, role: Turn['role']): void {
    const kind = role === 'assistant' ? 'unknown' : 'refused';
    this.#dropped.push({ field, why: `the Responses API cannot hold this ${part.type} part`, kind });
  }

  /** A part that is an item of its own. */
  #writeItem(part: Part): JsonObject | undefined {
    switch (part.type) {
      case 'reasoning':
        return writeReasoning(part);
      case 'tool-call':
        return this.#writeCall(part);
      case 'tool-result':
        return this.#writeResult(part);
      case 'server-call':
        return part.raw?.format === 'openai-responses' ? part.raw.value : undefined;
      case 'opaque':
        return part.format === 'openai-responses' && !isContentPart(part.value) ? part.value : undefined;
      default:
        return undefined;
    }
  }

  #writeCall(part: ToolCallPart): JsonObject {
    const place = this.#namespaces.get(part.name);
    const named = { call_id: part.id, name: place?.name ?? part.name, ...defined({ namespace: place?.namespace }) };
    if (part.custom !== true && !this.#customNames.has(part.name)) {
      return { type: 'function_call', ...named, arguments: part.arguments };
    }
    this.#customCalls.add(part.id);
    const input = part.custom === true ? part.arguments : textOfArguments(part.arguments);
    return { type: 'custom_tool_call', ...named, input };
  }

  #writeResult(part: ToolResultPart): JsonObject {
    const type = this.#customCalls.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output';
    return { type, call_id: part.callId, output: writeOutput(part) };
  }
}

const isEmptyText = (part: Part): boolean => part.type === 'text' && part.text === '';

/** A text alone is written as such: older models of OpenAI take no other output. */
function writeOutput({ content }: ToolResultPart): JsonValue {
  const [only] = content;
  if (only === undefined) return '';
  if (content.length === 1 && only.type === 'text') return only.text;
  return content.map((part) => writePart(part, false)).filter((part) => part !== undefined);
}

const isContentPart = ({ type }: JsonObject): boolean => typeof type === 'string' && type.startsWith('input_');

/** Only what OpenAI encrypted itself goes back: it refuses all other reasoning. */
function writeReasoning({ text, signature }: ReasoningPart): JsonObject | undefined {
  if (signature?.origin !== 'openai') return undefined;
  const { id, encrypted } = splitOwn(signature.value);
  return {
    type: 'reasoning',
    ...defined({ id }),
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: encrypted,
  };
}

function writePart(part: Part, isOwn: boolean): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      if (part.text === '') return undefined;
      return isOwn
        ? { type: 'output_text', text: part.text, annotations: [] }
        : { type: 'input_text', text: part.text };
    case 'refusal':
      return isOwn ? { type: 'refusal', refusal: part.text } : { type: 'input_text', text: part.text };
    case 'image': {
      if (isOwn) return undefined;
      const { source, detail } = part;
      const at = source.kind === 'file' ? { file_id: source.fileId } : { image_url: writeUrl(source) };
      return { type: 'input_image', detail: detail ?? 'auto', ...defined(at) };
    }
    case 'document': {
      if (isOwn) return undefined;
      const { source, filename } = part;
      if (source.kind === 'file') return { type: 'input_file', file_id: source.fileId };
      if (source.kind === 'url') return { type: 'input_file', file_url: source.url };
      const name = filename ?? (source.mediaType === 'application/pdf' ? 'document.pdf' : 'document.txt');
      return { type: 'input_file', filename: name, ...defined({ file_data: writeUrl(source) }) };
    }
    case 'audio': {
      if (isOwn || part.source.kind !== 'data') return undefined;
      const format = part.audioFormat ?? audioFormatOf(part.source.mediaType);
      return { type: 'input_audio', input_audio: { data: part.source.data, format } };
    }
    case 'opaque':
      return part.format === 'openai-responses' && isContentPart(part.value) ? part.value : undefined;
    case 'video':
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
    case 'server-call':
      return undefined;
  }
}
