/**
 * Reads a stream of OpenAI's. Items are known by their number in the answer: some gateways give an item another id in every event.
 * What an item says when it is done is read only as far as its deltas did not say it.
 */

import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, stringOf, wordOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { FormatError, type StreamReader } from '../format.ts';
import type { StreamEvent, Usage } from '../neutral/conversation.ts';
import { readAnnotation } from './annotations.ts';
import { readError } from './errors.ts';
import { readFinish, readOutputItem } from './read-response.ts';
import { readCarried } from './signatures.ts';
import { readUsage } from './usage.ts';

type Emit = (event: StreamEvent) => void;

/** One item of the answer. */
interface Item {
  readonly type: string;
  /** Of a tool call: its number among the calls. */
  call?: number;
  /** Text, thoughts or arguments were emitted already. */
  hasContent: boolean;
  parts: number;
  isDone: boolean;
}

/** The reader of one stream. */
export class ResponsesStreamReader implements StreamReader {
  readonly #items = new Map<string, Item>();
  #calls = 0;
  #messages = 0;
  #hasStarted = false;
  #isOver = false;
  /** Of the answer that began. */
  #id: string | undefined;
  #usage: Usage | undefined;

  read(data: string, _eventName: string | undefined, emit: Emit): void {
    if (this.#isOver || data === '' || data === '[DONE]') return;
    const event = parse(data);
    switch (event.type) {
      case 'response.output_text.delta':
        this.#readDelta(event, emit);
        return;
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#start(event, emit);
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.#finish(event, emit);
        return;
      case 'response.failed':
      case 'error':
        this.#fail(event, emit);
        return;
      case undefined:
        if (isJsonObject(event.error)) this.#fail(event, emit);
        return;
      default:
        this.#readItemEvent(event, emit);
    }
  }

  close(emit: Emit): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#usage !== undefined) emit({ type: 'usage', usage: this.#usage });
  }

  #start(event: JsonObject, emit: Emit): void {
    const created = idOfCreated(event);
    if (created !== undefined && this.#id !== undefined && created !== this.#id) {
      throw new FormatError('response.id', 'The stream is broken: the events of another answer follow in it.');
    }
    this.#id ??= created;
    if (this.#hasStarted || !isJsonObject(event.response)) return;
    this.#hasStarted = true;
    const { id, model, created_at: createdAt } = event.response;
    emit({
      type: 'start',
      ...defined({ id: wordOf(id), model: wordOf(model) }),
      ...(typeof createdAt === 'number' && Number.isFinite(createdAt) && { createdSeconds: Math.floor(createdAt) }),
    });
  }

  #readItemEvent(event: JsonObject, emit: Emit): void {
    const delta = stringOf(event.delta) ?? '';
    switch (event.type) {
      case 'response.output_item.added':
        this.#addItem(event, emit);
        return;
      case 'response.content_part.added': {
        const item = this.#itemOf(event, 'message');
        item.parts += 1;
        return;
      }
      case 'response.refusal.delta':
        this.#itemOf(event, 'message').hasContent = true;
        if (delta !== '') emit({ type: 'refusal', choice: 0, text: delta });
        return;
      case 'response.reasoning_summary_part.added': {
        const item = this.#itemOf(event, 'reasoning');
        // Parts of a summary are paragraphs.
        if (item.hasContent) emit({ type: 'reasoning', choice: 0, text: '\n\n' });
        return;
      }
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#itemOf(event, 'reasoning').hasContent = true;
        if (delta !== '') emit({ type: 'reasoning', choice: 0, text: delta });
        return;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#readArguments(event, delta, emit);
        return;
      case 'response.output_text.annotation.added': {
        const citation = readAnnotation(event.annotation ?? null);
        if (citation !== undefined) emit({ type: 'citation', choice: 0, citation });
        return;
      }
      case 'response.output_item.done':
        this.#endItem(event, emit);
    }
  }

  #readDelta(event: JsonObject, emit: Emit): void {
    const item = this.#itemOf(event, 'message');
    const text = stringOf(event.delta) ?? '';
    const startsPart = !item.hasContent && this.#messages > 0;
    if (!item.hasContent) this.#messages += 1;
    item.hasContent = true;
    const content = itemsOf(event.logprobs);
    emit({
      type: 'text',
      choice: 0,
      text,
      ...(content.length > 0 && { logprobs: { content: [...content], refusal: null } }),
      ...(startsPart && { startsPart }),
    });
  }

  #addItem(event: JsonObject, emit: Emit): void {
    const { item } = event;
    if (!isJsonObject(item)) return;
    const type = stringOf(item.type) ?? '';
    const known: Item = { type, hasContent: false, parts: 0, isDone: false };
    const key = keyOf(event);
    const before = this.#items.get(key);
    if (before?.isDone === false && typeof event.output_index === 'number') {
      throw new FormatError('output_index', `The stream is broken: item ${key} begins a second time.`);
    }
    this.#items.set(key, known);
    if (type !== 'function_call' && type !== 'custom_tool_call') return;
    known.call = this.#calls++;
    this.#emitCall(item, known.call, emit);
  }

  #emitCall(item: JsonObject, call: number, emit: Emit): void {
    const [read] = readOutputItem(item);
    if (read?.type !== 'tool-call') return;
    const { id, name, custom, extra } = read;
    emit({ type: 'tool-call', choice: 0, call, id, name, ...defined({ custom, extra }) });
  }

  #readArguments(event: JsonObject, text: string, emit: Emit): void {
    const item = this.#itemOf(event, '');
    if (item.call === undefined || text === '') return;
    item.hasContent = true;
    emit({ type: 'tool-arguments', choice: 0, call: item.call, text });
  }

  #endItem(event: JsonObject, emit: Emit): void {
    const { item } = event;
    if (!isJsonObject(item)) return;
    const key = keyOf(event);
    if (!this.#items.has(key)) this.#addItem(event, emit);
    const known = this.#itemOf(event, stringOf(item.type) ?? '');
    known.isDone = true;
    switch (item.type) {
      case 'reasoning':
        this.#endReasoning(item, known, emit);
        return;
      case 'function_call':
      case 'custom_tool_call': {
        const written = stringOf(item.type === 'function_call' ? item.arguments : item.input) ?? '';
        if (!known.hasContent && known.call !== undefined && written !== '') {
          emit({ type: 'tool-arguments', choice: 0, call: known.call, text: written });
        }
        return;
      }
      case 'message':
        if (!known.hasContent) this.#emitParts(item, emit);
        return;
      default:
        this.#emitParts(item, emit);
    }
  }

  /** What came without deltas. */
  #emitParts(item: JsonObject, emit: Emit): void {
    for (const part of readOutputItem(item)) {
      if (part.type === 'text' && part.text !== '') emit({ type: 'text', choice: 0, text: part.text });
      else if (part.type === 'refusal') emit({ type: 'refusal', choice: 0, text: part.text });
      else if (part.type === 'image') emit({ type: 'media', choice: 0, part });
      else if (part.type === 'server-call') emit({ type: 'server-call', choice: 0, part });
      else if (part.type === 'opaque') emit({ type: 'opaque', choice: 0, format: part.format, value: part.value });
    }
  }

  #endReasoning(item: JsonObject, known: Item, emit: Emit): void {
    const [read] = readOutputItem(item);
    if (read?.type !== 'reasoning') return;
    const content = readCarried(wordOf(item.id), wordOf(item.encrypted_content));
    if (!known.hasContent && read.text !== '') emit({ type: 'reasoning', choice: 0, text: read.text });
    if (content.carries === 'reasoning' && content.part.redacted !== undefined) {
      emit({ type: 'reasoning-redacted', choice: 0, data: content.part.redacted });
    } else if (read.signature !== undefined) {
      emit({ type: 'reasoning-signature', choice: 0, signature: read.signature });
    }
  }

  #finish(event: JsonObject, emit: Emit): void {
    this.#start(event, emit);
    this.#isOver = true;
    const response = isJsonObject(event.response) ? event.response : {};
    emit({
      type: 'finish',
      choice: 0,
      finish: readFinish(response, this.#calls > 0, this.#items.size > 0 || itemsOf(response.output).length > 0),
    });
    const usage = readUsage(event) ?? this.#usage;
    if (usage !== undefined) emit({ type: 'usage', usage });
    emit({ type: 'end' });
  }

  #fail(event: JsonObject, emit: Emit): void {
    this.#isOver = true;
    const usage = readUsage(event) ?? this.#usage;
    if (usage !== undefined) emit({ type: 'usage', usage });
    emit({
      type: 'error',
      error: readError(event) ?? { message: 'The provider reported an error without a message.' },
    });
  }

  #itemOf(event: JsonObject, type: string): Item {
    const key = keyOf(event);
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    const item: Item = { type, hasContent: false, parts: 0, isDone: false };
    this.#items.set(key, item);
    return item;
  }
}

/** The id of the answer that an event begins. */
export function idOfCreated({ type, response }: JsonObject): string | undefined {
  return type === 'response.created' && isJsonObject(response) ? wordOf(response.id) : undefined;
}

function parse(data: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(data);
  } catch {
    const text = data.trim();
    if (text === '' || text.startsWith(':')) return { type: 'comment' };
    throw new FormatError('', `A stream event is not JSON: ${text.slice(0, 80)}`);
  }
  if (!isJsonObject(value)) throw new FormatError('', 'A stream event is not a JSON object.');
  return value;
}

function keyOf(event: JsonObject): string {
  const { output_index: index, item_id: id } = event;
  return typeof index === 'number' ? String(index) : (wordOf(id) ?? '');
}
