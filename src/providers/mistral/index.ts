import type { ToolLimits } from '../../formats/neutral/tool-limits.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';
import { MISTRAL_CHAT_RULES, MISTRAL_EMBEDDING_RULES, reasonsInContent } from './parameters.ts';

/** "must be a-z, A-Z, 0-9, with a length of 9": https://github.com/nearai/ironclaw/issues/1241, read 2026-11-28. */
const MISTRAL_TOOLS: ToolLimits = {
  ids: {
    taken: /^[a-zA-Z0-9]{9}$/,
    refused: /[^a-zA-Z0-9]/g,
    maxLength: 9,
    isExact: true,
    words: '9 letters and digits',
  },
};

/** Mistral AI. Usage comes with the last chunk of a stream unasked. */
export const mistral: Provider = openAiCompatible({
  name: 'mistral',
  title: 'Mistral',
  modelPatterns: [
    'mistral-*',
    'ministral-*',
    'magistral-*',
    'codestral-*',
    'devstral-*',
    'pixtral-*',
    'voxtral-*',
    'open-mistral-*',
    'open-mixtral-*',
  ],
  defaultBaseUrl: 'https://api.mistral.ai/v1',
  keyVariables: ['MISTRAL_API_KEY'],
  baseUrlVariables: ['MISTRAL_API_BASE'],
  operations: ['chat', 'embedding'],
  rules: { chat: MISTRAL_CHAT_RULES, embedding: MISTRAL_EMBEDDING_RULES },
  failures: [
    // "Prompt contains 40000 tokens … too large for model with 32768 maximum context length"
    { means: 'upstream_context_window', code: /^3051$/ },
    { means: 'upstream_rate_limit', code: /^(?:1300|3505)$/ },
  ],
  streamUsage: 'always',
  mustTranslate: (model, body) => (reasonsInContent(model, body) ? 'reasoning-in-content' : undefined),
  toolLimits: () => MISTRAL_TOOLS,
  underBudget: { harmless: ['random_seed', 'safe_prompt', 'prompt_mode'] },
  source: 'https://docs.mistral.ai/api (2026-11-23)',
});
