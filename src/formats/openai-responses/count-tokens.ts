/** `POST /v1/responses/input_tokens` (https://developers.openai.com/api/reference/resources/responses, 2026-11-28). */
import { FormatError, type TokenCounting } from '../format.ts';
import { readRequest } from './read-request.ts';
import { writeRequest } from './write-request.ts';

/** The members of a request that count. */
const COUNTED: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'text',
  'reasoning',
  'parallel_tool_calls',
]);

/** Counting in this format: a request without what belongs to its answer. */
export const counting: TokenCounting = {
  readRequest,
  writeRequest(request, options) {
    const { body, dropped } = writeRequest(request, options);
    return { body: Object.fromEntries(Object.entries(body).filter(([name]) => COUNTED.has(name))), dropped };
  },
  readAnswer({ input_tokens: tokens }) {
    if (typeof tokens === 'number' && Number.isInteger(tokens) && tokens >= 0) return tokens;
    throw new FormatError('input_tokens', 'input_tokens: expected a whole number.');
  },
  writeAnswer: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
};
