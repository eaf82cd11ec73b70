import type { Endpoint } from '../../exchange/endpoint.ts';
import { chat } from '../../operations/chat.ts';

/** Chat completions in OpenAI's format. */
export const chatCompletions: Endpoint = { name: '/chat/completions', operation: chat, format: 'openai-chat' };
