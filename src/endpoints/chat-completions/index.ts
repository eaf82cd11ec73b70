import type { Endpoint } from '../../exchange/endpoint.ts';
import { openaiChat } from '../../formats/openai-chat/index.ts';

/** Chat completions in OpenAI's format. */
export const chatCompletions: Endpoint = {
  name: '/chat/completions',
  operation: 'chat',
  format: 'openai-chat',
  conversation: openaiChat,
  errors: 'openai',
};
