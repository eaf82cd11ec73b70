/** Reads the deltas of one choice of a stream. */
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, stringOf } from '../../core/json.ts';
import type { CallIds } from '../neutral/call-ids.ts';
import type { Finish, StreamEvent } from '../neutral/conversation.ts';
import { readAnnotations } from './citations.ts';
import { readFinish, stopOf } from './finish-reasons.ts';
import { readImage } from './read-response.ts';
import {
  keepReasoningDetails,
  readGoogleSignature,
  readReasoningDetail,
  readReasoningText,
  readThinkingBlock,
} from './thinking-blocks.ts';
import { ToolCallReader } from './tool-call-reader.ts';

type Emit = (event: StreamEvent) => void;

/** One choice of one stream. Its end is held until the stream's: servers send text and better reasons after a first one. */
export class ChoiceReader {
  readonly #choice: number;
  readonly #calls: ToolCallReader;
  #finishWord: string | undefined;
  /** What stopped it, as some servers say. */
  #stop: JsonValue | undefined;
  #finishLogprobs: JsonValue | undefined;
  /** Whether reasoning text came since the last signature: a block that repeats it is then skipped. */
  #hasOpenReasoning = false;

  constructor(choice: number, ids: CallIds) {
    this.#choice = choice;
    this.#calls = new ToolCallReader(choice, ids);
  }

  get isFinished(): boolean {
    return this.#finishWord !== undefined;
  }

  /** Takes this choice of one chunk. */
  readChunk(choice: JsonObject, emit: Emit): void {
    const logprobs = choice.logprobs ?? undefined;
    // Servers that do not stream by themselves send one chunk with a whole `message`.
    const delta = isJsonObject(choice.delta) ? choice.delta : choice.message;
    const hasText = isJsonObject(delta) && this.#readDelta(delta, logprobs, emit);
    if (logprobs !== undefined && !hasText) this.#finishLogprobs = logprobs;
    const word = choice.finish_reason;
    // DashScope's own wording for "not finished" is the string "null", older vLLM's the empty string.
    if (typeof word === 'string' && word !== '' && word !== 'null') {
      this.#finishWord = word;
      this.#stop = stopOf(choice);
    }
  }

  #readDelta(delta: JsonObject, logprobs: JsonValue | undefined, emit: Emit): boolean {
    this.#readReasoning(delta, emit);
    const hasText = this.#readContent(delta, logprobs, emit);
    const refusal = delta.refusal;
    if (typeof refusal === 'string' && refusal !== '') emit({ type: 'refusal', choice: this.#choice, text: refusal });
    if (delta.tool_calls !== undefined) {
      for (const fragment of itemsOf(delta.tool_calls)) this.#calls.readFragment(fragment, emit);
    }
    if (isJsonObject(delta.function_call)) this.#calls.readLegacy(delta.function_call, emit);
    if (delta.annotations !== undefined) {
      for (const citation of readAnnotations(delta.annotations)) {
        emit({ type: 'citation', choice: this.#choice, citation });
      }
    }
    for (const image of delta.images === undefined ? [] : itemsOf(delta.images)) this.#readImage(image, emit);
    if (isJsonObject(delta.audio)) this.#keep({ type: 'audio', audio: delta.audio }, emit);
    return hasText;
  }

  #readReasoning(delta: JsonObject, emit: Emit): void {
    const text = readReasoningText(delta);
    if (text !== undefined) this.#emitReasoning(text, emit);
    if (delta.thinking_blocks !== undefined) {
      for (const block of itemsOf(delta.thinking_blocks)) this.#readBlock(block, emit);
    }
    if (delta.reasoning_details !== undefined) {
      for (const detail of itemsOf(delta.reasoning_details)) this.#readDetail(detail, emit);
      const kept = keepReasoningDetails(delta.reasoning_details);
      if (kept !== undefined) this.#keep(kept.value, emit);
    }
  }

  #emitReasoning(text: string, emit: Emit): void {
    this.#hasOpenReasoning = true;
    emit({ type: 'reasoning', choice: this.#choice, text });
  }

  #readBlock(block: JsonValue, emit: Emit): void {
    const part = readThinkingBlock(block);
    if (part === undefined) return;
    this.#readSigned(part, emit);
  }

  #readDetail(detail: JsonValue, emit: Emit): void {
    const part = readReasoningDetail(detail);
    if (part !== undefined) this.#readSigned(part, emit);
  }

  #readSigned(part: NonNullable<ReturnType<typeof readThinkingBlock>>, emit: Emit): void {
    if (part.redacted !== undefined) {
      emit({ type: 'reasoning-redacted', choice: this.#choice, data: part.redacted });
      return;
    }
    if (part.text !== '' && !this.#hasOpenReasoning) this.#emitReasoning(part.text, emit);
    if (part.signature === undefined) return;
    this.#hasOpenReasoning = false;
    emit({ type: 'reasoning-signature', choice: this.#choice, signature: part.signature });
  }

  /** Reads content as a string or, at Mistral, as parts; returns whether there was text. */
  #readContent(delta: JsonObject, logprobs: JsonValue | undefined, emit: Emit): boolean {
    const { content } = delta;
    const signature = delta.extra_content === undefined ? undefined : readGoogleSignature(delta);
    if (typeof content === 'string') {
      if (content === '' && signature === undefined) return false;
      if (signature === undefined && logprobs === undefined) {
        emit({ type: 'text', choice: this.#choice, text: content });
      } else {
        emit({
          type: 'text',
          choice: this.#choice,
          text: content,
          ...(signature === undefined ? {} : { signature }),
          ...(logprobs === undefined ? {} : { logprobs }),
        });
      }
      return true;
    }
    if (signature !== undefined) emit({ type: 'text', choice: this.#choice, text: '', signature });
    for (const part of itemsOf(content)) this.#readContentPart(part, emit);
    return false;
  }

  #readContentPart(part: JsonValue, emit: Emit): void {
    const text = typeof part === 'string' ? part : isJsonObject(part) ? stringOf(part.text) : undefined;
    if (text !== undefined) {
      if (text !== '') emit({ type: 'text', choice: this.#choice, text });
      return;
    }
    const thinking = readThinkingBlock(part);
    if (thinking === undefined) {
      if (isJsonObject(part) && !this.#readImage(part, emit)) this.#keep(part, emit);
      return;
    }
    if (thinking.text !== '' && thinking.redacted === undefined) this.#emitReasoning(thinking.text, emit);
    this.#readSigned({ ...thinking, text: '' }, emit);
  }

  #readImage(value: JsonValue, emit: Emit): boolean {
    const part = readImage(value);
    if (part === undefined) return false;
    emit({ type: 'media', choice: this.#choice, part });
    return true;
  }

  #keep(value: JsonObject, emit: Emit): void {
    emit({ type: 'opaque', choice: this.#choice, format: 'openai-chat', value });
  }

  /** How the choice ended; one without a finish reason ended with the stream. */
  finish(): Finish {
    if (this.#finishWord !== undefined) return readFinish(this.#finishWord, this.#calls.hasCalls, this.#stop);
    return { reason: this.#calls.hasCalls ? 'tool-calls' : 'stop' };
  }

  /** The stream is whole: emits what is still missing of this choice, and its end. */
  close(emit: Emit): void {
    this.#calls.finish(emit);
    emit({
      type: 'finish',
      choice: this.#choice,
      finish: this.finish(),
      ...(this.#finishLogprobs === undefined ? {} : { logprobs: this.#finishLogprobs }),
    });
  }
}
