/** Reads Claude's stream. A method per event type; the fields hold what is known so far. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { ownValue } from '../../core/own-value.ts';
import { readerOf } from '../body-reader.ts';
import { FormatError, type StreamReader } from '../format.ts';
import type { Part, StreamEvent } from '../neutral/conversation.ts';
import { readCitation } from './citations.ts';
import { readError } from './errors.ts';
import { readFinish } from './finish.ts';
import { finishOfAnswer, JSON_TOOL } from './json-tool.ts';
import { readBlocks, readExtra } from './read-content.ts';
import { readThinking } from './signatures.ts';
import { findUsage, mergeUsageObjects, readUsageObject } from './usage.ts';

type Emit = (event: StreamEvent) => void;

/** The block that is open. Blocks of a stream follow one another and never overlap. */
type OpenBlock =
  | { readonly kind: 'text' }
  | { readonly kind: 'thinking'; signature: string }
  /** `call` is undefined if the input is the answer's text. */
  | { readonly kind: 'tool'; readonly call?: number; readonly input: JsonValue | undefined; hasArguments: boolean }
  | { readonly kind: 'opaque'; readonly value: JsonObject; json: string };

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
const isFilled = (value: JsonValue | undefined): boolean => isJsonObject(value) && Object.keys(value).length > 0;

/** The reader of one stream. Events and deltas it does not know are skipped, as Anthropic's versioning policy asks of clients. */
export class AnthropicStreamReader implements StreamReader {
  #started = false;
  #ended = false;
  #open: OpenBlock | undefined;
  #calls = 0;
  #hasJsonAnswer = false;
  /** The kind of the part emitted last, to tell where one text part ends and another begins. */
  #lastKind: string | undefined;
  #startsPart = false;
  #usage: JsonObject | undefined;
  #endings: JsonObject[] = [];

  read(data: string, eventName: string | undefined, emit: Emit): void {
    if (this.#ended || data.trim() === '' || data === '[DONE]') return;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      throw new FormatError('', 'A stream event is not valid JSON.');
    }
    if (!isJsonObject(event)) throw new FormatError('', 'A stream event is not an object.');
    this.#event(event, event.type ?? eventName, emit);
  }

  /** A stream that ends without `message_stop` was cut: its usage so far is still reported, but no end. */
  close(emit: Emit): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#usage !== undefined) emit({ type: 'usage', usage: readUsageObject(this.#usage) });
  }

  #event(event: JsonObject, type: JsonValue | undefined, emit: Emit): void {
    switch (type) {
      case 'message_start':
        this.#messageStart(event, emit);
        break;
      case 'content_block_start':
        this.#blockStart(event, emit);
        break;
      case 'content_block_delta':
        this.#blockDelta(event, emit);
        break;
      case 'content_block_stop':
        this.#blockStop(emit);
        break;
      case 'message_delta':
        this.#messageDelta(event, emit);
        break;
      case 'message_stop':
        this.#messageStop(emit);
        break;
      case 'error':
        this.#error(event, emit);
        break;
    }
  }

  #messageStart(event: JsonObject, emit: Emit): void {
    // Seen twice in one stream (recorded by the AI SDK's maintainers): the second says nothing new.
    if (this.#started) return;
    this.#started = true;
    const message = isJsonObject(event.message) ? event.message : {};
    this.#usage = findUsage(message);
    const usage = this.#usage && readUsageObject(this.#usage);
    emit({
      type: 'start',
      ...(typeof message.id === 'string' && { id: message.id }),
      ...(typeof message.model === 'string' && { model: message.model }),
      ...defined({ usage }),
      ...(usage?.serviceTier !== undefined && { serviceTier: usage.serviceTier }),
    });
    // A turn that code execution continues begins with blocks that are already whole (programmatic tool calling).
    if (Array.isArray(message.content)) this.#wholeBlocks(readerOf(message, 'message'), emit);
    this.#endings = [message];
  }

  #wholeBlocks(message: JsonReader, emit: Emit): void {
    for (const part of readBlocks(message.requiredObjects('content'), new Map())) this.#wholePart(part, emit);
  }

  #wholePart(part: Part, emit: Emit): void {
    switch (part.type) {
      case 'text':
        this.#enterText();
        for (const citation of part.citations ?? [])
          emit({ type: 'citation', choice: 0, citation, ...this.#startOfPart() });
        emit({ type: 'text', choice: 0, text: part.text, ...this.#startOfPart() });
        break;
      case 'reasoning':
        if (part.redacted !== undefined) emit({ type: 'reasoning-redacted', choice: 0, data: part.redacted });
        if (part.text !== '') emit({ type: 'reasoning', choice: 0, text: part.text });
        if (part.signature !== undefined) {
          emit({ type: 'reasoning-signature', choice: 0, signature: part.signature });
        }
        break;
      case 'tool-call': {
        const { id, name, extra } = part;
        if (name === JSON_TOOL) {
          this.#enterJsonAnswer();
          this.#text(part.arguments, emit);
          return;
        }
        const call = this.#calls++;
        emit({ type: 'tool-call', choice: 0, call, id, name, ...defined({ extra }) });
        emit({ type: 'tool-arguments', choice: 0, call, text: part.arguments });
        break;
      }
      case 'opaque':
        emit({ type: 'opaque', choice: 0, format: part.format, value: part.value });
        break;
    }
    this.#lastKind = part.type;
  }

  #enterText(): void {
    this.#startsPart = this.#lastKind === 'text';
    this.#lastKind = 'text';
  }

  #enterJsonAnswer(): void {
    this.#hasJsonAnswer = true;
    this.#enterText();
  }

  /** The mark of a new text part, once: on its first event. */
  #startOfPart(): { startsPart?: true } {
    if (!this.#startsPart) return {};
    this.#startsPart = false;
    return { startsPart: true };
  }

  #blockStart(event: JsonObject, emit: Emit): void {
    this.#blockStop(emit);
    const block = isJsonObject(event.content_block) ? event.content_block : {};
    switch (block.type) {
      case 'text':
        this.#open = { kind: 'text' };
        this.#enterText();
        for (const citation of Array.isArray(block.citations) ? block.citations : []) this.#citation(citation, emit);
        this.#text(text(block.text), emit);
        return;
      case 'thinking':
        this.#open = { kind: 'thinking', signature: text(block.signature) };
        this.#lastKind = 'reasoning';
        if (text(block.thinking) !== '') emit({ type: 'reasoning', choice: 0, text: text(block.thinking) });
        return;
      case 'redacted_thinking':
        this.#lastKind = 'reasoning';
        emit({ type: 'reasoning-redacted', choice: 0, data: text(block.data) });
        return;
      case 'tool_use': {
        if (block.name === JSON_TOOL) {
          this.#enterJsonAnswer();
          this.#open = { kind: 'tool', input: block.input, hasArguments: false };
          return;
        }
        const call = this.#calls++;
        this.#open = { kind: 'tool', call, input: block.input, hasArguments: false };
        this.#lastKind = 'tool-call';
        const others = readerOf(block, 'content_block').ignore('type', 'id', 'name', 'input', 'cache_control');
        emit({ type: 'tool-call', choice: 0, call, id: text(block.id), name: text(block.name), ...readExtra(others) });
        return;
      }
      default:
        if (typeof block.type !== 'string') return;
        this.#lastKind = 'opaque';
        this.#open = { kind: 'opaque', value: { ...block }, json: '' };
    }
  }

  #blockDelta(event: JsonObject, emit: Emit): void {
    const delta = isJsonObject(event.delta) ? event.delta : {};
    const open = this.#open;
    switch (open?.kind) {
      case 'text':
        if (delta.type === 'text_delta') this.#text(text(delta.text), emit);
        else if (delta.type === 'citations_delta') this.#citation(delta.citation, emit);
        return;
      case 'thinking':
        if (delta.type === 'thinking_delta' && text(delta.thinking) !== '') {
          emit({ type: 'reasoning', choice: 0, text: text(delta.thinking) });
        } else if (delta.type === 'signature_delta') open.signature += text(delta.signature);
        return;
      case 'tool': {
        const json = delta.type === 'input_json_delta' ? text(delta.partial_json) : '';
        if (json === '') return;
        open.hasArguments = true;
        this.#input(open.call, json, emit);
        return;
      }
      case 'opaque':
        if (delta.type === 'input_json_delta') open.json += text(delta.partial_json);
        else this.#opaqueDelta(open.value, delta);
    }
  }

  /** Deltas of blocks that only Anthropic knows (`compaction_delta`): texts grow, anything else takes the place of what was there. */
  #opaqueDelta(value: JsonObject, delta: JsonObject): void {
    for (const [key, member] of Object.entries(delta)) {
      if (key === 'type' || member === null || member === undefined) continue;
      const before = ownValue(value, key);
      setMember(value, key, typeof before === 'string' && typeof member === 'string' ? before + member : member);
    }
  }

  #text(value: string, emit: Emit): void {
    if (value !== '') emit({ type: 'text', choice: 0, text: value, ...this.#startOfPart() });
  }

  #input(call: number | undefined, json: string, emit: Emit): void {
    if (call === undefined) this.#text(json, emit);
    else emit({ type: 'tool-arguments', choice: 0, call, text: json });
  }

  #citation(value: JsonValue | undefined, emit: Emit): void {
    const citation = readCitation(value);
    if (citation !== undefined) emit({ type: 'citation', choice: 0, citation, ...this.#startOfPart() });
  }

  #blockStop(emit: Emit): void {
    const open = this.#open;
    this.#open = undefined;
    if (open?.kind === 'thinking' && open.signature !== '') {
      const read = readThinking('', open.signature);
      const signature = read.carries === 'reasoning' ? read.part.signature : read.signature;
      if (signature !== undefined) emit({ type: 'reasoning-signature', choice: 0, signature });
    } else if (open?.kind === 'tool' && !open.hasArguments) {
      // Eager tools come whole in the start; a tool without parameters sends no arguments at all.
      const whole = isFilled(open.input) ? JSON.stringify(open.input) : '{}';
      this.#input(open.call, whole, emit);
    } else if (open?.kind === 'opaque') {
      const value = open.json === '' ? open.value : { ...open.value, input: parsedOr(open.json) };
      emit({ type: 'opaque', choice: 0, format: 'anthropic-messages', value });
    }
  }

  #messageDelta(event: JsonObject, emit: Emit): void {
    this.#blockStop(emit);
    this.#usage = mergeUsageObjects(this.#usage, findUsage(event));
    this.#endings.push(event);
    if (isJsonObject(event.delta)) this.#endings.push(event.delta);
  }

  #messageStop(emit: Emit): void {
    this.#blockStop(emit);
    this.#ended = true;
    const finish = readFinish(...this.#endings);
    const isAnswer = this.#hasJsonAnswer && this.#calls === 0;
    emit({ type: 'finish', choice: 0, finish: isAnswer ? finishOfAnswer(finish) : finish });
    if (this.#usage !== undefined) emit({ type: 'usage', usage: readUsageObject(this.#usage) });
    emit({ type: 'end' });
  }

  #error(event: JsonObject, emit: Emit): void {
    this.#ended = true;
    if (this.#usage !== undefined) emit({ type: 'usage', usage: readUsageObject(this.#usage) });
    emit({ type: 'error', error: readError(event) ?? { message: 'The provider reported an error.' } });
  }
}

/** Input that is not JSON is kept as its text, as the client would have received it. */
function parsedOr(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return json;
  }
}
