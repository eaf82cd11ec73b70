/** Reads embeddings requests of clients and embeddings answers of providers. */

import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, stringOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { refusal, wrongKind } from '../body-reader.ts';
import { FormatError } from '../format.ts';
import type { EmbeddingInput, EmbeddingRequest, EmbeddingResponse } from '../neutral/embedding.ts';
import { readerOf } from '../openai-chat/fields.ts';
import { readUsage } from '../openai-chat/usage.ts';
import { readBase64Vector } from './vectors.ts';

/** Reads a client's request. Throws `FormatError` with the path of what is wrong. */
export function readEmbeddingRequest(value: JsonObject): EmbeddingRequest {
  const body = readerOf(value);
  const request = {
    model: body.requiredName('model'),
    ...readInputs(body),
    ...defined({
      encoding: body.oneOf('encoding_format', ['float', 'base64']),
      dimensions: body.integer('dimensions', 1),
      userId: body.string('user'),
    }),
  };
  return { ...request, extensions: body.rest() ?? {} };
}

function readInputs(body: JsonReader): Pick<EmbeddingRequest, 'inputs' | 'isSingle'> {
  const input = body.get('input');
  if (input === undefined) throw refusal('input', 'is missing: send a string or an array of strings');
  if (typeof input === 'string') return { inputs: [{ kind: 'text', text: input }], isSingle: true };
  if (!Array.isArray(input)) throw body.wrong('input', 'a string, an array of strings or an array of tokens');
  if (input.length === 0) throw refusal('input', 'is an empty array: send at least one text');
  if (typeof input[0] === 'number') return { inputs: [readTokens(input, 'input')], isSingle: true };
  return { inputs: input.map((item, index) => readInput(item, `input[${index}]`)), isSingle: false };
}

function readInput(item: JsonValue, path: string): EmbeddingInput {
  if (typeof item === 'string') return { kind: 'text', text: item };
  if (Array.isArray(item)) return readTokens(item, path);
  throw wrongKind(path, 'a string or an array of tokens', item);
}

function readTokens(tokens: readonly JsonValue[], path: string): EmbeddingInput {
  if (tokens.length === 0) throw refusal(path, 'is an empty array: send at least one token');
  return {
    kind: 'tokens',
    tokens: tokens.map((token, index) => {
      if (typeof token !== 'number' || !Number.isInteger(token) || token < 0) {
        throw wrongKind(`${path}[${index}]`, 'a token number', token);
      }
      return token;
    }),
  };
}

/** Reads a provider's answer, with vectors as numbers or as base64. Throws `FormatError` if it is not one. */
export function readEmbeddingResponse(body: JsonObject): EmbeddingResponse {
  if (!isJsonObject(body) || !Array.isArray(body.data)) {
    throw new FormatError('data', `The answer has no 'data': it holds no embeddings.`);
  }
  const placed = body.data.map((item, position) => {
    if (!isJsonObject(item)) throw wrongKind(`data[${position}]`, 'an object', item);
    const index = typeof item.index === 'number' && Number.isInteger(item.index) ? item.index : position;
    return { index, vector: readVector(item.embedding, `data[${position}].embedding`) };
  });
  // Providers that work in parallel may answer out of order; the index says which input a vector belongs to.
  placed.sort((one, other) => one.index - other.index);
  const usage = readUsage(body);
  return {
    model: stringOf(body.model) ?? '',
    vectors: placed.map(({ vector }) => vector),
    ...defined({ usage }),
  };
}

function readVector(value: JsonValue | undefined, path: string): readonly number[] {
  if (typeof value === 'string') return readBase64Vector(value, path);
  const numbers = itemsOf(value).filter((number) => typeof number === 'number');
  if (!Array.isArray(value) || numbers.length !== value.length) {
    throw wrongKind(path, 'an array of numbers or base64', value);
  }
  return numbers;
}
