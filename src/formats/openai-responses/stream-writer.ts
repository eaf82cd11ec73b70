/**
 * Writes the stream of a client of this format, and by the same steps a whole answer: items with their numbers, each opened, filled
 * and closed. Texts and thoughts are closed before anything else begins; calls may be open side by side, as neutral events may
 * interleave their arguments, and are closed when they are whole and something else begins, or at the end.
 */
import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts, ClientError, StreamWriter } from '../format.ts';
import type { Finish, ImagePart, ReasoningSignature, StreamEvent, Usage } from '../neutral/conversation.ts';
import { writeUrl } from '../openai-chat/media.ts';
import { writeAnnotation } from './annotations.ts';
import { writeError, writeResponseError } from './errors.ts';
import { OpenCall } from './open-call.ts';
import { toolsOf } from './read-items.ts';
import { type Ending, endingOf, writeResponseObject } from './response-object.ts';
import { carryReasoning, carrySignature, splitOwn } from './signatures.ts';
import { type ClientTool, clientTools } from './tool-names.ts';

type Of<Type extends StreamEvent['type']> = Extract<StreamEvent, { readonly type: Type }>;

/** The part of a message that is being written. */
interface OpenPart {
  readonly kind: 'text' | 'refusal';
  readonly annotations: JsonObject[];
  readonly logprobs: JsonValue[];
  /** What stands between the sequence number and the delta. */
  readonly beginning: string;
  text: string;
}

interface OpenMessage {
  readonly kind: 'message';
  readonly id: string;
  readonly index: number;
  readonly parts: JsonObject[];
  part: OpenPart | undefined;
}

interface OpenReasoning {
  readonly kind: 'reasoning';
  readonly id: string;
  readonly index: number;
  readonly beginning: string;
  text: string;
}

/** The writer of one answer; it writes the first choice. */
export class ResponsesStreamWriter implements StreamWriter {
  readonly #facts: AnswerFacts;
  readonly #asked: JsonObject;
  readonly #idBase: string;
  readonly #calls = new Map<number, OpenCall>();
  /** Finished items, by their number; an open one has no entry yet. */
  readonly #output: JsonObject[] = [];
  #tools: ReadonlyMap<string, ClientTool> | undefined;
  #count = 0;
  #sequence = 0;
  #open: OpenMessage | OpenReasoning | undefined;
  #start: Of<'start'> | undefined;
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #hasBegun = false;
  #isDone = false;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
    this.#asked = facts.asked?.() ?? {};
    this.#idBase = facts.id.replace(/^resp_/, '').replace(/[^a-zA-Z0-9]/g, '');
  }

  write(event: StreamEvent): string {
    if (this.#isDone || ('choice' in event && event.choice !== 0)) return '';
    switch (event.type) {
      case 'start':
        this.#start ??= event;
        this.#usage = event.usage ?? this.#usage;
        return '';
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
      case 'text':
        return this.#writeText(event);
      case 'tool-arguments':
        return this.#calls.get(event.call)?.add(event.text, this.#event) ?? '';
      case 'tool-call':
        return this.#begin() + this.#openCall(event);
      default:
        return this.#begin() + this.#writeRare(event);
    }
  }

  end(): string {
    if (this.#isDone) return '';
    const ending = endingOf(this.#finish);
    const rest = this.#begin() + this.#closeAll(ending);
    this.#isDone = true;
    return rest + this.#event(`response.${ending.status}`, { response: this.#response(ending) });
  }

  fail(error: ClientError): string {
    if (this.#isDone) return '';
    this.#isDone = true;
    const { message, code, param } = error;
    const told = this.#event('error', { code, message, param, ...writeError(error) });
    // Without a request there is no response that could have failed.
    if (this.#idBase === '') return told;
    const failed: Ending = { status: 'failed', error: writeResponseError(error) };
    return told + this.#event('response.failed', { response: this.#response(failed) });
  }

  /** The whole answer, after all of its events. */
  whole(): JsonObject {
    const ending = endingOf(this.#finish);
    this.#closeAll(ending);
    this.#isDone = true;
    return this.#response(ending);
  }

  #response(ending: Ending | undefined): JsonObject {
    return writeResponseObject(
      {
        id: this.#start?.id,
        createdSeconds: this.#start?.createdSeconds,
        output: this.#output.filter((item) => item !== undefined),
        usage: ending === undefined || ending.status === 'failed' ? undefined : this.#usage,
        serviceTier: this.#start?.serviceTier,
        ending,
      },
      this.#facts,
      this.#asked,
    );
  }

  /** One event, named and numbered. */
  readonly #event = (type: string, members: JsonObject): string => {
    const written = JSON.stringify({ type, sequence_number: this.#sequence, ...members });
    this.#sequence += 1;
    return `event: ${type}\ndata: ${written}\n\n`;
  };

  #begin(): string {
    if (this.#hasBegun) return '';
    this.#hasBegun = true;
    const response = this.#response(undefined);
    return this.#event('response.created', { response }) + this.#event('response.in_progress', { response });
  }

  #itemId(prefix: string): string {
    return `${prefix}_${this.#idBase}_${this.#count}`;
  }

  #writeText(event: Of<'text'>): string {
    if (event.text === '' && event.signature === undefined) return '';
    const opened = this.#begin() + this.#openPart('text', event.startsPart === true);
    const signed = event.signature === undefined ? '' : this.#writeTextSignature(event);
    return opened + (signed === '' ? this.#delta('response.output_text.delta', event.text, event.logprobs) : signed);
  }

  /** The delta of the part that is open: once for every event of a stream, so it is put together from strings. */
  #delta(type: string, text: string, logprobs: JsonValue | undefined): string {
    const open = this.#open;
    if (text === '' || open?.kind !== 'message' || open.part === undefined) return '';
    const { part } = open;
    part.text += text;
    const sequence = this.#sequence++;
    const head = `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence}${part.beginning}${JSON.stringify(text)}`;
    if (part.kind === 'refusal') return `${head}}\n\n`;
    if (logprobs === undefined) return `${head},"logprobs":[]}\n\n`;
    const said = itemsOf(isJsonObject(logprobs) ? logprobs.content : undefined);
    part.logprobs.push(...said);
    return `${head},"logprobs":${JSON.stringify(said)}}\n\n`;
  }

  /** A text's signature rides in an item after it; see `signatures.ts`. */
  #writeTextSignature(event: Of<'text'> & { readonly signature?: ReasoningSignature }): string {
    const text = this.#delta('response.output_text.delta', event.text, event.logprobs);
    if (event.signature === undefined) return text;
    return text + this.#close(undefined) + this.#carrier(carrySignature(event.signature, 'text'));
  }

  #writeRare(event: StreamEvent): string {
    switch (event.type) {
      case 'refusal':
        return this.#openPart('refusal', false) + this.#delta('response.refusal.delta', event.text, undefined);
      case 'reasoning':
        return this.#writeReasoning(event.text);
      case 'reasoning-signature':
        return this.#openReasoning() + this.#closeReasoning(event.signature);
      case 'reasoning-redacted':
        return (
          this.#close(undefined) + this.#carrier(carryReasoning({ type: 'reasoning', text: '', redacted: event.data }))
        );
      case 'citation':
        return this.#writeCitation(event);
      case 'media':
        return event.part.type === 'image'
          ? this.#writeImage(event.part)
          : this.#writeText({ type: 'text', choice: 0, text: event.part.transcript ?? '' });
      case 'opaque':
        return event.format === 'openai-responses' ? this.#close(undefined) + this.#wholeItem(event.value) : '';
      default:
        return '';
    }
  }

  #openPart(kind: OpenPart['kind'], startsPart: boolean): string {
    let written = '';
    let message = this.#open;
    if (message?.kind !== 'message') {
      written = this.#close(undefined);
      message = { kind: 'message', id: this.#itemId('msg'), index: this.#count++, parts: [], part: undefined };
      this.#open = message;
      written += this.#event('response.output_item.added', {
        output_index: message.index,
        item: messageItem(message, 'in_progress'),
      });
    }
    if (message.part !== undefined && message.part.kind === kind && !startsPart) return written;
    written += this.#closePart(message);
    const at = placeOf(message);
    const place = `,"item_id":${JSON.stringify(message.id)},"output_index":${message.index}`;
    const beginning = `${place},"content_index":${message.parts.length},"delta":`;
    message.part = { kind, annotations: [], logprobs: [], beginning, text: '' };
    return written + this.#event('response.content_part.added', { ...at, part: partOf(message.part) });
  }

  #closePart(message: OpenMessage): string {
    const { part } = message;
    if (part === undefined) return '';
    const at = placeOf(message);
    const done =
      part.kind === 'refusal'
        ? this.#event('response.refusal.done', { ...at, refusal: part.text })
        : this.#event('response.output_text.done', { ...at, text: part.text, logprobs: part.logprobs });
    const written = partOf(part);
    message.parts.push(written);
    message.part = undefined;
    return done + this.#event('response.content_part.done', { ...at, part: written });
  }

  /** Sources of the whole answer come last and belong to its last text. */
  #writeCitation(event: Of<'citation'>): string {
    const opened = this.#openPart('text', event.startsPart === true);
    const message = this.#open;
    if (message?.kind !== 'message' || message.part === undefined) return opened;
    const end = message.part.text.length;
    const annotation = writeAnnotation(event.citation, { start: end, end });
    if (annotation === undefined) return opened;
    const index = message.part.annotations.push(annotation) - 1;
    return (
      opened +
      this.#event('response.output_text.annotation.added', {
        ...placeOf(message),
        annotation_index: index,
        annotation,
      })
    );
  }

  #openReasoning(): string {
    if (this.#open?.kind === 'reasoning') return '';
    const closed = this.#close(undefined);
    const id = this.#itemId('rs');
    const index = this.#count++;
    const beginning = `,"item_id":${JSON.stringify(id)},"output_index":${index},"summary_index":0,"delta":`;
    this.#open = { kind: 'reasoning', id, index, beginning, text: '' };
    const item = { id, type: 'reasoning', summary: [] };
    return closed + this.#event('response.output_item.added', { output_index: index, item });
  }

  #writeReasoning(text: string): string {
    if (text === '') return '';
    let written = this.#openReasoning();
    const open = this.#open;
    if (open?.kind !== 'reasoning') return written;
    if (open.text === '') {
      const part = { type: 'summary_text', text: '' };
      written += this.#event('response.reasoning_summary_part.added', { ...summaryPlaceOf(open), part });
    }
    open.text += text;
    const type = 'response.reasoning_summary_text.delta';
    const sequence = this.#sequence++;
    return `${written}event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence}${open.beginning}${JSON.stringify(text)}}\n\n`;
  }

  #closeReasoning(signature: ReasoningSignature | undefined): string {
    const open = this.#open;
    if (open?.kind !== 'reasoning') return '';
    this.#open = undefined;
    const { text } = open;
    const at = summaryPlaceOf(open);
    const part = { type: 'summary_text', text };
    const summarized =
      text === ''
        ? ''
        : this.#event('response.reasoning_summary_text.done', { ...at, text }) +
          this.#event('response.reasoning_summary_part.done', { ...at, part });
    const own = signature?.origin === 'openai' ? splitOwn(signature.value) : undefined;
    const item: JsonObject = {
      id: own?.id ?? open.id,
      type: 'reasoning',
      summary: text === '' ? [] : [part],
      encrypted_content: own?.encrypted ?? carryReasoning({ type: 'reasoning', text, ...defined({ signature }) }),
    };
    return summarized + this.#itemDone(open.index, item);
  }

  /** A reasoning item without words, which carries something for later turns. */
  #carrier(content: string): string {
    return this.#wholeItem({ id: this.#itemId('rs'), type: 'reasoning', summary: [], encrypted_content: content });
  }

  /** An item that comes at once. */
  #wholeItem(item: JsonObject): string {
    const index = this.#count++;
    return this.#event('response.output_item.added', { output_index: index, item }) + this.#itemDone(index, item);
  }

  #writeImage(part: ImagePart): string {
    const url = writeUrl(part.source);
    const result = part.source.kind === 'data' ? part.source.data : (url ?? null);
    const id = this.#itemId('ig');
    return this.#close(undefined) + this.#wholeItem({ id, type: 'image_generation_call', status: 'completed', result });
  }

  #openCall(event: Of<'tool-call'>): string {
    if (this.#calls.has(event.call)) return '';
    let written = this.#close(undefined);
    for (const earlier of this.#calls.values()) {
      if (earlier.isWhole()) written += this.#closeCall(earlier, 'completed');
    }
    if (event.signature !== undefined) written += this.#carrier(carrySignature(event.signature, 'call'));
    this.#tools ??= new Map(clientTools(toolsOf(this.#asked)).map((tool) => [tool.flatName, tool]));
    const tool = this.#tools.get(event.name);
    const isCustom = event.custom === true || tool?.isCustom === true;
    const call = new OpenCall(event, tool, this.#itemId(isCustom ? 'ctc' : 'fc'), this.#count++);
    this.#calls.set(event.call, call);
    return (
      written + this.#event('response.output_item.added', { output_index: call.index, item: call.item('in_progress') })
    );
  }

  #closeCall(call: OpenCall, status: 'completed' | 'incomplete'): string {
    return call.close(this.#event) + this.#itemDone(call.index, call.item(status));
  }

  #itemDone(index: number, item: JsonObject): string {
    this.#output[index] = item;
    return this.#event('response.output_item.done', { output_index: index, item });
  }

  /** Closes what is open, calls aside. */
  #close(ending: Ending | undefined): string {
    const open = this.#open;
    if (open === undefined) return '';
    if (open.kind === 'reasoning') return this.#closeReasoning(undefined);
    this.#open = undefined;
    const closed = this.#closePart(open);
    const status = ending?.status === 'incomplete' ? 'incomplete' : 'completed';
    return closed + this.#itemDone(open.index, messageItem(open, status));
  }

  #closeAll(ending: Ending): string {
    let written = this.#close(ending);
    const status = ending.status === 'incomplete' ? 'incomplete' : 'completed';
    for (const call of this.#calls.values()) if (call.isOpen) written += this.#closeCall(call, status);
    return written;
  }
}

function messageItem({ id, parts }: OpenMessage, status: string): JsonObject {
  return { id, type: 'message', status, content: [...parts], role: 'assistant' };
}

function placeOf({ id, index, parts }: OpenMessage): JsonObject {
  return { item_id: id, output_index: index, content_index: parts.length };
}

function summaryPlaceOf({ id, index }: OpenReasoning): JsonObject {
  return { item_id: id, output_index: index, summary_index: 0 };
}

function partOf({ kind, text, annotations, logprobs }: OpenPart): JsonObject {
  return kind === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: [...annotations], logprobs: [...logprobs], text };
}
