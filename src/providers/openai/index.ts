import { openAiCompatible } from '../openai-compatible/index.ts';
import { isCompletionModel, openAiModelRules, openAiResponseRules } from '../openai-compatible/reasoning-models.ts';
import { isOpenAiModel, openAiToolLimits } from '../openai-compatible/tool-limits.ts';
import type { Provider } from '../provider.ts';
import { openaiBill } from './bill.ts';
import { OPENAI_FAILURES } from './errors.ts';

/** OpenAI. */
export const openai: Provider = {
  ...openAiCompatible({
    name: 'openai',
    aliases: ['text-completion-openai'],
    title: 'OpenAI',
    modelPatterns: [
      'gpt-*',
      'chatgpt-*',
      'o1*',
      'o3*',
      'o4*',
      'ft:*',
      'text-embedding-*',
      'davinci-002',
      'babbage-002',
      'codex-*',
      'computer-use-preview*',
      'omni-moderation-*',
    ],
    defaultBaseUrl: 'https://api.openai.com/v1',
    keyVariables: ['OPENAI_API_KEY'],
    baseUrlVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    operations: ['chat', 'response', 'compact', 'completion', 'embedding'],
    serves: { completion: isCompletionModel },
    rules: { chat: openAiModelRules, response: openAiResponseRules },
    // Other servers behind its name speak of its API what they know.
    compactsAt: (baseUrl) => /^https:\/\/(?:[a-z0-9-]+\.)*openai\.com(?:[:/]|$)/.test(baseUrl),
    toolLimits: openAiToolLimits,
    writesCallsWell: isOpenAiModel,
    failures: OPENAI_FAILURES,
    organizationHeader: 'openai-organization',
    headers: ({ organization }) => (organization === undefined ? {} : { 'openai-organization': organization }),
    underBudget: { searchTools: /^web_search(?:_preview)?(?:_\d+)*$/ },
    source: 'https://developers.openai.com/api/reference/overview (2026-11-23)',
  }),
  bill: openaiBill,
};
