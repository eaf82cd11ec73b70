import type { Endpoint } from '../../exchange/endpoint.ts';
import { chat } from '../../operations/chat.ts';

/** Messages in Anthropic's format. */
export const messages: Endpoint = { name: '/v1/messages', operation: chat, format: 'anthropic-messages' };
