import type { Endpoint } from '../../exchange/endpoint.ts';
import { anthropicMessages } from '../../formats/anthropic-messages/index.ts';

/** Messages in Anthropic's format. */
export const messages: Endpoint = {
  name: '/v1/messages',
  operation: 'chat',
  format: 'anthropic-messages',
  conversation: anthropicMessages,
  errors: 'anthropic',
};
