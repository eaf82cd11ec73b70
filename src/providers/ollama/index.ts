import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** Ollama, by its OpenAI-compatible API: `api_base` is the server's address, as for its native API. */
export const ollama: Provider = openAiCompatible({
  name: 'ollama',
  aliases: ['ollama_chat'],
  title: 'Ollama',
  defaultBaseUrl: 'http://localhost:11434',
  keyVariables: ['OLLAMA_API_KEY'],
  baseUrlVariables: ['OLLAMA_API_BASE'],
  barePath: '/v1',
  keyOptional: true,
  priceProvider: null,
  operations: ['chat', 'completion', 'embedding'],
  underBudget: { harmless: ['top_k', 'min_p', 'think', 'reasoning'] },
  source: 'https://docs.ollama.com/api/openai-compatibility (2026-11-23)',
});
