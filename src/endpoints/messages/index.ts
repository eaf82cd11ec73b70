import { anthropicMessages } from '../../formats/anthropic-messages/index.ts';
import type { Endpoint } from '../endpoint.ts';

/** Messages in Anthropic's format. */
export const messages: Endpoint = {
  name: '/v1/messages',
  operation: 'chat',
  format: 'anthropic-messages',
  conversation: anthropicMessages,
  errors: 'anthropic',
};
