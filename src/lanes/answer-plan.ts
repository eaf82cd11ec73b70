/** How whole answers are read, as data: another thread can do it. */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { AnswerFacts } from '../formats/format.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { EmbeddingRequest } from '../formats/neutral/embedding.ts';
import type { AnsweredCalls } from './answered-calls.ts';

/** How one answer is read. */
export type AnswerPlan = ConversationPlan | EmbeddingPlan | RelayPlan;

/** The same facts, as another thread can get them. */
export interface FactsAsData extends Pick<AnswerFacts, 'id' | 'model' | 'createdSeconds' | 'streamUsage'> {
  readonly estimatedTokens: number | undefined;
  readonly askedBody: JsonObject | undefined;
}

/** What the way back of a translated conversation needs to know of its request. */
export interface ConversationLeft {
  readonly calls: AnsweredCalls;
  /** What the answer is checked against, if the provider cannot be held to it. */
  readonly schema: JsonObject | undefined;
  /** The answer is a summary that the conversation is compacted to; `asked` is the request if the client wants it as an object. */
  readonly compacts: { readonly asked: JsonObject | undefined } | undefined;
  /** Reasoning becomes a part of the text. */
  readonly merges: boolean;
  /** What answers repeat of the request, in formats whose answers do. */
  readonly repeated: JsonObject | undefined;
}

/** How a whole answer of a translated conversation is read, as data. */
export interface ConversationPlan extends Omit<ConversationLeft, 'repeated'> {
  readonly kind: 'conversation';
  readonly client: FormatId;
  readonly provider: FormatId;
  readonly facts: FactsAsData;
}

/** How a whole answer with vectors is read, as data. */
export interface EmbeddingPlan {
  readonly kind: 'embedding';
  readonly client: FormatId;
  readonly provider: FormatId;
  /** Without its inputs, which no answer repeats. */
  readonly request: EmbeddingRequest;
  /** A provider that counts nothing leaves the client with what the gateway estimates. */
  readonly estimatedTokens: number;
}

/** How a whole answer of the provider's own format is read, as data. */
export interface RelayPlan extends RelayWays {
  readonly kind: 'relay';
  readonly facts: FactsAsData;
}

/** What reading a relayed answer depends on. */
export interface RelayWays {
  readonly format: FormatId;
  /** A count is not an answer, and a vector in a format of conversations has none of its members. */
  readonly isAnswer: boolean;
  /** From what ids are made for calls that have none; undefined if the provider gives them all. */
  readonly callSeed: string | undefined;
  /** How the client wants vectors to be written, in the words of its format. */
  readonly asked: JsonValue | undefined;
}
