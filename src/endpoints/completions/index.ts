import { openaiCompletions } from '../../formats/openai-completions/index.ts';
import type { Endpoint } from '../endpoint.ts';

/** Legacy text completions in OpenAI's format. */
export const completions: Endpoint = {
  name: '/completions',
  operation: 'completion',
  format: 'openai-completions',
  conversation: openaiCompletions,
  errors: 'openai',
};
