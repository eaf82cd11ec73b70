/**
 * Writes the stream of an Anthropic client. Its blocks never overlap: each is opened, filled and closed before the next. Neutral
 * events promise less (OpenAI may interleave the arguments of two calls), so what comes while a call is unfinished is held back
 * until the call's arguments are a whole JSON value, or the answer ends.
 */
import type { JsonObject } from '../../core/json.ts';
import { JsonEnd } from '../../core/json-end.ts';
import type { AnswerFacts, ClientError, StreamPosition, StreamWriter } from '../format.ts';
import type { Finish, ReasoningSignature, StreamEvent, Usage } from '../neutral/conversation.ts';
import { writeCitation } from './citations.ts';
import { writeError } from './errors.ts';
import { writeFinish } from './finish.ts';
import { writeSignature } from './signatures.ts';
import { carryToolId, writeToolInput } from './tool-ids.ts';
import { writeUsage } from './usage.ts';
import { writeExtra } from './write-content.ts';
import { writeMessageId, writeServerStep } from './write-response.ts';

type CallEvent = Extract<StreamEvent, { type: 'tool-call' }>;
type HeldCall = { readonly start: CallEvent; text: string };
type Held = HeldCall | { readonly event: StreamEvent };

/** One server-sent event of this format. */
const frame = (type: string, body: string): string => `event: ${type}\ndata: {"type":"${type}"${body}}\n\n`;

/** The call that is open. */
interface OpenCall {
  readonly start: CallEvent;
  readonly end: JsonEnd;
  text: string;
}

/** Whether a call needs nothing more. Free text says nothing of its end, and a call without any text may still get some. */
function isWhole({ start, end, text }: OpenCall): boolean {
  return start.custom !== true && end.isWhole && text.trimStart().startsWith('{');
}

/** The writer of one stream; it writes the first choice. */
export class AnthropicStreamWriter implements StreamWriter {
  readonly #facts: AnswerFacts;
  #started = false;
  #done = false;
  /** The index of the block that is open, or of the last one. */
  #index = -1;
  #open: 'none' | 'text' | 'thinking' | 'tool' = 'none';
  #call: OpenCall | undefined;
  #held: Held[] = [];
  readonly #heldCalls = new Map<number, HeldCall>();
  #seenCalls = new Set<number>();
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #refusal = false;
  /** The signature of the last text, until another block begins. */
  #textSignature: string | undefined;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  resume({ block }: StreamPosition): void {
    if (block === undefined) return;
    const { index, open } = block;
    this.#started = true;
    this.#index = index;
    // Whatever else is open has only to be closed, as a call is that nothing is known of.
    this.#open = open === 'other' ? 'tool' : open;
  }

  write(event: StreamEvent): string {
    if (this.#done || ('choice' in event && event.choice !== 0)) return '';
    switch (event.type) {
      case 'start':
        this.#usage = event.usage ?? this.#usage;
        return this.#start(event.id);
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'finish':
        this.#finish = event.finish;
        return '';
      // The caller says how the stream ends: by `end` or by `fail`.
      case 'error':
      case 'end':
        return '';
      case 'tool-call':
        return this.#start() + this.#toolCall(event);
      case 'tool-arguments':
        return this.#toolArguments(event.call, event.text);
      default:
        return this.#start() + (this.#mayLeaveCall() ? this.#write(event) : this.#hold({ event }));
    }
  }

  end(): string {
    if (this.#done) return '';
    const opened = this.#start();
    const rest = this.#drain(true) + this.#close();
    this.#done = true;
    const { delta, more } = writeFinish(this.#finish, { toolCall: this.#seenCalls.size > 0, refusal: this.#refusal });
    const tail = Object.entries(more).map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`);
    const usage = JSON.stringify(writeUsage(this.#usage));
    const ending = frame('message_delta', `,"delta":${JSON.stringify(delta)},"usage":${usage}${tail.join('')}`);
    return opened + rest + ending + frame('message_stop', '');
  }

  fail(error: ClientError): string {
    if (this.#done) return '';
    this.#done = true;
    return `event: error\ndata: ${JSON.stringify(writeError(error))}\n\n`;
  }

  #start(id?: string): string {
    if (this.#started) return '';
    this.#started = true;
    const message: JsonObject = {
      id: writeMessageId(id, this.#facts),
      type: 'message',
      role: 'assistant',
      model: this.#facts.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: writeUsage(this.#usage ?? this.#estimate()),
    };
    return frame('message_start', `,"message":${JSON.stringify(message)}`);
  }

  /** Clients show how full the context is from the start of a stream; its end has the true numbers. */
  #estimate(): Usage | undefined {
    const inputTokens = this.#facts.estimatedInput?.();
    return inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 };
  }

  /** Whether another block may begin: no call is open, or the open one is whole. Closes nothing. */
  #mayLeaveCall(): boolean {
    if (this.#call === undefined) return true;
    return this.#held.length === 0 && isWhole(this.#call);
  }

  #hold(held: Held): string {
    this.#held.push(held);
    return '';
  }

  /** Writes what was held, in order, until a call that is not yet whole is open again. At the end everything counts as whole. */
  #drain(isEnd: boolean): string {
    let written = '';
    let count = 0;
    for (const held of this.#held) {
      if (!isEnd && this.#call !== undefined && !isWhole(this.#call)) break;
      count += 1;
      if ('event' in held) written += this.#write(held.event);
      else written += this.#openCall(held.start) + this.#fillCall(held.text);
    }
    if (count > 0) this.#held = this.#held.slice(count);
    return written;
  }

  #toolCall(event: CallEvent): string {
    if (this.#seenCalls.has(event.call)) return '';
    this.#seenCalls.add(event.call);
    if (this.#mayLeaveCall()) return this.#openCall(event);
    const held: HeldCall = { start: event, text: '' };
    this.#heldCalls.set(event.call, held);
    return this.#hold(held);
  }

  #toolArguments(call: number, text: string): string {
    if (text === '') return '';
    if (this.#call?.start.call === call) {
      const written = this.#fillCall(text);
      return this.#held.length === 0 ? written : written + this.#drain(false);
    }
    // Arguments of a call that was whole and is closed (white space at most) have no place left.
    const held = this.#heldCalls.get(call);
    if (held !== undefined) held.text += text;
    return '';
  }

  #openCall(event: CallEvent): string {
    const carrier = event.signature === undefined ? '' : this.#signatureBlock(writeSignature(event.signature));
    const block = {
      type: 'tool_use',
      id: carryToolId(event.id),
      name: event.name,
      input: {},
      ...writeExtra(event.extra),
    };
    const opened = carrier + this.#openBlock('tool', JSON.stringify(block));
    this.#heldCalls.delete(event.call);
    this.#call = { start: event, end: new JsonEnd(), text: '' };
    return opened;
  }

  #fillCall(text: string): string {
    if (this.#call === undefined || text === '') return '';
    this.#call.text += text;
    this.#call.end.push(text);
    // Free text becomes JSON only when it is whole, at the close.
    return this.#call.start.custom === true
      ? ''
      : this.#delta(`"type":"input_json_delta","partial_json":${JSON.stringify(text)}`);
  }

  /** Writes an event that belongs to no call. */
  #write(event: StreamEvent): string {
    switch (event.type) {
      case 'text':
        return this.#text(event.text, event.startsPart === true) + this.#keepTextSignature(event.signature);
      case 'refusal':
        this.#refusal = true;
        return this.#text(event.text, false);
      case 'reasoning':
        return event.text === ''
          ? ''
          : this.#thinking() + this.#delta(`"type":"thinking_delta","thinking":${JSON.stringify(event.text)}`);
      case 'reasoning-signature':
        return this.#thinking() + this.#signatureDelta(writeSignature(event.signature)) + this.#close();
      case 'reasoning-redacted':
        return this.#wholeBlock({ type: 'redacted_thinking', data: event.data });
      case 'citation': {
        const citation = writeCitation(event.citation);
        if (citation === undefined) return '';
        const opened = this.#textBlock(event.startsPart === true);
        return opened + this.#delta(`"type":"citations_delta","citation":${JSON.stringify(citation)}`);
      }
      case 'server-call':
        return writeServerStep(event.part)
          .map((block) => this.#wholeBlock(block))
          .join('');
      case 'opaque':
        return event.format === 'anthropic-messages' ? this.#wholeBlock(event.value) : '';
      case 'media':
        return event.part.type === 'audio' ? this.#text(event.part.transcript ?? '', false) : '';
      default:
        return '';
    }
  }

  #text(text: string, startsPart: boolean): string {
    if (text === '') return '';
    return this.#textBlock(startsPart) + this.#delta(`"type":"text_delta","text":${JSON.stringify(text)}`);
  }

  #textBlock(startsPart: boolean): string {
    if (this.#open === 'text' && !startsPart && this.#textSignature === undefined) return '';
    return this.#openBlock('text', '{"type":"text","text":""}');
  }

  /**
   * A text's signature rides in a block between it and the next one; see `signatures.ts`. If none follows it is left out: Claude Code
   * takes the last block for the result, and the block is empty.
   */
  #keepTextSignature(signature: ReasoningSignature | undefined): string {
    if (signature !== undefined) this.#textSignature = `${signature.origin}-text:${signature.value}`;
    return '';
  }

  #thinking(): string {
    return this.#open === 'thinking'
      ? ''
      : this.#openBlock('thinking', '{"type":"thinking","thinking":"","signature":""}');
  }

  /** In one piece: the SDKs keep the last `signature_delta` only. */
  #signatureDelta(signature: string): string {
    return this.#delta(`"type":"signature_delta","signature":${JSON.stringify(signature)}`);
  }

  #signatureBlock(signature: string): string {
    const opened = this.#openBlock('thinking', '{"type":"thinking","thinking":"","signature":""}');
    return opened + this.#signatureDelta(signature) + this.#close();
  }

  /** A block that comes at once. The input of a server tool goes as a delta, as Anthropic sends it. */
  #wholeBlock(block: JsonObject): string {
    const { input, ...rest } = block;
    if (input === undefined) return this.#openBlock('none', JSON.stringify(block)) + this.#stop();
    const opened = this.#openBlock('none', JSON.stringify({ ...rest, input: {} }));
    return `${opened}${this.#delta(`"type":"input_json_delta","partial_json":${JSON.stringify(JSON.stringify(input))}`)}${this.#stop()}`;
  }

  #openBlock(kind: 'none' | 'text' | 'thinking' | 'tool', block: string): string {
    const signature = this.#textSignature;
    this.#textSignature = undefined;
    const closed = signature === undefined ? this.#close() : this.#signatureBlock(signature);
    this.#index++;
    this.#open = kind;
    return closed + frame('content_block_start', `,"index":${this.#index},"content_block":${block}`);
  }

  #delta(delta: string): string {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{${delta}}}\n\n`;
  }

  #close(): string {
    if (this.#open === 'none') return '';
    const call = this.#call;
    this.#open = 'none';
    this.#call = undefined;
    if (call?.start.custom !== true) return this.#stop();
    const input = JSON.stringify(writeToolInput(call.text, true));
    return this.#delta(`"type":"input_json_delta","partial_json":${JSON.stringify(input)}`) + this.#stop();
  }

  #stop(): string {
    return frame('content_block_stop', `,"index":${this.#index}`);
  }
}
