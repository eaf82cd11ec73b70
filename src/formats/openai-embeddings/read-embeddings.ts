/** Reads embeddings requests of clients and embeddings answers of providers. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import {
  itemsOf,
  optionalInteger,
  optionalString,
  requiredName,
  stringOrNothing,
  wrongKind,
} from '../openai-chat/fields.ts';
import { readUsage } from '../openai-chat/usage.ts';
import type { EmbeddingInput, EmbeddingRequest, EmbeddingResponse } from './embedding.ts';
import { readBase64Vector } from './vectors.ts';

const KNOWN_FIELDS: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user']);

/** Reads a client's request. Throws `FormatError` with the path of what is wrong. */
export function readEmbeddingRequest(body: JsonObject): EmbeddingRequest {
  if (!isJsonObject(body)) throw wrongKind('body', 'an object', body);
  const encoding = optionalString(body.encoding_format, 'encoding_format');
  if (encoding !== undefined && encoding !== 'float' && encoding !== 'base64') {
    throw wrongKind('encoding_format', `'float' or 'base64'`, encoding);
  }
  const dimensions = optionalInteger(body.dimensions, 'dimensions', 1);
  const userId = optionalString(body.user, 'user');
  const extensions = Object.entries(body).filter(
    ([name, value]) => !KNOWN_FIELDS.has(name) && value !== null && value !== undefined,
  );
  return {
    model: requiredName(body.model, 'model'),
    ...readInputs(body.input),
    ...(encoding === undefined ? {} : { encoding }),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(userId === undefined ? {} : { userId }),
    extensions: Object.fromEntries(extensions),
  };
}

function readInputs(input: JsonValue | undefined): Pick<EmbeddingRequest, 'inputs' | 'isSingle'> {
  if (input === undefined || input === null) {
    throw new FormatError('input', `'input' is missing: send a string or an array of strings.`);
  }
  if (typeof input === 'string') return { inputs: [{ kind: 'text', text: input }], isSingle: true };
  if (!Array.isArray(input)) throw wrongKind('input', 'a string, an array of strings or an array of tokens', input);
  if (input.length === 0) throw new FormatError('input', `'input' is an empty array: send at least one text.`);
  if (typeof input[0] === 'number') return { inputs: [readTokens(input, 'input')], isSingle: true };
  return { inputs: input.map((item, index) => readInput(item, `input[${index}]`)), isSingle: false };
}

function readInput(item: JsonValue, path: string): EmbeddingInput {
  if (typeof item === 'string') return { kind: 'text', text: item };
  if (Array.isArray(item)) return readTokens(item, path);
  throw wrongKind(path, 'a string or an array of tokens', item);
}

function readTokens(tokens: readonly JsonValue[], path: string): EmbeddingInput {
  if (tokens.length === 0) throw new FormatError(path, `'${path}' is an empty array: send at least one token.`);
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

/** Reads a provider's answer, with vectors as numbers or as base64. Throws `FormatError` where it is none. */
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
    model: stringOrNothing(body.model) ?? '',
    vectors: placed.map(({ vector }) => vector),
    ...(usage === undefined ? {} : { usage }),
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
