/** An embeddings request and its answer, apart from any wire format. Pure data. */
import type { JsonObject } from '../../core/json.ts';
import type { Usage } from './conversation.ts';

/** One text to embed, or its tokens if the client did the counting. */
export type EmbeddingInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] };

/** What a client asks to have embedded. */
export interface EmbeddingRequest {
  /** The name the client asked for. */
  readonly model: string;
  readonly inputs: readonly EmbeddingInput[];
  /** Whether the client sent its one input bare and not in a list; kept so that it is handed on as it came. */
  readonly isSingle: boolean;
  /** How the client wants the numbers; absent means `float`. */
  readonly encoding?: 'float' | 'base64';
  readonly dimensions?: number;
  readonly userId?: string;
  /** Fields that have no neutral name (`input_type`, `truncate`, …), by their own names. */
  readonly extensions: JsonObject;
}

/** One vector for each input, in their order. */
export interface EmbeddingResponse {
  /** The model the provider says answered. */
  readonly model: string;
  readonly vectors: readonly (readonly number[])[];
  readonly usage?: Usage;
}
