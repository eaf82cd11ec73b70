/** Writes turns as messages. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dropped } from '../format.ts';
import { imageTypeOf } from '../image-type.ts';
import type { MediaSource, Part, ReasoningPart, ToolCallPart, ToolResultPart, Turn } from '../neutral/conversation.ts';
import { type CacheMarkStyle, writeCacheControl } from './cache-marks.ts';
import { writeExtra } from './extras.ts';
import { audioFormatOf, writeUrl } from './media.ts';
import { isClaudeModel, isGeminiModel, isOpenAiModel, isOpenRouterClaude } from './model-names.ts';
import { writeGoogleSignature, writeReasoningDetails, writeThinkingBlocks } from './thinking-blocks.ts';

/** Writes all messages of one request. Holds what is decided once: the model's dialect and the list of what was dropped. */
export class MessagesWriter {
  readonly #model: string;
  readonly #marks: CacheMarkStyle;
  readonly #dropped: Dropped[];
  readonly #messages: JsonObject[] = [];
  /** Images and documents that tools returned: a tool message takes text only, so they follow in a user message. */
  #returnedMedia: JsonValue[] = [];
  #hasDroppedMark = false;
  /** The turn that is being written is a model's. */
  #isAnswer = false;

  constructor(model: string, marks: CacheMarkStyle, dropped: Dropped[]) {
    this.#model = model;
    this.#marks = marks;
    this.#dropped = dropped;
  }

  write(turns: readonly Turn[]): JsonObject[] {
    for (const [index, turn] of turns.entries()) this.#writeTurn(turn, `messages[${index}]`);
    this.#flushReturnedMedia();
    return this.#messages;
  }

  #writeTurn(turn: Turn, path: string): void {
    // The answers to one turn's tool calls must follow each other, so media come after the last of them.
    if (turn.role !== 'tool') this.#flushReturnedMedia();
    this.#isAnswer = turn.role === 'assistant';
    switch (turn.role) {
      case 'assistant':
        this.#writeAssistant(turn, path);
        return;
      case 'tool':
        this.#writeToolTurn(turn, path);
        return;
      case 'developer':
        // Only OpenAI's own models know the role (DeepSeek and vLLM refuse it); `system` means the same everywhere.
        this.#push(isOpenAiModel(this.#model) ? 'developer' : 'system', turn, path);
        return;
      case 'system':
      case 'user':
        this.#push(turn.role, turn, path);
    }
  }

  #push(role: string, turn: Turn, path: string): void {
    const message: JsonObject = { role, content: this.#contentOf(turn.parts, path) };
    if (turn.name !== undefined) message.name = turn.name;
    this.#messages.push({ ...message, ...writeExtra(turn.extra, path, this.#dropped) });
  }

  /** The parts as content: a plain string if one text without a mark says all. */
  #contentOf(parts: readonly Part[], path: string): JsonValue {
    const written: JsonValue[] = [];
    for (const [index, part] of parts.entries()) {
      const content = this.#writePart(part, `${path}.content[${index}]`);
      if (content !== undefined) written.push(content);
    }
    const only = written.length === 1 ? written[0] : undefined;
    if (isPlainText(only)) return only.text;
    return written.length === 0 ? '' : written;
  }

  #writePart(part: Part, path: string): JsonObject | undefined {
    switch (part.type) {
      case 'text':
        return this.#marked({ type: 'text', text: part.text, ...this.#googleSignature(part.signature, path) }, part);
      case 'image': {
        const url = writeUrl(this.#trueSource(part.source, path));
        if (url === undefined) return this.#dropContent(path, 'an image kept as a file at another provider');
        const image: JsonObject = part.detail === undefined ? { url } : { url, detail: part.detail };
        return this.#marked({ type: 'image_url', image_url: image }, part);
      }
      case 'audio': {
        const format =
          part.audioFormat ?? ('mediaType' in part.source ? audioFormatOf(part.source.mediaType ?? '') : 'wav');
        const data = part.source.kind === 'data' ? part.source.data : writeUrl(part.source);
        if (data === undefined) return this.#dropContent(path, 'audio kept as a file at another provider');
        return { type: 'input_audio', input_audio: { data, format } };
      }
      case 'document':
        return this.#writeDocument(part, path);
      case 'video': {
        const url = writeUrl(part.source);
        return url === undefined
          ? this.#dropContent(path, 'a video kept as a file at another provider')
          : { type: 'video_url', video_url: { url } };
      }
      case 'refusal':
        return { type: 'refusal', refusal: part.text };
      case 'opaque':
        return part.format === 'openai-chat'
          ? part.value
          : this.#dropContent(path, `a part that only ${part.format} knows`);
      case 'reasoning':
      case 'tool-call':
      case 'tool-result':
        return this.#drop(path, `a ${part.type} part has no place in this message`);
    }
  }

  /** An image under the type that its bytes are of: some providers refuse it otherwise. */
  #trueSource(source: MediaSource, path: string): MediaSource {
    const actual = source.kind === 'data' ? imageTypeOf(source.data) : undefined;
    if (source.kind !== 'data' || actual === undefined || actual === source.mediaType) return source;
    const isSameByOldName = actual === 'image/jpeg' && source.mediaType === 'image/jpg';
    const why = `the image is of type ${actual}, not ${source.mediaType}`;
    if (!isSameByOldName) this.#dropped.push({ field: path, why, kind: 'fitted' });
    return { ...source, mediaType: actual };
  }

  #writeDocument(part: Part & { type: 'document' }, path: string): JsonObject | undefined {
    const { source } = part;
    // A file part takes PDF; a document that is text is written as text, under its name.
    if (source.kind === 'text') {
      const heading = part.filename === undefined ? '' : `${part.filename}\n\n`;
      return this.#marked({ type: 'text', text: heading + source.text }, part);
    }
    const file: JsonObject = {};
    if (source.kind === 'file') file.file_id = source.fileId;
    else if (source.kind === 'data') file.file_data = `data:${source.mediaType};base64,${source.data}`;
    else if (isOpenAiModel(this.#model)) return this.#dropContent(path, 'OpenAI takes no document by URL in chat');
    else file.file_id = source.url;
    if (part.filename !== undefined) file.filename = part.filename;
    // OpenAI refuses `file_data` without a name.
    else if (source.kind === 'data') file.filename = 'document.pdf';
    return this.#marked({ type: 'file', file }, part);
  }

  #writeAssistant(turn: Turn, path: string): void {
    const reasoning: ReasoningPart[] = [];
    const calls: JsonObject[] = [];
    const content: Part[] = [];
    const message: JsonObject = { role: 'assistant', content: null };
    for (const [index, part] of turn.parts.entries()) {
      const at = `${path}.content[${index}]`;
      if (part.type === 'reasoning') reasoning.push(part);
      else if (part.type === 'tool-call') calls.push(this.#writeCall(part, at));
      else if (part.type === 'opaque' && part.format === 'openai-chat')
        this.#writeOpaque(part.value, message, content, part);
      else if (part.type === 'text' || part.type === 'refusal' || part.type === 'opaque') content.push(part);
      else this.#drop(at, `an assistant message takes no ${part.type}`);
    }
    this.#writeAssistantContent(content, message, path);
    if (content.length === 0 && calls.length === 0 && message.audio === undefined) message.content = '';
    if (calls.length > 0) message.tool_calls = calls;
    if (turn.name !== undefined) message.name = turn.name;
    this.#writeReasoning(reasoning, message, path);
    this.#messages.push({ ...message, ...writeExtra(turn.extra, path, this.#dropped) });
  }

  /** Members beside the content of a message: `audio: {id}`, and OpenRouter's `reasoning_details`. */
  #writeOpaque(value: JsonObject, message: JsonObject, content: Part[], part: Part): void {
    if (value.type === 'audio') message.audio = value.audio;
    else if (value.type === 'reasoning_details' && !isOpenAiModel(this.#model)) {
      message.reasoning_details = value.reasoning_details;
    } else if (value.type !== 'reasoning_details') content.push(part);
  }

  #writeAssistantContent(parts: readonly Part[], message: JsonObject, path: string): void {
    const texts = parts.filter((part) => part.type !== 'refusal');
    const refusals = parts.filter((part) => part.type === 'refusal');
    if (texts.length > 0) message.content = this.#contentOf(texts, path);
    if (refusals.length > 0) message.refusal = refusals.map((part) => part.text).join('');
    // Google's compatible endpoint reads the signature of a text beside the content.
    const signed = texts.findLast((part) => part.type === 'text' && part.signature !== undefined);
    if (signed?.type === 'text' && typeof message.content === 'string') {
      Object.assign(message, this.#googleSignature(signed.signature, path));
    }
  }

  /**
   * Reasoning goes back to whom it belongs. Plain text as `reasoning_content` (DeepSeek, GLM, Kimi and Qwen want it back
   * in a loop of tool calls; providers that do not drop it by their own rules). Signed reasoning only to a Claude
   * model behind this format; anyone else cannot read it. OpenAI's own models take none.
   */
  #writeReasoning(reasoning: readonly ReasoningPart[], message: JsonObject, path: string): void {
    if (reasoning.length === 0) return;
    const isClaude = isClaudeModel(this.#model);
    const plain = reasoning.filter((part) => part.signature === undefined && part.redacted === undefined);
    const signed = reasoning.filter((part) => part.signature !== undefined || part.redacted !== undefined);
    if (plain.length > 0 && !isOpenAiModel(this.#model)) {
      message.reasoning_content = plain.map((part) => part.text).join('');
    } else if (plain.length > 0) this.#drop(`${path}.reasoning_content`, 'OpenAI takes no reasoning back in chat');
    if (signed.length === 0) return;
    if (isOpenRouterClaude(this.#model)) {
      const details = writeReasoningDetails(signed);
      if (message.reasoning_details === undefined && details.length > 0) message.reasoning_details = details;
    } else if (isClaude) {
      message.thinking_blocks = writeThinkingBlocks(signed);
    } else this.#drop(`${path}.thinking_blocks`, 'signed reasoning of another model');
  }

  #writeCall(part: ToolCallPart, path: string): JsonObject {
    const call: JsonObject = part.custom
      ? { id: part.id, type: 'custom', custom: { name: part.name, input: part.arguments } }
      : { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } };
    const extra = writeExtra(part.extra, path, this.#dropped);
    return this.#marked({ ...call, ...this.#googleSignature(part.signature, path), ...extra }, part, 'call');
  }

  #writeToolTurn(turn: Turn, path: string): void {
    const others: Part[] = [];
    for (const [index, part] of turn.parts.entries()) {
      if (part.type === 'tool-result') this.#writeToolResult(part, `${path}.content[${index}]`);
      else others.push(part);
    }
    if (others.length > 0) {
      this.#flushReturnedMedia();
      this.#messages.push({ role: 'user', content: this.#contentOf(others, path) });
    }
  }

  #writeToolResult(part: ToolResultPart, path: string): void {
    const texts: Part[] = [];
    const media: JsonValue[] = [];
    for (const [index, item] of part.content.entries()) {
      const isText = item.type === 'text' || (item.type === 'document' && item.source.kind === 'text');
      if (isText) {
        texts.push(item);
        continue;
      }
      const written = this.#writePart(item, `${path}.content[${index}]`);
      if (written !== undefined) media.push(written);
    }
    if (part.isError === true) this.#drop(`${path}.is_error`, 'a tool message cannot say that the tool failed');
    const message: JsonObject = {
      role: 'tool',
      tool_call_id: part.callId,
      content: this.#contentOf(texts, path),
      ...writeExtra(part.extra, path, this.#dropped),
    };
    if (part.cacheMark !== undefined && this.#marks === 'cache-control') {
      message.cache_control = writeCacheControl(part.cacheMark);
    } else if (part.cacheMark !== undefined) this.#dropMark();
    this.#messages.push(message);
    if (media.length > 0) {
      if (texts.length === 0) message.content = 'The result follows in the next user message.';
      this.#returnedMedia.push({ type: 'text', text: `Result of tool call ${part.callId}:` }, ...media);
    }
  }

  #flushReturnedMedia(): void {
    if (this.#returnedMedia.length === 0) return;
    this.#messages.push({ role: 'user', content: this.#returnedMedia });
    this.#returnedMedia = [];
  }

  #googleSignature(signature: Parameters<typeof writeGoogleSignature>[0], path: string): JsonObject {
    if (signature === undefined) return {};
    if (isGeminiModel(this.#model)) return writeGoogleSignature(signature);
    this.#drop(`${path}.extra_content`, 'a thought signature of another model');
    return {};
  }

  #marked(written: JsonObject, part: Part, place: 'part' | 'call' = 'part'): JsonObject {
    if (!('cacheMark' in part) || part.cacheMark === undefined) return written;
    if (this.#marks === 'cache-control') return { ...written, cache_control: writeCacheControl(part.cacheMark) };
    if (this.#marks === 'breakpoint' && place === 'part') {
      return { ...written, prompt_cache_breakpoint: { mode: 'explicit' } };
    }
    this.#dropMark();
    return written;
  }

  /** Counted once a request: a long conversation may hold many marks, and they mean one thing. */
  #dropMark(): void {
    if (this.#hasDroppedMark) return;
    this.#hasDroppedMark = true;
    this.#drop('cache_control', 'the provider caches prompts without marks');
  }

  #drop(field: string, why: string): undefined {
    this.#dropped.push({ field, why, kind: 'unknown' });
    return undefined;
  }

  /** What a user says cannot be left out; of an answer that another model gave, it can. */
  #dropContent(field: string, why: string): undefined {
    this.#dropped.push({ field, why, kind: this.#isAnswer ? 'unknown' : 'refused' });
    return undefined;
  }
}

function isPlainText(part: JsonValue | undefined): part is { readonly text: string } & JsonObject {
  return (
    typeof part === 'object' &&
    part !== null &&
    !Array.isArray(part) &&
    part.type === 'text' &&
    typeof part.text === 'string' &&
    Object.keys(part).length === 2
  );
}
