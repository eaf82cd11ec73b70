import type { ErrorCode } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { ModelAbilities } from '../models/model-abilities.ts';
import type {
  ConversationRequest,
  ConversationResponse,
  FormatId,
  ProviderErrorFacts,
  StreamEvent,
  Usage,
} from './neutral/conversation.ts';
import type { Dropped } from './neutral/dropped.ts';
import type { EmbeddingRequest, EmbeddingResponse } from './neutral/embedding.ts';
import type { ToolLimits } from './neutral/tool-limits.ts';
import type { RequestMembers } from './request-members.ts';

export type { Dropped } from './neutral/dropped.ts';

/** What the target model can do, as far as it changes what is written. Absent means unknown: write it and let the provider say. */
export interface ModelTraits {
  /** The largest answer the model can write, in tokens: Anthropic's `max_tokens` when the client names none. */
  readonly maxOutputTokens?: number;
  readonly reasoning?: boolean;
  readonly vision?: boolean;
  readonly tools?: boolean;
  /** What the table of models and the operator say of it; the table's rows for its name alone if absent. */
  readonly abilities?: ModelAbilities;
}

export interface WriteRequestOptions {
  /** The provider's own name for the model. */
  readonly model: string;
  readonly traits: ModelTraits;
}

export interface WrittenRequest {
  readonly body: JsonObject;
  readonly dropped: readonly Dropped[];
}

export interface ReadRequest {
  readonly request: ConversationRequest;
  readonly dropped: readonly Dropped[];
}

/** What an answer written for the client says about itself. */
export interface AnswerFacts {
  /** Used if the answer has no id of the client format's own shape. */
  readonly id: string;
  /** The model name the client sees. */
  readonly model: string;
  readonly createdSeconds: number;
  /** Whether a streaming client asked for usage. */
  readonly streamUsage: boolean;
  /** About how long the prompt is, in tokens: for a stream whose format tells it before the provider does. */
  readonly estimatedInput?: () => number;
  /** The id of a stream whose beginning the client already has: kept as it is, whatever its shape. */
  readonly sentId?: string;
  /** What answers repeat of the request, for a format whose answers do. */
  readonly asked?: () => JsonObject;
}

/** The state of a client's stream, as far as the neutral events of its bytes do not show it. */
export interface StreamPosition {
  /** The stream has said why the answer ended, but not its end mark. */
  readonly hasFinish: boolean;
  /** A tool call has begun, of the client's tools or of the provider's own. */
  readonly hasToolCall: boolean;
  /** The last block that began (-1 before the first) and whether it is still open; undefined in formats without blocks. */
  readonly block?: { readonly index: number; readonly open: 'none' | 'text' | 'thinking' | 'other' };
  /** The items of an answer and the number of its next event; undefined in formats without items. */
  readonly items?: ItemsPosition;
}

/** Where a stream stopped whose answer is a list of items. */
interface ItemsPosition {
  readonly nextSequence: number;
  /** Finished items by their number. */
  readonly closed: readonly (JsonObject | undefined)[];
  readonly open?: OpenItemPosition;
}

/** An item that has begun and has no end yet. */
export interface OpenItemPosition {
  readonly index: number;
  /** With its finished parts. */
  readonly item: JsonObject;
  /** The part that is being written, with the text that the client has of it. */
  readonly part: JsonObject | undefined;
  /** The client has the event that repeats the whole part, but not yet the end of the part. */
  readonly isSaid: boolean;
}

/** Reads one provider's stream. Holds the state of that stream; one instance per stream. */
export interface StreamReader {
  /**
   * Takes the data of one server-sent event (without its framing; `eventName` is the `event:` field) and hands every neutral
   * event it holds to `emit`, in order. Throws `FormatError` for data that is not this format.
   */
  read(data: string, eventName: string | undefined, emit: (event: StreamEvent) => void): void;
  /** The transport ended (cleanly or not). Emits what is still missing; a format whose end is the connection's end emits `end` here. */
  close(emit: (event: StreamEvent) => void): void;
  /** Whether `close` would find the answer whole; only of formats in which nothing but the end mark follows a finish reason. */
  isFinished?(): boolean;
}

/** Writes one client's stream. Holds the state of that stream; one instance per stream. */
export interface StreamWriter {
  /** The bytes to send for this event, as text with its framing; `''` if there is nothing to send yet. */
  write(event: StreamEvent): string;
  /** Closes the stream as whole. */
  end(): string;
  /** Ends the stream with an error in the client's format; never looks like a whole answer. */
  fail(error: ClientError): string;
  /** Before the first event: continues a stream that the client has up to this position. Only in formats with blocks or items. */
  resume?(position: StreamPosition): void;
}

/** Looks at the whole events of a relayed stream as they pass. */
export interface StreamCheck {
  /** What may be sent of these events: the same bytes unless something had to be changed or held back. */
  push(events: Buffer): Buffer;
  /** The stream is over: what was held back. */
  end(): Buffer;
  /** Why the stream is broken; what `push` returned until then may still be sent. */
  readonly problem: FormatError | undefined;
}

/** An error in words of the client's side, ready to be written in its format. */
export interface ClientError {
  readonly reason: ErrorCode;
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  /** How long the prompt was and may be, in tokens, if it is too long. */
  readonly promptTokens?: number;
  readonly mostTokens?: number;
  /** When to ask again, if that is known. */
  readonly retryAfterMs?: number;
  /** What Anthropic adds to its errors for programs. */
  readonly details?: JsonObject;
  /** The request's id, for formats whose errors name it; absent inside a stream. */
  readonly callId?: string;
}

/** The body is not this format. `path` says where. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** How a format compacts a conversation with the help of a model that knows only how to answer. */
export interface Compaction {
  /** Whether a request's own last words ask for it. */
  isAsked(body: JsonObject): boolean;
  /** The request for a summary. */
  ask(request: ConversationRequest): ConversationRequest;
  /** The answer as what the conversation is compacted to; the same answer if it has no words. */
  answer(response: ConversationResponse, seed: string): ConversationResponse;
  isAnswer(response: ConversationResponse): boolean;
  /** A whole answer that was written for the client, as the endpoint for compaction gives it. */
  writeObject(written: JsonObject, asked: JsonObject): JsonObject;
}

/** Brings a request that is not translated to what its model takes, by edits of its members. */
export interface RequestFitting {
  /** The members that decide whether there is anything to fit: without one of them the request is left alone. */
  readonly members: readonly string[];
  fit(members: RequestMembers, abilities: ModelAbilities, model: string, report: (dropped: Dropped) => void): void;
}

/** How a format that may ask for several answers in one body is brought to providers that give one. Bodies are parsed. */
export interface SeveralRequests {
  /** A body for each, none of which asks for a stream; undefined if the body asks for one answer only. */
  split(body: JsonObject): readonly JsonObject[] | undefined;
  /** The one answer to `asked`, of an answer to each of its parts in their order. */
  join(answers: readonly JsonObject[], asked: JsonObject): JsonObject;
  /** The same for a client that asked for a stream. */
  asStream(answer: JsonObject, asked: JsonObject): string;
}

/** How a format asks how many tokens a prompt has, and answers that. */
export interface TokenCounting {
  readRequest(body: JsonObject): ReadRequest;
  writeRequest(request: ConversationRequest, options: WriteRequestOptions): WrittenRequest;
  /** Throws `FormatError` for an answer that does not say. */
  readAnswer(body: JsonObject): number;
  writeAnswer(tokens: number): JsonObject;
}

/** How a format asks for several vectors at once, as bytes where they are long. Bodies of requests are parsed. */
export interface EmbeddingItems {
  /** What vectors are asked for; undefined if the body does not say it as it should. */
  inputsOf(body: JsonObject): readonly JsonValue[] | undefined;
  /** The request for others in their place. */
  withInputs(body: JsonObject, inputs: readonly JsonValue[]): JsonObject;
  /** What holds for all inputs of the request. */
  besideInputs(body: JsonObject): JsonObject;
  /** The vectors of an answer, as they are written there, in the order of the inputs; undefined if some are missing. */
  readAnswer(answer: Buffer): { readonly vectors: readonly Buffer[]; readonly inputTokens: number } | undefined;
  /** The answer with these vectors. `model` is the name the client sees. */
  writeAnswer(vectors: readonly Buffer[], facts: { readonly model: string; readonly inputTokens: number }): Buffer;
}

/** How a format asks for vectors of texts, and answers that. */
export interface EmbeddingFormat {
  readonly id: FormatId;
  /** Inputs may be the numbers of tokens. */
  readonly takesTokens: boolean;
  /** How batches are taken apart; absent: they are not. */
  readonly items?: EmbeddingItems;
  readRequest(body: JsonObject): EmbeddingRequest;
  /** `model` is the provider's own name. */
  writeRequest(request: EmbeddingRequest, model: string): JsonObject;
  readAnswer(body: JsonObject): Pick<EmbeddingResponse, 'vectors' | 'usage'>;
  /** The answer to this request. */
  writeAnswer(answer: Pick<EmbeddingResponse, 'vectors' | 'usage'>, request: EmbeddingRequest): JsonObject;
  /**
   * A relayed answer in the encoding that a member of its request asks for. Throws a `TooHeavy` for one that has to be parsed for it
   * and is larger than `mostBytes`.
   */
  readonly asAsked?: {
    readonly member: string;
    convert(answer: Buffer, asked: JsonValue | undefined, mostBytes: number | undefined): Buffer;
  };
}

/** A conversational wire format: pure functions between its JSON and the neutral conversation. */
export interface ConversationFormat {
  readonly id: FormatId;
  /** The address of a request names the model, and its body does not. */
  readonly namesModelInPath?: true;
  /** Parameters have other names than in chat completions, by which a deployment's own are configured. */
  readonly hasOwnParameterNames?: true;
  /** Answers repeat what was asked: the part of a request's body that their writers need. */
  readonly repeatedOf?: (body: JsonObject) => JsonObject;
  /** Bytes of a whole answer that says beside its usage how often the web was searched for it. */
  readonly searchMark?: Buffer;
  /** The last event of a stream repeats the whole answer, usage included. */
  readonly repeatsAnswer?: true;
  readRequest(body: JsonObject): ReadRequest;
  writeRequest(request: ConversationRequest, options: WriteRequestOptions): WrittenRequest;
  /** `callSeed` is an id of the answer from which ids of calls are made that have none. */
  readResponse(body: JsonObject, callSeed?: string): ConversationResponse;
  writeResponse(response: ConversationResponse, facts: AnswerFacts): JsonObject;
  openStreamReader(callSeed?: string): StreamReader;
  openStreamWriter(facts: AnswerFacts): StreamWriter;
  /** Reads the usage object at its place in a whole answer or in a stream event of this format; undefined if there is none. */
  readUsage(value: JsonValue): Usage | undefined;
  /** Reads an error body; undefined if the body is not an error of this format (HTML, empty, a success). */
  readError(body: JsonValue): ProviderErrorFacts | undefined;
  writeError(error: ClientError): JsonObject;
  readonly counting?: TokenCounting;
  readonly compaction?: Compaction;
  readonly several?: SeveralRequests;
  /** Reads the state of a stream of this format after these events' data, if its neutral events alone do not show it. */
  readPosition?(events: readonly string[]): StreamPosition;
  /** Whether a model continues an assistant's turn that comes last; undefined if its name does not say. */
  takesPrefill?(model: string): boolean | undefined;
  /** What `writeRequest` does for a model, for a request in this format that is relayed. */
  readonly fitting?: RequestFitting;
  /**
   * What looks at a stream of this format that is relayed; `callSeed` as above, or undefined if the provider's tool calls are known
   * to be well written.
   */
  openStreamCheck?(callSeed: string | undefined): StreamCheck;
  /** A whole answer that is relayed, with an id for each of its tool calls; the same object if it is so already. */
  withCallIds?(answer: JsonObject, callSeed: string): JsonObject;
  /** What a model takes as names of tools and ids of calls. */
  toolLimits?(model: string): ToolLimits;
  /** The request without what only this format's own vendor reads, for a provider of another; the same if it holds nothing such. */
  forOthers?(request: ConversationRequest): ReadRequest;
  /** Why the bytes of a request may not go to a provider of this same format, as a short word; undefined if they may. Cheap. */
  mustTranslate?(body: Uint8Array, model: string): string | undefined;
}
