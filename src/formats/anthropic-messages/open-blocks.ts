/**
 * The blocks of a Claude stream by their index. Blocks may overlap: what a later one says is held until those before it are
 * closed, so that the neutral events of one part are never mixed with those of another.
 */

import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { parseJson } from '../../core/parse-json.ts';
import { FormatError } from '../format.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { readCitation } from './citations.ts';
import { readCodeStep } from './code-execution.ts';
import { readThinking } from './signatures.ts';
import { readSearchStep } from './web-search.ts';

type Emit = (event: StreamEvent) => void;

/** What a block is, and what is known of it before it is closed. */
export type BlockState =
  | { readonly kind: 'text' }
  | { readonly kind: 'thinking'; signature: string }
  /** `call` is undefined if the input is the answer's text. */
  | { readonly kind: 'tool'; readonly call?: number; readonly input: JsonValue | undefined; hasArguments: boolean }
  | { readonly kind: 'opaque'; readonly value: JsonObject; json: string }
  /** Nothing more is expected of it: redacted thinking, or a block without a type. */
  | { readonly kind: 'whole' };

interface Block {
  readonly state: BlockState;
  /** The kind of neutral part that it becomes. */
  readonly part: 'text' | 'other';
  hasBegun: boolean;
  isClosed: boolean;
  /** Undefined for the block that is read out. */
  held: StreamEvent[] | undefined;
}

/** The blocks of one stream. */
export class OpenBlocks {
  /** In the order in which they began; the first one is read out. */
  readonly #open = new Map<number, Block>();
  readonly #used = new Set<number>();
  #lastIndex = -1;
  #lastPart: Block['part'] | undefined;

  /** Opens a block that says something at once (`first`). */
  start(index: JsonValue | undefined, state: BlockState, first: readonly StreamEvent[], emit: Emit): void {
    const number = typeof index === 'number' ? index : this.#lastIndex + 1;
    if (this.#used.has(number)) throw broken(`block ${number} begins a second time`);
    const part = state.kind === 'text' || (state.kind === 'tool' && state.call === undefined) ? 'text' : 'other';
    const held = this.#open.size === 0 ? undefined : [];
    const block: Block = { state, part, hasBegun: false, isClosed: false, held };
    this.#open.set(number, block);
    this.#used.add(number);
    this.#lastIndex = number;
    for (const event of first) this.#send(block, event, emit);
  }

  /** Takes a delta for the block of its index, or for the latest one if it names none. */
  delta(index: JsonValue | undefined, delta: JsonObject, emit: Emit): void {
    const number = typeof index === 'number' ? index : this.#latest();
    const block = this.#open.get(number ?? -1);
    if (block === undefined || block.isClosed) {
      throw broken(`a delta is for block ${number ?? '(without an index)'}, which is not open`);
    }
    const { state } = block;
    switch (state.kind) {
      case 'text':
        if (delta.type === 'text_delta') this.#text(block, textOf(delta.text), emit);
        else if (delta.type === 'citations_delta') {
          const citation = readCitation(delta.citation);
          if (citation !== undefined) this.#send(block, { type: 'citation', choice: 0, citation }, emit);
        }
        return;
      case 'thinking': {
        const thought = delta.type === 'thinking_delta' ? textOf(delta.thinking) : '';
        if (thought !== '') this.#send(block, { type: 'reasoning', choice: 0, text: thought }, emit);
        if (delta.type === 'signature_delta') state.signature += textOf(delta.signature);
        return;
      }
      case 'tool': {
        const json = delta.type === 'input_json_delta' ? textOf(delta.partial_json) : '';
        if (json === '') return;
        state.hasArguments = true;
        this.#input(block, state.call, json, emit);
        return;
      }
      case 'opaque':
        if (delta.type === 'input_json_delta') state.json += textOf(delta.partial_json);
        else growOpaque(state.value, delta);
        return;
      case 'whole':
        return;
    }
  }

  /** Closes the block of an index, or the latest one. */
  stop(index: JsonValue | undefined, emit: Emit): void {
    const number = typeof index === 'number' ? index : this.#latest();
    const block = number === undefined ? undefined : this.#open.get(number);
    if (block === undefined || block.isClosed) return;
    this.#close(block, emit);
    this.#readOut(emit);
  }

  /** Closes every block, in order. */
  stopAll(emit: Emit): void {
    for (const block of this.#open.values()) if (!block.isClosed) this.#close(block, emit);
    this.#readOut(emit);
  }

  /** The stream broke off: what was held is emitted, and nothing is closed. */
  release(emit: Emit): void {
    for (const block of this.#open.values()) {
      const { held } = block;
      block.held = undefined;
      for (const event of held ?? []) this.#emitOf(block, event, emit);
    }
    this.#open.clear();
  }

  /** Emits an event of a part that is not a block of the stream; `part` as in a block. */
  pass(part: Block['part'], events: readonly StreamEvent[], emit: Emit): void {
    const block: Block = { state: { kind: 'whole' }, part, hasBegun: false, isClosed: true, held: undefined };
    for (const event of events) this.#send(block, event, emit);
  }

  #latest(): number | undefined {
    let latest: number | undefined;
    for (const [number, block] of this.#open) if (!block.isClosed) latest = number;
    return latest;
  }

  #close(block: Block, emit: Emit): void {
    const { state } = block;
    if (state.kind === 'thinking' && state.signature !== '') {
      const read = readThinking('', state.signature);
      const signature = read.carries === 'reasoning' ? read.part.signature : read.signature;
      if (signature !== undefined) this.#send(block, { type: 'reasoning-signature', choice: 0, signature }, emit);
    } else if (state.kind === 'tool' && !state.hasArguments) {
      // Eager tools come whole in the start; a tool without parameters sends no arguments at all.
      const isFilled = isJsonObject(state.input) && Object.keys(state.input).length > 0;
      this.#input(block, state.call, isFilled ? JSON.stringify(state.input) : '{}', emit);
    } else if (state.kind === 'opaque') {
      const value = state.json === '' ? state.value : { ...state.value, input: parsedOr(state.json) };
      const part = readSearchStep(value) ?? readCodeStep(value);
      const opaque: StreamEvent = { type: 'opaque', choice: 0, format: 'anthropic-messages', value };
      this.#send(block, part === undefined ? opaque : { type: 'server-call', choice: 0, part }, emit);
    }
    block.isClosed = true;
  }

  /** Drops closed blocks from the front, and reads out what the next one has said so far. */
  #readOut(emit: Emit): void {
    for (const [number, block] of this.#open) {
      const { held } = block;
      block.held = undefined;
      for (const event of held ?? []) this.#emitOf(block, event, emit);
      if (!block.isClosed) return;
      this.#open.delete(number);
    }
  }

  #text(block: Block, text: string, emit: Emit): void {
    if (text !== '') this.#send(block, { type: 'text', choice: 0, text }, emit);
  }

  #input(block: Block, call: number | undefined, json: string, emit: Emit): void {
    if (call === undefined) this.#text(block, json, emit);
    else this.#send(block, { type: 'tool-arguments', choice: 0, call, text: json }, emit);
  }

  #send(block: Block, event: StreamEvent, emit: Emit): void {
    if (block.held === undefined) this.#emitOf(block, event, emit);
    else block.held.push(event);
  }

  /** The first event of a text part that follows another text part says so. */
  #emitOf(block: Block, event: StreamEvent, emit: Emit): void {
    const startsPart = !block.hasBegun && block.part === 'text' && this.#lastPart === 'text';
    block.hasBegun = true;
    this.#lastPart = block.part;
    emit(startsPart && (event.type === 'text' || event.type === 'citation') ? { ...event, startsPart } : event);
  }
}

function broken(what: string): FormatError {
  return new FormatError('', `The stream is broken: ${what}.`);
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Deltas of blocks that only Anthropic knows (`compaction_delta`): texts grow, anything else takes the place of what was there. */
function growOpaque(value: JsonObject, delta: JsonObject): void {
  for (const [key, member] of Object.entries(delta)) {
    if (key === 'type' || member === null || member === undefined) continue;
    const before = ownValue(value, key);
    setMember(value, key, typeof before === 'string' && typeof member === 'string' ? before + member : member);
  }
}

/** Input that is not JSON is kept as its text, as the client would have received it. */
function parsedOr(json: string): JsonValue {
  try {
    return parseJson(json);
  } catch {
    return json;
  }
}
