/** Gemini's `countTokens` (https://ai.google.dev/api/tokens, 2026-11-23). */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { FormatError, type TokenCounting } from '../format.ts';
import { countOf, readerOf } from './fields.ts';
import { readRequest } from './read-request.ts';
import { writeRequest } from './write-request.ts';

/** Counting in Gemini's format: of contents alone, or of a whole request with its tools and instructions. */
export const counting: TokenCounting = {
  readRequest(body) {
    const whole = readerOf(body, '').object('generateContentRequest')?.value;
    return readRequest(isJsonObject(whole) ? { ...whole, model: body.model } : body);
  },
  writeRequest(request, options) {
    const { body, dropped } = writeRequest(request, options);
    // The inner request has to name its model.
    const model = /^(?:models|tunedModels)\//.test(options.model) ? options.model : `models/${options.model}`;
    const generateContentRequest: JsonObject = { model, ...body };
    return { body: { generateContentRequest }, dropped };
  },
  readAnswer(body) {
    // A count of zero is left out of the answer.
    const count = countOf(body.totalTokens ?? 0);
    if (count === undefined) throw new FormatError('totalTokens', 'totalTokens: expected a whole number.');
    return count;
  },
  writeAnswer: (tokens) => ({
    totalTokens: tokens,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }],
  }),
};
