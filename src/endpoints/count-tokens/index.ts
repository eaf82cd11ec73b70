import type { Endpoint } from '../../exchange/endpoint.ts';
import { countTokens as operation } from '../../operations/count-tokens.ts';

/** How many tokens a request in Anthropic's format has. */
export const countTokens: Endpoint = { name: '/v1/messages/count_tokens', operation, format: 'anthropic-messages' };
