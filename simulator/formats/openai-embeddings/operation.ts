import type { JsonValue } from '../../../src/core/json.ts';
import { countTokens } from '../../answering/tokens.ts';
import { unitVector } from '../../answering/unit-vector.ts';
import { invalid } from '../errors.ts';
import { checkRange } from '../openai-chat/read.ts';
import { inputUsage, type Operation } from '../operation.ts';

const MOST_INPUTS = 2048;

/** `POST …/embeddings`: as numbers, or as little-endian 32-bit floats in base64. */
export const openaiEmbeddings: Operation = {
  name: 'openai-embeddings',
  family: 'openai',
  method: 'POST',
  path: /\/embeddings$/,
  read(call) {
    const { body, model } = call;
    const inputs = readInputs(body.input);
    checkRange(body, 'dimensions', 1, 100_000);
    const { encoding_format: encoding = 'float' } = body;
    if (encoding !== 'float' && encoding !== 'base64' && encoding !== null) {
      throw invalid(`Invalid value: '${String(encoding)}'. Supported values are: 'float' and 'base64'.`, {
        param: 'encoding_format',
        code: 'invalid_value',
      });
    }
    const size = typeof body.dimensions === 'number' ? body.dimensions : /large/.test(model) ? 3072 : 1536;
    const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
    return {
      kind: 'plain',
      json: {
        object: 'list',
        data: inputs.map((input, index) => {
          const vector = unitVector(`${model} ${input.text}`, size);
          return { object: 'embedding', index, embedding: encoding === 'base64' ? inBase64(vector) : vector };
        }),
        model,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      },
      usage: inputUsage(tokens),
    };
  },
};

interface Input {
  readonly text: string;
  readonly tokens: number;
}

function readInputs(value: JsonValue | undefined): Input[] {
  if (value === undefined)
    throw invalid("Missing required parameter: 'input'.", { param: 'input', code: 'missing_required_parameter' });
  if (typeof value === 'string') return [readText(value)];
  if (Array.isArray(value) && value.length > 0) {
    if (value.length > MOST_INPUTS && !value.every((entry) => typeof entry === 'number')) {
      throw invalid(
        `Invalid 'input': array too long. Expected an array with maximum length ${MOST_INPUTS}, but got an array with length ${value.length} instead.`,
        {
          param: 'input',
          code: 'array_above_max_length',
        },
      );
    }
    if (value.every((entry) => typeof entry === 'string')) return value.map(readText);
    if (value.every((entry) => typeof entry === 'number')) return [{ text: value.join(' '), tokens: value.length }];
    if (value.every((entry) => Array.isArray(entry)))
      return value.map((entry) => ({ text: entry.join(' '), tokens: entry.length }));
  }
  throw invalid(
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    { param: null },
  );
}

function readText(text: string): Input {
  if (text === '')
    throw invalid(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    );
  return { text, tokens: countTokens(text) };
}

function inBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, at) => {
    bytes.writeFloatLE(value, at * 4);
  });
  return bytes.toString('base64');
}
