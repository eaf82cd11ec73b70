import { OPEN_MODEL_SAMPLING, THINKING_SWITCHES } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import { NO_DEVELOPER_ROLE } from '../openai-compatible/parameters.ts';
import type { Provider } from '../provider.ts';

/** A vLLM server. It knows both names for the limit of the answer, but chat templates rarely know the role `developer`. */
export const hostedVllm: Provider = openAiCompatible({
  name: 'hosted_vllm',
  aliases: ['vllm'],
  title: 'HostedVLLM',
  keyVariables: ['HOSTED_VLLM_API_KEY'],
  baseUrlVariables: ['HOSTED_VLLM_API_BASE'],
  barePath: '/v1',
  keyOptional: true,
  priceProvider: null,
  rules: { chat: NO_DEVELOPER_ROLE },
  operations: ['chat', 'completion', 'embedding'],
  underBudget: {
    // Left out: templates, which are programs, and grammars and expressions, which can keep a server busy.
    harmless: [...OPEN_MODEL_SAMPLING, 'thinking', 'include_reasoning'],
    checked: { chat_template_kwargs: THINKING_SWITCHES },
  },
  source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server (2026-11-23)',
});
