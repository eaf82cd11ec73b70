import type { Endpoint } from '../../exchange/endpoint.ts';
import { openaiCompletions } from '../../formats/openai-completions/index.ts';

/** Legacy text completions in OpenAI's format. */
export const completions: Endpoint = {
  name: '/completions',
  operation: 'completion',
  format: 'openai-completions',
  conversation: openaiCompletions,
  errors: 'openai',
};
