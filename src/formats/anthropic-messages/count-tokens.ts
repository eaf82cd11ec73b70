/** `POST /v1/messages/count_tokens` (https://platform.claude.com/docs/en/api/messages/count_tokens, 2026-11-28). */
import { FormatError, type TokenCounting } from '../format.ts';
import { readCountTokensRequest } from './read-request.ts';
import { writeRequest } from './write-request.ts';

/** The members of a message that count. */
const COUNTED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
]);

/** Counting in Anthropic's format: a message without what belongs to its answer. */
export const counting: TokenCounting = {
  readRequest: readCountTokensRequest,
  writeRequest(request, options) {
    const { body, dropped } = writeRequest(request, options);
    return { body: Object.fromEntries(Object.entries(body).filter(([name]) => COUNTED.has(name))), dropped };
  },
  readAnswer({ input_tokens: tokens }) {
    if (typeof tokens === 'number' && Number.isInteger(tokens) && tokens >= 0) return tokens;
    throw new FormatError('input_tokens', 'input_tokens: expected a whole number.');
  },
  writeAnswer: (tokens) => ({ input_tokens: tokens }),
};
