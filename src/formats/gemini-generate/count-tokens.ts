/** Gemini's `countTokens` (https://ai.google.dev/api/tokens, 2026-11-23): the body for a request, and the count out of its answer. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError, type WriteRequestOptions, type WrittenRequest } from '../format.ts';
import type { ConversationRequest } from '../neutral/conversation.ts';
import { countOf } from './fields.ts';
import { writeRequest } from './write-request.ts';

/** The body that counts a whole request, tools and instructions included; the inner request has to name its model. */
export function writeCountTokensRequest(request: ConversationRequest, options: WriteRequestOptions): WrittenRequest {
  const { body, dropped } = writeRequest(request, options);
  const model = /^(?:models|tunedModels)\//.test(options.model) ? options.model : `models/${options.model}`;
  const generateContentRequest: JsonObject = { model, ...body };
  return { body: { generateContentRequest }, dropped };
}

/** How many tokens the request has. Throws `FormatError` for an answer that does not say. */
export function readCountTokensResponse(body: JsonValue): number {
  // A count of zero is left out of the answer.
  const count = isJsonObject(body) ? countOf(body.totalTokens ?? 0) : undefined;
  if (count === undefined) throw new FormatError('totalTokens', 'totalTokens: expected a whole number.');
  return count;
}
