import type { Endpoint } from '../../exchange/endpoint.ts';
import { compact } from '../../operations/compact.ts';
import { countTokens } from '../../operations/count-tokens.ts';
import { response } from '../../operations/response.ts';

/** Responses in OpenAI's format. */
export const responses: Endpoint = { name: '/v1/responses', operation: response, format: 'openai-responses' };

/** What a conversation is compacted to. Its answer never comes as a stream. */
export const compactResponse: Endpoint = {
  name: '/v1/responses/compact',
  operation: compact,
  format: 'openai-responses',
  stream: false,
};

/** How many tokens the input of a response has. */
export const inputTokens: Endpoint = {
  name: '/v1/responses/input_tokens',
  operation: countTokens,
  format: 'openai-responses',
};
