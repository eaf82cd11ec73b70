import type { Endpoint } from '../../exchange/endpoint.ts';
import { completion } from '../../operations/completion.ts';

/** Legacy text completions in OpenAI's format. */
export const completions: Endpoint = { name: '/completions', operation: completion, format: 'openai-completions' };
