import { openAiCompatible } from '../openai-compatible/index.ts';
import { FAMILY_CHAT_RULES, joinRules, withoutJsonSchema } from '../openai-compatible/parameters.ts';
import type { ParameterRules, Provider } from '../provider.ts';
import { GLM_FAILURES } from './errors.ts';

/** https://docs.z.ai/guides/capabilities/struct-output (2026-11-23): `response_format` is `text` or `json_object`. */
const CHAT: ParameterRules = joinRules(FAMILY_CHAT_RULES, { values: { response_format: withoutJsonSchema } });

/** Z.AI: the GLM models, international platform. */
export const zai: Provider = openAiCompatible({
  name: 'zai',
  aliases: ['glm'],
  title: 'ZAI',
  modelPatterns: ['glm-*', 'GLM-*'],
  defaultBaseUrl: 'https://api.z.ai/api/paas/v4',
  keyVariables: ['ZAI_API_KEY'],
  baseUrlVariables: ['ZAI_API_BASE'],
  rules: { chat: CHAT },
  failures: GLM_FAILURES,
  underBudget: {
    harmless: ['thinking', 'do_sample', 'request_id', 'user_id', 'tool_stream'],
    searchTools: /^web_search$/,
  },
  source: 'https://docs.z.ai/api-reference/llm/chat-completion (2026-11-23)',
});

/** Zhipu: the same models on the platform in mainland China, with its own address, keys and prices. */
export const zhipuai: Provider = openAiCompatible({
  name: 'zhipuai',
  title: 'ZhipuAI',
  defaultBaseUrl: 'https://open.bigmodel.cn/api/paas/v4',
  keyVariables: ['ZHIPUAI_API_KEY'],
  baseUrlVariables: ['ZHIPUAI_API_BASE'],
  operations: ['chat', 'embedding'],
  rules: { chat: CHAT },
  failures: GLM_FAILURES,
  underBudget: {
    harmless: ['thinking', 'do_sample', 'request_id', 'user_id', 'tool_stream'],
    searchTools: /^web_search$/,
  },
  source: 'https://docs.bigmodel.cn/cn/api/introduction (2026-11-23)',
});
