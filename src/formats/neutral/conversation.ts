/**
 * The neutral conversation: where every wire format meets. It holds what at least two formats can say, in one way each;
 * what only one format can say travels as an `opaque` part and is dropped, with a counted warning, on the way to another.
 * Pure data: readonly, no behaviour.
 */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Effort } from '../../models/model-abilities.ts';
import type { FormatId } from './format-id.ts';
import type { ServerCallPart, ServerTool } from './server-tools.ts';

export type { FormatId } from './format-id.ts';

/** Members that only one format knows, carried so that they survive between equal formats; every other writer leaves them out. */
export interface FormatExtra {
  readonly format: FormatId;
  readonly fields: JsonObject;
}

/** A mark that asks the provider to cache the prompt up to and including this part (Anthropic `cache_control`). */
export interface CacheMark {
  readonly ttl?: '5m' | '1h';
}

/** Where the bytes of an image, document, audio or video are. `data` is base64 without a `data:` prefix. */
export type MediaSource =
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string }
  | { readonly kind: 'data'; readonly data: string; readonly mediaType: string }
  | { readonly kind: 'text'; readonly text: string; readonly mediaType: string }
  | { readonly kind: 'file'; readonly fileId: string; readonly mediaType?: string };

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly citations?: readonly Citation[];
  readonly cacheMark?: CacheMark;
  /** Gemini may sign a text part. */
  readonly signature?: ReasoningSignature;
}
/** A source that an answer refers to. `raw` is the citation as the provider wrote it, for its own format. */
export interface Citation {
  readonly url?: string;
  readonly title?: string;
  readonly citedText?: string;
  /** Character offsets in the text of the answer, if the provider tells them. */
  readonly start?: number;
  readonly end?: number;
  readonly raw: { readonly format: FormatId; readonly value: JsonValue };
}
export interface ImagePart {
  readonly type: 'image';
  readonly source: MediaSource;
  readonly detail?: string;
  readonly cacheMark?: CacheMark;
  readonly extra?: FormatExtra;
}
export interface DocumentPart {
  readonly type: 'document';
  readonly source: MediaSource;
  readonly filename?: string;
  readonly context?: string;
  readonly citationsEnabled?: boolean;
  readonly cacheMark?: CacheMark;
  /** The block as its own format wrote it (a search result, a tool reference); the other fields tell it to any other format. */
  readonly raw?: { readonly format: FormatId; readonly value: JsonObject };
}
export interface AudioPart {
  readonly type: 'audio';
  readonly source: MediaSource;
  /** `wav`, `mp3`, … as OpenAI names them. */
  readonly audioFormat?: string;
  readonly transcript?: string;
}
export interface VideoPart {
  readonly type: 'video';
  readonly source: MediaSource;
}
/** Who made a signature. A signature goes back only to the family that made it: any other provider would refuse it. */
export interface ReasoningSignature {
  readonly origin: 'anthropic' | 'google' | 'openai' | 'other';
  readonly value: string;
}
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly signature?: ReasoningSignature;
  /** Encrypted thinking that may only be handed back (Anthropic `redacted_thinking.data`). `text` is then empty. */
  readonly redacted?: string;
}
export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the model wrote it; may be invalid JSON. An absent or empty object is `"{}"`. */
  readonly arguments: string;
  readonly signature?: ReasoningSignature;
  /** OpenAI's `custom` tools take free text instead of JSON; `arguments` is then that text. */
  readonly custom?: boolean;
  readonly cacheMark?: CacheMark;
  readonly extra?: FormatExtra;
}
export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly callId: string;
  /** The tool's name if the format says it (Gemini) or it can be found from the call with this id. */
  readonly name?: string;
  readonly content: readonly (TextPart | ImagePart | DocumentPart)[];
  readonly isError?: boolean;
  readonly cacheMark?: CacheMark;
  readonly extra?: FormatExtra;
}
interface RefusalPart {
  readonly type: 'refusal';
  readonly text: string;
}
/** A block that only its own format understands (the use or result of a tool that only one provider has). */
export interface OpaquePart {
  readonly type: 'opaque';
  readonly format: FormatId;
  readonly value: JsonObject;
}

export type Part =
  | TextPart
  | ImagePart
  | DocumentPart
  | AudioPart
  | VideoPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | RefusalPart
  | ServerCallPart
  | OpaquePart;

/** One turn. Tool results stand in turns of role `tool`; a `system` or `developer` turn stays at its place in the order. */
export interface Turn {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly parts: readonly Part[];
  readonly name?: string;
  readonly extra?: FormatExtra;
}

export type ToolDefinition =
  | {
      readonly type: 'function';
      readonly name: string;
      readonly description?: string;
      /** JSON Schema; absent when the tool takes nothing. */
      readonly parameters?: JsonObject;
      readonly strict?: boolean;
      readonly cacheMark?: CacheMark;
      readonly extra?: FormatExtra;
    }
  | ServerTool
  /** A kind only one format knows (computer use, OpenAI's `file_search`, `custom` of chat completions). */
  | { readonly type: 'opaque'; readonly format: FormatId; readonly value: JsonObject };

/** A choice as the client wrote it, for its own format: of tools that a provider runs it may say more than their names. */
interface RawChoice {
  readonly format: FormatId;
  readonly value: JsonObject;
}

/** Tools that a provider runs are named as `nameOfTool` names them. */
export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly name: string; readonly raw?: RawChoice }
  | {
      readonly type: 'allowed';
      readonly mode: 'auto' | 'required';
      readonly names: readonly string[];
      /** The entries of tools that a provider runs, by their names. */
      readonly hosted?: ReadonlyMap<string, RawChoice>;
    };

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json-object' }
  | {
      readonly type: 'json-schema';
      readonly name: string;
      readonly schema: JsonObject;
      readonly description?: string;
      readonly strict?: boolean;
    };

export type ReasoningEffort = Effort;

/** How much to think. A format that knows only one of the two derives it from the other by the table in `reasoning.ts`. */
export interface ReasoningRequest {
  readonly mode?: 'enabled' | 'disabled' | 'adaptive';
  readonly effort?: ReasoningEffort;
  readonly budgetTokens?: number;
  /** Whether thoughts are wanted in the answer (Gemini `includeThoughts`, Anthropic `display`). */
  readonly include?: boolean;
}

export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly logitBias?: Readonly<Record<string, number>>;
  readonly logprobs?: boolean;
  readonly topLogprobs?: number;
  /** How many answers (`n`). */
  readonly choices?: number;
}

export interface ConversationRequest {
  /** The name the client asked for; a writer gets the provider's own name separately. */
  readonly model: string;
  readonly turns: readonly Turn[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly output?: OutputFormat;
  readonly sampling: Sampling;
  readonly maxOutputTokens?: number;
  readonly reasoning?: ReasoningRequest;
  readonly modalities?: readonly string[];
  readonly verbosity?: string;
  readonly stream: boolean;
  /** Whether a streaming client asked for usage (`stream_options.include_usage`); Anthropic and Gemini always do. */
  readonly streamUsage: boolean;
  readonly userId?: string;
  readonly serviceTier?: string;
  readonly metadata?: JsonObject;
  /** Cache the whole prompt automatically (Anthropic's top-level `cache_control`). */
  readonly cacheMark?: CacheMark;
  readonly promptCacheKey?: string;
  /** Top-level fields of the client's format that have no neutral form, by their own names. */
  readonly extensions: { readonly format: FormatId; readonly fields: JsonObject };
}

/** Token counts of one answer. `input*` parts are contained in `inputTokens`, `output*` parts in `outputTokens`. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  /** Written to the prompt cache, both lifetimes together. */
  readonly cacheWriteTokens?: number;
  /** The share of `cacheWriteTokens` that is kept for an hour. */
  readonly cacheWriteOneHourTokens?: number;
  readonly audioInputTokens?: number;
  readonly reasoningTokens?: number;
  readonly audioOutputTokens?: number;
  readonly acceptedPredictionTokens?: number;
  readonly rejectedPredictionTokens?: number;
  readonly webSearchRequests?: number;
  readonly imageInputTokens?: number;
  readonly imageOutputTokens?: number;
  readonly videoInputTokens?: number;
  readonly videoOutputTokens?: number;
  /** The shares of `cachedInputTokens` that are sounds and images. */
  readonly cachedAudioInputTokens?: number;
  readonly cachedImageInputTokens?: number;
  /** How fast it was made, and where, if that has a price of its own (Anthropic's `fast`, `us`). */
  readonly speed?: string;
  readonly region?: string;
  /** What the provider itself says the answer cost, in USD, if it says so (OpenRouter, xAI, Perplexity). */
  readonly providerCostUsd?: number;
  /** The tier the answer was really served at (`priority`, `flex`, `batch`, …). */
  readonly serviceTier?: string;
  /** The model that the answer names: it has a price if the deployment's own name has none. */
  readonly model?: string;
  /** True when the counts are ours and not the provider's. */
  readonly isEstimated?: boolean;
}

/** What an answer holds that may have a price of its own. */
export interface Written {
  /** Without white space. */
  readonly characters: number;
  /** The pixels of each image; undefined: it does not say them. */
  readonly images: readonly (number | undefined)[];
}

export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'context-window'
  | 'malformed-tool-call'
  | 'error'
  | 'other';

export interface Finish {
  readonly reason: FinishReason;
  /** The word the provider used. */
  readonly raw?: string;
  readonly stopSequence?: string;
  /** What else the provider says about the end of the answer (Anthropic `stop_details`, `container`). */
  readonly extra?: FormatExtra;
}

export interface Choice {
  readonly index: number;
  /** text, reasoning, tool-call, refusal, image, audio, server-call and opaque parts, in the order the model made them. */
  readonly parts: readonly Part[];
  readonly finish: Finish;
  /** OpenAI's `choices[].logprobs` object; formats that say it otherwise convert. */
  readonly logprobs?: JsonValue;
}

export interface ConversationResponse {
  readonly id: string;
  /** The model the provider says answered. */
  readonly model: string;
  readonly createdSeconds?: number;
  readonly choices: readonly Choice[];
  readonly usage?: Usage;
  readonly serviceTier?: string;
  readonly systemFingerprint?: string;
  /** Sources given for the whole answer (Perplexity `citations`/`search_results`, Gemini grounding). */
  readonly citations?: readonly Citation[];
}

/** One step of a streamed answer. Texts are deltas. A writer opens and closes its own blocks when the kind changes. */
export type StreamEvent =
  | {
      readonly type: 'start';
      readonly id?: string;
      readonly model?: string;
      readonly createdSeconds?: number;
      readonly usage?: Usage;
      readonly serviceTier?: string;
      readonly systemFingerprint?: string;
    }
  | {
      readonly type: 'text';
      readonly choice: number;
      readonly text: string;
      readonly signature?: ReasoningSignature;
      readonly logprobs?: JsonValue;
      /** Begins a new text part although a text part is open. */
      readonly startsPart?: true;
    }
  | { readonly type: 'reasoning'; readonly choice: number; readonly text: string }
  /** Ends the reasoning part that is open and signs it. */
  | { readonly type: 'reasoning-signature'; readonly choice: number; readonly signature: ReasoningSignature }
  | { readonly type: 'reasoning-redacted'; readonly choice: number; readonly data: string }
  | { readonly type: 'refusal'; readonly choice: number; readonly text: string }
  /** `call` numbers the tool calls of a choice from 0 in the order of their first appearance. */
  | {
      readonly type: 'tool-call';
      readonly choice: number;
      readonly call: number;
      readonly id: string;
      readonly name: string;
      readonly signature?: ReasoningSignature;
      readonly custom?: boolean;
      readonly extra?: FormatExtra;
    }
  | { readonly type: 'tool-arguments'; readonly choice: number; readonly call: number; readonly text: string }
  /** Belongs to the text part that is open, or with `startsPart` to the one that follows. */
  | { readonly type: 'citation'; readonly choice: number; readonly citation: Citation; readonly startsPart?: true }
  | { readonly type: 'media'; readonly choice: number; readonly part: ImagePart | AudioPart }
  | { readonly type: 'server-call'; readonly choice: number; readonly part: ServerCallPart }
  | { readonly type: 'opaque'; readonly choice: number; readonly format: FormatId; readonly value: JsonObject }
  | { readonly type: 'finish'; readonly choice: number; readonly finish: Finish; readonly logprobs?: JsonValue }
  | { readonly type: 'usage'; readonly usage: Usage }
  /** The provider reported an error inside the stream. Nothing follows it. */
  | { readonly type: 'error'; readonly error: ProviderErrorFacts }
  /** The stream is whole: the provider sent its end mark. A stream that stops without it was cut. */
  | { readonly type: 'end' };

/** What a provider's error body says, in whatever format it says it. */
export interface ProviderErrorFacts {
  readonly message: string;
  /** The provider's words for the kind of error: OpenAI `type`/`code`, Anthropic `type`, Google `status`. */
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  readonly status?: number;
  /** What Anthropic adds for programs: `{error_code, …}`. */
  readonly details?: JsonObject;
  /** A wait told in the body (Google's RetryInfo), in milliseconds. */
  readonly retryAfterMs?: number;
}
