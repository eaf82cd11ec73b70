/** Writes embeddings requests for providers and embeddings answers for clients. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { EmbeddingInput, EmbeddingRequest, EmbeddingResponse } from '../neutral/embedding.ts';
import { writeBase64Vector } from './vectors.ts';

function writeInput(input: EmbeddingInput): JsonValue {
  return input.kind === 'text' ? input.text : [...input.tokens];
}

/** Writes a request for a provider of this format; `model` is the provider's own name. */
export function writeEmbeddingRequest(request: EmbeddingRequest, model: string): JsonObject {
  const inputs = request.inputs.map(writeInput);
  const [first] = inputs;
  return {
    ...request.extensions,
    model,
    input: request.isSingle && first !== undefined ? first : inputs,
    ...defined({ encoding_format: request.encoding, dimensions: request.dimensions, user: request.userId }),
  };
}

/** Writes an answer for a client; `model` is the name the client sees, `encoding` what it asked for. */
export function writeEmbeddingResponse(
  response: EmbeddingResponse,
  options: { readonly model: string; readonly encoding?: 'float' | 'base64' },
): JsonObject {
  const isBase64 = options.encoding === 'base64';
  const inputTokens = response.usage?.inputTokens ?? 0;
  return {
    object: 'list',
    data: response.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: isBase64 ? writeBase64Vector(vector) : [...vector],
    })),
    model: options.model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens + (response.usage?.outputTokens ?? 0) },
  };
}
