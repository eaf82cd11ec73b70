import type { Endpoint } from '../../exchange/endpoint.ts';
import { countTokens } from '../../operations/count-tokens.ts';
import { response } from '../../operations/response.ts';

/** Responses in OpenAI's format. */
export const responses: Endpoint = { name: '/v1/responses', operation: response, format: 'openai-responses' };

/** How many tokens the input of a response has. */
export const inputTokens: Endpoint = {
  name: '/v1/responses/input_tokens',
  operation: countTokens,
  format: 'openai-responses',
};
