/** The translate lane: format → neutral conversation → format, for requests, whole answers and streams. */
import { GatewayError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { clientErrorOf } from '../formats/client-error.ts';
import {
  type AnswerFacts,
  type ConversationFormat,
  type Dropped,
  FormatError,
  type StreamReader,
  type StreamWriter,
} from '../formats/format.ts';
import { type FormatParts, formatParts } from '../formats/index.ts';
import type {
  ConversationRequest,
  ConversationResponse,
  FormatId,
  StreamEvent,
  Usage,
} from '../formats/neutral/conversation.ts';
import { eventsOf } from '../formats/neutral/events-of.ts';
import { isGatewayMember } from '../providers/gateway-members.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { EventTooLarge, SseSplitter } from '../wire/sse.ts';
import type { LaneChoice } from './choose-lane.ts';
import { editObject } from './edit-request.ts';
import { forwardedHeaders } from './forwarded-headers.ts';
import {
  AnswerProblem,
  type PreparedCall,
  reportedProblem,
  type StreamAnswer,
  type StreamEnd,
  type WholeAnswer,
} from './lane.ts';

/** Makes a request ready to be translated to a deployment of another format. */
export function translate(exchange: Exchange, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const client = conversationOf(formatParts(exchange.endpoint.format));
  const parts = formatParts(choice.operation.format);
  const provider = conversationOf(parts);
  const written = writeRequest(exchange, deployment, choice, client, provider);
  const facts = answerFacts(exchange, deployment);
  return {
    body: Buffer.from(JSON.stringify(written.body)),
    dropped: written.dropped,
    headers: forwardedHeaders(exchange, choice.operation),
    readWhole: (body) => readWhole(body, parts, provider, client, facts),
    readWholeAsStream: (body) => readWholeAsStream(body, parts, client.openStreamWriter(facts)),
    openStream: (write) => new TranslatedStream(provider, client.openStreamWriter(facts), write),
  };
}

/** What a client is told about an answer that is written for it. */
export function answerFacts(exchange: Exchange, deployment: Deployment): AnswerFacts {
  const fellBack = exchange.servedGroup !== exchange.group?.name;
  return {
    id: exchange.callId,
    // Who asked for one model and got another's answer is told so.
    model: (fellBack ? exchange.servedGroup : exchange.model) ?? deployment.model,
    createdSeconds: Math.floor(exchange.startedAtMs / 1000),
    streamUsage: exchange.streamUsage,
  };
}

/** The conversational half of a format; every chat endpoint's has one. */
export function conversationOf(parts: FormatParts): ConversationFormat {
  if (parts.conversation === undefined) throw new RangeError(`${parts.id} is no conversation`);
  return parts.conversation;
}

/** Writes the client's request for a provider; `adapt` may change what is asked on the way. */
export function writeRequest(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  client: ConversationFormat,
  provider: ConversationFormat,
  adapt: (request: ConversationRequest) => ConversationRequest = (request) => request,
): { readonly body: JsonObject; readonly dropped: readonly Dropped[] } {
  const sent = clientBody(exchange, client.id);
  const { operation, operationName } = choice;
  const speaksOpenai = client.id === 'openai-chat';
  // The deployment's own fields are written in OpenAI's names; a client of another format gets them added at the far end.
  const full = speaksOpenai ? { ...deployment.config.defaultParams, ...sent } : sent;
  const read = refuseBadRequest(() => client.readRequest(full));
  const askForUsage = exchange.stream && operation.streamUsage === 'ask';
  const request = { ...adapt(read.request), stream: exchange.stream, streamUsage: askForUsage };
  const { body, dropped } = provider.writeRequest(request, { model: deployment.model, traits: deployment.traits });
  const edited = editObject(body, deployment.rules(operationName, operation), deployment.config.additionalDropParams);
  const result = speaksOpenai ? edited.body : { ...deployment.defaults(operationName, operation), ...edited.body };
  return { body: result, dropped: [...read.dropped, ...dropped, ...edited.dropped] };
}

/** The client's body without what is meant for the gateway, under the model name the client means. */
export function clientBody(exchange: Exchange, format: FormatId): JsonObject {
  const parsed = JSON.parse(exchange.body.toString('utf8')) as JsonObject;
  const body: JsonObject = {};
  for (const name of Object.keys(parsed)) {
    // `__proto__` as an own member must not become a prototype.
    if (name === '__proto__' || isGatewayMember(name, format, (other) => parsed[other])) continue;
    body[name] = parsed[name];
  }
  if (exchange.model !== undefined) body.model = exchange.model;
  return body;
}

/** Runs a reader of a client's request; what it finds wrong becomes the client's error, with the place. */
export function refuseBadRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new GatewayError('invalid_request', error.message, { param: error.path, cause: error });
  }
}

function readWhole(
  body: Buffer,
  parts: FormatParts,
  provider: ConversationFormat,
  client: ConversationFormat,
  facts: AnswerFacts,
): WholeAnswer {
  const response = readResponse(provider, readAnswer(body, parts));
  return {
    body: Buffer.from(JSON.stringify(client.writeResponse(response, facts))),
    usage: response.usage,
    text: () => textOfResponse(response),
  };
}

/** Reads a whole answer of a provider and writes it as a client's stream. */
export function readWholeAsStream(body: Buffer, parts: FormatParts, writer: StreamWriter): WholeAnswer {
  const response = readResponse(conversationOf(parts), readAnswer(body, parts));
  let stream = '';
  for (const event of eventsOf(response)) stream += event.type === 'end' ? writer.end() : writer.write(event);
  return { body: Buffer.from(stream), usage: response.usage, text: () => textOfResponse(response) };
}

/** All words of a whole answer, for an estimate. */
export function textOfResponse({ choices }: ConversationResponse): string {
  return choices.flatMap(({ parts }) => parts.map(textOfPart)).join(' ');
}

/** Parses a whole answer; an error in it is thrown as what the provider reported. */
export function readAnswer(body: Buffer, parts: FormatParts): JsonObject {
  const value = parseAnswer(body);
  const reported = parts.readError(value);
  if (reported !== undefined) throw new AnswerProblem({ kind: 'reported', body: value, facts: reported });
  return value;
}

/** Reads a whole answer; one that is not the provider's format is thrown as an AnswerProblem. */
export function readResponse(provider: ConversationFormat, value: JsonObject): ConversationResponse {
  try {
    return provider.readResponse(value);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new AnswerProblem({ kind: 'malformed', detail: describe(error) });
  }
}

function parseAnswer(body: Buffer): JsonObject {
  let value: JsonValue;
  try {
    value = JSON.parse(body.toString('utf8')) as JsonValue;
  } catch {
    throw new AnswerProblem({ kind: 'malformed', detail: 'the answer is not JSON' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AnswerProblem({ kind: 'malformed', detail: 'the answer is no JSON object' });
  }
  return value;
}

/** A format error as the detail of a sentence. */
export function describe({ path, message }: FormatError): string {
  const text = message.replace(/\.$/, '');
  return path === '' ? text : `${path}: ${text}`;
}

function textOfPart(part: ConversationResponse['choices'][number]['parts'][number]): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text;
    case 'tool-call':
      return `${part.name} ${part.arguments}`;
    default:
      return '';
  }
}

/** How much of an answer's text is kept for an estimate; the rest is taken to be like it. */
const LONGEST_SAMPLE = 65_536;

/** One translated stream. Events go through as they come; the client's bytes of one piece are sent together. */
class TranslatedStream implements StreamAnswer {
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #splitter: SseSplitter;
  readonly #write: (bytes: Uint8Array | string) => void;
  readonly #emit = (event: StreamEvent): void => this.#take(event);
  #usage: Usage | undefined;
  #pending = '';
  #hasContent = false;
  #isWhole = false;
  #text = '';
  #textLength = 0;
  #reported: Extract<AnswerProblem['problem'], { kind: 'reported' }> | undefined;

  constructor(provider: ConversationFormat, writer: StreamWriter, write: (bytes: Uint8Array | string) => void) {
    this.#reader = provider.openStreamReader();
    this.#writer = writer;
    this.#write = write;
    this.#splitter = new SseSplitter((data, eventName) => this.#reader.read(data, eventName, this.#emit));
  }

  data(chunk: Buffer): void {
    this.#guard(() => this.#splitter.push(chunk));
    if (this.#reported !== undefined) throw new AnswerProblem(this.#reported);
    if (!this.#hasContent || this.#pending === '') return;
    this.#write(this.#pending);
    this.#pending = '';
  }

  end(): StreamEnd {
    this.#guard(() => {
      this.#splitter.end();
      this.#reader.close(this.#emit);
    });
    const last = this.#pending;
    this.#pending = '';
    if (this.#reported !== undefined) {
      return { isWhole: false, last, problem: this.#reported, wasToldClient: false };
    }
    if (!this.#isWhole) return { isWhole: false, last, problem: { kind: 'cut' }, wasToldClient: false };
    return { isWhole: true, last: last + this.#writer.end() };
  }

  isComplete(): boolean {
    return this.#isWhole;
  }

  hasSaidAll(): boolean {
    return this.#reader.isFinished?.() === true;
  }

  fail(error: GatewayError): string {
    const last = this.#pending;
    this.#pending = '';
    return last + this.#writer.fail(clientErrorOf(error));
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  sample(): { text: string; factor: number } {
    return { text: this.#text, factor: Math.max(1, this.#textLength / Math.max(1, this.#text.length)) };
  }

  #take(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        this.#usage = event.usage ?? this.#usage;
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'end':
        this.#isWhole = true;
        return;
      case 'error':
        this.#reported ??= reportedProblem(event.error);
        return;
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool-arguments':
        if (this.#text.length < LONGEST_SAMPLE) this.#text += event.text;
        this.#textLength += event.text.length;
        this.#hasContent = true;
        break;
      default:
        this.#hasContent = true;
    }
    // What follows an end or an error belongs to no answer.
    if (!this.#isWhole && this.#reported === undefined) this.#pending += this.#writer.write(event);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof FormatError) {
        throw new AnswerProblem({ kind: 'malformed', detail: describe(error) });
      }
      if (error instanceof EventTooLarge) throw new AnswerProblem({ kind: 'malformed', detail: error.message });
      throw error;
    }
  }
}
