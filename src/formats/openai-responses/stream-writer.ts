/**
 * Writes the stream of a client of this format, and by the same steps a whole answer: items with their numbers, each opened, filled
 * and closed. Texts and thoughts are closed before anything else begins; calls may be open side by side, as neutral events may
 * interleave their arguments, and are closed when they are whole and something else begins, or at the end.
 */
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts, ClientError, StreamPosition, StreamWriter } from '../format.ts';
import type { Finish, ImagePart, ReasoningSignature, StreamEvent, Usage } from '../neutral/conversation.ts';
import type { ServerCallPart } from '../neutral/server-tools.ts';
import { saysSearch } from '../neutral/web-search.ts';
import { writeUrl } from '../openai-chat/media.ts';
import { writeError, writeResponseError } from './errors.ts';
import { EventWriter } from './event-writer.ts';
import { OpenCall } from './open-call.ts';
import { OpenCode } from './open-code.ts';
import { OpenMessage } from './open-message.ts';
import { OpenReasoning } from './open-reasoning.ts';
import { OpenSearch } from './open-search.ts';
import { toolsOf } from './read-items.ts';
import { type Ending, endingOf, writeResponseObject } from './response-object.ts';
import { carryReasoning, carrySignature } from './signatures.ts';
import { ClientTools, namespaceOf } from './tool-names.ts';

type Of<Type extends StreamEvent['type']> = Extract<StreamEvent, { readonly type: Type }>;

/** The writer of one answer; it writes the first choice. */
export class ResponsesStreamWriter implements StreamWriter {
  readonly #facts: AnswerFacts;
  readonly #asked: JsonObject;
  readonly #idBase: string;
  readonly #calls = new Map<number, OpenCall>();
  /** Those of them that have no end yet: an answer may have thousands of calls. */
  readonly #openCalls = new Set<OpenCall>();
  /** Calls of the provider's own tools that have begun, by its ids. */
  readonly #serverCalls = new Map<string, OpenSearch | OpenCode>();
  /** Finished items, by their number; an open one has no entry yet. */
  readonly #output: JsonObject[] = [];
  #tools: ClientTools | undefined;
  #events = new EventWriter();
  #count = 0;
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

  resume({ items }: StreamPosition): void {
    if (items === undefined) return;
    const { nextSequence, closed, open } = items;
    this.#hasBegun = true;
    this.#events = new EventWriter(nextSequence);
    for (const [index, item] of closed.entries()) if (item !== undefined) this.#output[index] = item;
    this.#count = Math.max(closed.length, open === undefined ? 0 : open.index + 1);
    if (open?.item.type === 'message') this.#open = OpenMessage.resumed(open, this.#events);
    else if (open?.item.type === 'reasoning') this.#open = OpenReasoning.resumed(open, this.#events);
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
        return this.#calls.get(event.call)?.add(event.text, this.#events.write) ?? '';
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
    return rest + this.#events.write(`response.${ending.status}`, { response: this.#response(ending) });
  }

  fail(error: ClientError): string {
    if (this.#isDone) return '';
    this.#isDone = true;
    const { message, code, param } = error;
    const told = this.#events.write('error', { code, message, param, ...writeError(error) });
    // Without a request there is no response that could have failed.
    if (this.#idBase === '') return told;
    const failed: Ending = { status: 'failed', error: writeResponseError(error) };
    return told + this.#events.write('response.failed', { response: this.#response(failed) });
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

  #begin(): string {
    if (this.#hasBegun) return '';
    this.#hasBegun = true;
    const response = this.#response(undefined);
    return (
      this.#events.write('response.created', { response }) + this.#events.write('response.in_progress', { response })
    );
  }

  #itemId(prefix: string): string {
    return `${prefix}_${this.#idBase}_${this.#count}`;
  }

  #writeText(event: Of<'text'>): string {
    if (event.text === '' && event.signature === undefined) return '';
    const { message, written } = this.#openPart('text', event.startsPart === true);
    const text = written + message.add(event.text, event.logprobs);
    if (event.signature === undefined) return text;
    // A text's signature rides in an item after it; see `signatures.ts`.
    return text + this.#close(undefined) + this.#carrier(carrySignature(event.signature, 'text'));
  }

  #writeRare(event: StreamEvent): string {
    switch (event.type) {
      case 'refusal':
        return this.#writeRefusal(event.text);
      case 'reasoning':
        return this.#writeReasoning(event.text);
      case 'reasoning-signature':
        return this.#signReasoning(event.signature);
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
      case 'server-call':
        return this.#writeServerCall(event.part);
      case 'opaque':
        return event.format === 'openai-responses' ? this.#close(undefined) + this.#wholeItem(event.value) : '';
      default:
        return '';
    }
  }

  #openPart(kind: 'text' | 'refusal', startsPart: boolean): { message: OpenMessage; written: string } {
    let written = this.#begin();
    let message = this.#open;
    if (message?.kind !== 'message') {
      written += this.#close(undefined);
      message = new OpenMessage(this.#itemId('msg'), this.#count++, this.#events);
      this.#open = message;
      written += message.open();
    }
    return { message, written: written + message.openPart(kind, startsPart) };
  }

  #writeRefusal(text: string): string {
    const { message, written } = this.#openPart('refusal', false);
    return written + message.add(text);
  }

  /** Sources of the whole answer come last and belong to its last text. */
  #writeCitation(event: Of<'citation'>): string {
    const { message, written } = this.#openPart('text', event.startsPart === true);
    message.cite(event.citation);
    return written + message.citeWhatEnds();
  }

  #openReasoning(): { reasoning: OpenReasoning; written: string } {
    if (this.#open?.kind === 'reasoning') return { reasoning: this.#open, written: '' };
    const closed = this.#close(undefined);
    const reasoning = new OpenReasoning(this.#itemId('rs'), this.#count++, this.#events);
    this.#open = reasoning;
    return { reasoning, written: closed + reasoning.open() };
  }

  #writeReasoning(text: string): string {
    if (text === '') return '';
    const { reasoning, written } = this.#openReasoning();
    return written + reasoning.add(text);
  }

  #signReasoning(signature: ReasoningSignature): string {
    const { reasoning, written } = this.#openReasoning();
    return written + this.#closeReasoning(reasoning, signature);
  }

  #closeReasoning(reasoning: OpenReasoning, signature: ReasoningSignature | undefined): string {
    this.#open = undefined;
    const { written, item } = reasoning.close(signature);
    return written + this.#itemDone(reasoning.index, item);
  }

  /** A reasoning item without words, which carries something for later turns. */
  #carrier(content: string): string {
    return this.#wholeItem({ id: this.#itemId('rs'), type: 'reasoning', summary: [], encrypted_content: content });
  }

  /** An item that comes at once. */
  #wholeItem(item: JsonObject): string {
    const index = this.#count++;
    return (
      this.#events.write('response.output_item.added', { output_index: index, item }) + this.#itemDone(index, item)
    );
  }

  #writeImage(part: ImagePart): string {
    const url = writeUrl(part.source);
    const result = part.source.kind === 'data' ? part.source.data : (url ?? null);
    const id = this.#itemId('ig');
    return this.#close(undefined) + this.#wholeItem({ id, type: 'image_generation_call', status: 'completed', result });
  }

  #writeServerCall(part: ServerCallPart): string {
    if (part.step === 'ends') {
      const begun = this.#serverCalls.get(part.id);
      return begun === undefined ? '' : this.#closeServerCall(part.id, begun, part);
    }
    const isOwn = part.raw?.format === 'openai-responses';
    if (!isOwn && part.tool === 'web-search' && !saysSearch(part)) return '';
    const closed = this.#close(undefined);
    const call =
      part.tool === 'web-search'
        ? new OpenSearch(part, this.#itemId('ws'), this.#count++, this.#asked)
        : new OpenCode(part, this.#itemId('ci'), this.#count++, this.#asked);
    const opened = closed + call.open(this.#events);
    if (part.step === 'whole') return opened + this.#closeServerCall(part.id, call, part);
    this.#serverCalls.set(part.id, call);
    return opened;
  }

  #closeServerCall(id: string, call: OpenSearch | OpenCode, done: ServerCallPart | undefined): string {
    this.#serverCalls.delete(id);
    const { written, item } =
      call instanceof OpenSearch
        ? call.close(done?.tool === 'web-search' ? done : undefined, this.#events)
        : call.close(done?.tool === 'code-execution' ? done : undefined, this.#events);
    return written + this.#itemDone(call.index, item);
  }

  #openCall(event: Of<'tool-call'>): string {
    if (this.#calls.has(event.call)) return '';
    let written = this.#close(undefined);
    for (const earlier of this.#openCalls) {
      if (earlier.isWhole()) written += this.#closeCall(earlier, 'completed');
    }
    if (event.signature !== undefined) written += this.#carrier(carrySignature(event.signature, 'call'));
    this.#tools ??= new ClientTools(toolsOf(this.#asked));
    // OpenAI calls a tool by its own name and namespace; every other provider by its flat name.
    const tool = this.#tools.find(this.#tools.flatNameOf(event.name, namespaceOf(event)));
    const isCustom = event.custom === true || tool?.isCustom === true;
    const call = new OpenCall(event, tool, this.#itemId(isCustom ? 'ctc' : 'fc'), this.#count++);
    this.#calls.set(event.call, call);
    this.#openCalls.add(call);
    return (
      written +
      this.#events.write('response.output_item.added', { output_index: call.index, item: call.item('in_progress') })
    );
  }

  #closeCall(call: OpenCall, status: 'completed' | 'incomplete'): string {
    this.#openCalls.delete(call);
    return call.close(this.#events.write) + this.#itemDone(call.index, call.item(status));
  }

  #itemDone(index: number, item: JsonObject): string {
    this.#output[index] = item;
    return this.#events.write('response.output_item.done', { output_index: index, item });
  }

  /** Closes what is open, calls aside. */
  #close(ending: Ending | undefined): string {
    const open = this.#open;
    if (open === undefined) return '';
    if (open.kind === 'reasoning') return this.#closeReasoning(open, undefined);
    this.#open = undefined;
    const closed = open.closePart();
    const status = ending?.status === 'incomplete' ? 'incomplete' : 'completed';
    return closed + this.#itemDone(open.index, open.item(status));
  }

  #closeAll(ending: Ending): string {
    let written = this.#close(ending);
    const status = ending.status === 'incomplete' ? 'incomplete' : 'completed';
    for (const call of this.#openCalls) written += this.#closeCall(call, status);
    for (const [id, call] of this.#serverCalls) written += this.#closeServerCall(id, call, undefined);
    return written;
  }
}
