import { openAiCompatible } from '../openai-compatible/index.ts';
import { FAMILY_CHAT_RULES, joinRules, omit, onlyDefault } from '../openai-compatible/parameters.ts';
import type { ParameterRules, Provider } from '../provider.ts';

/**
 * The Sonar models search by themselves and call no tools of the client's.
 * https://docs.perplexity.ai/docs/sonar/openai-compatibility (2026-11-23)
 */
const CHAT: ParameterRules = joinRules(FAMILY_CHAT_RULES, {
  unsupported: [
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'functions',
    'function_call',
    'logit_bias',
    'top_logprobs',
    'seed',
  ],
  values: {
    // Usage comes without being asked for, with every chunk.
    stream_options: omit,
    logprobs: onlyDefault(false),
    n: onlyDefault(1),
  },
});

/**
 * Perplexity's Sonar chat completions. Perplexity announced their end for 2026-09-27 in favour of its Agent API
 * (https://docs.stigg.io/documentation/ai-agents/llm-wrappers/providers/perplexity, 2026-11-23); accounts that still have them keep working.
 */
export const perplexity: Provider = openAiCompatible({
  name: 'perplexity',
  title: 'Perplexity',
  modelPatterns: ['sonar', 'sonar-*'],
  defaultBaseUrl: 'https://api.perplexity.ai',
  keyVariables: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
  baseUrlVariables: ['PERPLEXITY_API_BASE'],
  rules: { chat: CHAT },
  streamUsage: 'always',
  underBudget: {
    harmless: [
      'top_k',
      'return_related_questions',
      'search_domain_filter',
      'search_recency_filter',
      'search_after_date_filter',
      'search_before_date_filter',
      'disable_search',
    ],
  },
  source: 'https://docs.perplexity.ai/api-reference/chat-completions-post (2026-11-23)',
});
