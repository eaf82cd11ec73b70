import type { Endpoint } from '../../exchange/endpoint.ts';
import { response } from '../../operations/response.ts';

/** Responses in OpenAI's format. */
export const responses: Endpoint = { name: '/v1/responses', operation: response, format: 'openai-responses' };
