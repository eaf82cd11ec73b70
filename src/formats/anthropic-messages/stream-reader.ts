/** Reads Claude's stream. A method per event type; the fields hold what is known so far, `open-blocks.ts` the blocks. */

import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { parseJson } from '../../core/parse-json.ts';
import { readerOf } from '../body-reader.ts';
import { FormatError, type StreamReader } from '../format.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { Part, StreamEvent } from '../neutral/conversation.ts';
import { readCitation } from './citations.ts';
import { readError } from './errors.ts';
import { readFinish } from './finish.ts';
import { finishOfAnswer, JSON_TOOL } from './json-tool.ts';
import { type BlockState, OpenBlocks } from './open-blocks.ts';
import { readBlocks, readExtra } from './read-content.ts';
import { findUsage, mergeUsageObjects, readUsageObject } from './usage.ts';

type Emit = (event: StreamEvent) => void;

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

/** The reader of one stream. Events and deltas it does not know are skipped, as Anthropic's versioning policy asks of clients. */
export class AnthropicStreamReader implements StreamReader {
  #started = false;
  #ended = false;
  #id: JsonValue | undefined;
  readonly #blocks = new OpenBlocks();
  readonly #ids: CallIds;
  #calls = 0;
  #hasJsonAnswer = false;
  #usage: JsonObject | undefined;
  #endings: JsonObject[] = [];

  constructor(callSeed?: string) {
    this.#ids = new CallIds(callSeed);
  }

  read(data: string, eventName: string | undefined, emit: Emit): void {
    if (this.#ended || data.trim() === '' || data === '[DONE]') return;
    let event: unknown;
    try {
      event = parseJson(data);
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
    this.#blocks.release(emit);
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
        this.#blocks.delta(event.index, isJsonObject(event.delta) ? event.delta : {}, emit);
        break;
      case 'content_block_stop':
        this.#blocks.stop(event.index, emit);
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
    const message = isJsonObject(event.message) ? event.message : {};
    if (this.#started) {
      this.#startAgain(message.id);
      return;
    }
    this.#started = true;
    this.#id = message.id;
    this.#ids.seedIfNone(text(message.id));
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

  /**
   * A proxy that spliced a second generation into the stream begins a message of another id (vercel/ai#18331, 2026-11). The
   * same start repeated (recorded by the AI SDK's maintainers) says nothing new: a block that begins again after it is found by its index.
   */
  #startAgain(id: JsonValue | undefined): void {
    if (id !== this.#id) throw new FormatError('', 'The stream is broken: another message begins inside it.');
  }

  #wholeBlocks(message: JsonReader, emit: Emit): void {
    for (const part of readBlocks(message.requiredObjects('content'), new Map(), this.#ids))
      this.#wholePart(part, emit);
  }

  #wholePart(part: Part, emit: Emit): void {
    switch (part.type) {
      case 'text': {
        const citations = (part.citations ?? []).map(
          (citation) => ({ type: 'citation', choice: 0, citation }) as const,
        );
        this.#blocks.pass('text', [...citations, { type: 'text', choice: 0, text: part.text }], emit);
        return;
      }
      case 'reasoning': {
        const events: StreamEvent[] = [];
        if (part.redacted !== undefined) events.push({ type: 'reasoning-redacted', choice: 0, data: part.redacted });
        if (part.text !== '') events.push({ type: 'reasoning', choice: 0, text: part.text });
        if (part.signature !== undefined) {
          events.push({ type: 'reasoning-signature', choice: 0, signature: part.signature });
        }
        this.#blocks.pass('other', events, emit);
        return;
      }
      case 'tool-call': {
        const { id, name, extra } = part;
        if (name === JSON_TOOL) {
          this.#hasJsonAnswer = true;
          this.#blocks.pass('text', [{ type: 'text', choice: 0, text: part.arguments }], emit);
          return;
        }
        const call = this.#calls++;
        const begin: StreamEvent = { type: 'tool-call', choice: 0, call, id, name, ...defined({ extra }) };
        this.#blocks.pass('other', [begin, { type: 'tool-arguments', choice: 0, call, text: part.arguments }], emit);
        return;
      }
      case 'server-call':
        this.#blocks.pass('other', [{ type: 'server-call', choice: 0, part }], emit);
        return;
      case 'opaque':
        this.#blocks.pass('other', [{ type: 'opaque', choice: 0, format: part.format, value: part.value }], emit);
    }
  }

  #blockStart(event: JsonObject, emit: Emit): void {
    const block = isJsonObject(event.content_block) ? event.content_block : {};
    const first: StreamEvent[] = [];
    const state = this.#openBlock(block, first);
    this.#blocks.start(event.index, state, first, emit);
  }

  /** The state of a block that begins; what it says at once goes to `first`. */
  #openBlock(block: JsonObject, first: StreamEvent[]): BlockState {
    switch (block.type) {
      case 'text':
        for (const value of Array.isArray(block.citations) ? block.citations : []) {
          const citation = readCitation(value);
          if (citation !== undefined) first.push({ type: 'citation', choice: 0, citation });
        }
        if (text(block.text) !== '') first.push({ type: 'text', choice: 0, text: text(block.text) });
        return { kind: 'text' };
      case 'thinking':
        if (text(block.thinking) !== '') first.push({ type: 'reasoning', choice: 0, text: text(block.thinking) });
        return { kind: 'thinking', signature: text(block.signature) };
      case 'redacted_thinking':
        first.push({ type: 'reasoning-redacted', choice: 0, data: text(block.data) });
        return { kind: 'whole' };
      case 'tool_use': {
        if (block.name === JSON_TOOL) {
          this.#hasJsonAnswer = true;
          return { kind: 'tool', input: block.input, hasArguments: false };
        }
        const call = this.#calls++;
        const others = readerOf(block, 'content_block').ignore('type', 'id', 'name', 'input', 'cache_control');
        const [id, name] = [this.#ids.idOf(text(block.id), 0, call), text(block.name)];
        first.push({ type: 'tool-call', choice: 0, call, id, name, ...readExtra(others) });
        return { kind: 'tool', call, input: block.input, hasArguments: false };
      }
      default:
        return typeof block.type === 'string' ? { kind: 'opaque', value: { ...block }, json: '' } : { kind: 'whole' };
    }
  }

  #messageDelta(event: JsonObject, emit: Emit): void {
    this.#blocks.stopAll(emit);
    this.#usage = mergeUsageObjects(this.#usage, findUsage(event));
    this.#endings.push(event);
    if (isJsonObject(event.delta)) this.#endings.push(event.delta);
  }

  #messageStop(emit: Emit): void {
    this.#blocks.stopAll(emit);
    this.#ended = true;
    const finish = readFinish(...this.#endings);
    const isAnswer = this.#hasJsonAnswer && this.#calls === 0;
    emit({ type: 'finish', choice: 0, finish: isAnswer ? finishOfAnswer(finish) : finish });
    if (this.#usage !== undefined) emit({ type: 'usage', usage: readUsageObject(this.#usage) });
    emit({ type: 'end' });
  }

  #error(event: JsonObject, emit: Emit): void {
    this.#ended = true;
    this.#blocks.release(emit);
    if (this.#usage !== undefined) emit({ type: 'usage', usage: readUsageObject(this.#usage) });
    emit({ type: 'error', error: readError(event) ?? { message: 'The provider reported an error.' } });
  }
}
