/** Open models at those who serve them, and what servers of open models take. The first row that says something of a model counts. */
import { type Effort, type ModelRow, named } from './model-abilities.ts';

const THREE: readonly Effort[] = ['low', 'medium', 'high'];
const ALL: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Models that do not reason, by the cards of their makers. */
const WITHOUT_REASONING =
  '(?:llama-?[1-4]|codellama|gemma-?[123]|codegemma|mixtral|mistral(?!ai|-(?:small-(?:latest|26|4)|medium-(?:26|3[.-]5)))|ministral|codestral|devstral|pixtral|voxtral|phi-?[1-3]|phi-?4(?!.*reasoning)|command-?[ra]|qwen-?[12](?!\\d)|qwen-?3.*(?:coder|instruct)|deepseek-(?:coder|llm|v2|v3(?!\\.[1-9]))|kimi-k2-instruct|starcoder|falcon|olmo-?[12]|granite-?3\\.[01])';
const REASONS =
  'https://huggingface.co/docs/inference-providers/guides/gpt-oss and the cards of the models (2026-11-28)';
const OLLAMA =
  'https://github.com/ollama/ollama/issues/14820 and https://github.com/BerriAI/litellm/issues/34574 (2026-11-28)';
const VLLM =
  'https://docs.vllm.ai/en/latest/features/reasoning_outputs and https://github.com/llm-jp/llm-jp-judge/pull/56 (2026-11-28)';

/** "System message must be at the beginning" of the chat templates of Qwen and others. */
const SYSTEM_FIRST =
  'https://github.com/ollama/ollama/issues/17774 and https://github.com/vllm-project/vllm/issues/41114 (2026-11-28)';

/** Servers and resellers of open models. */
const SERVERS = ['hosted_vllm', 'ollama', 'lm_studio', 'nvidia_nim', 'sambanova', 'openai_like'];

/** Rows that count before those of the models' makers: the server decides in which words a model is asked. */
export const RESELLER_ROWS: readonly ModelRow[] = [
  {
    models: 'Everything at OpenRouter',
    pattern: /./,
    providers: ['openrouter'],
    // It turns the words into those of the model behind it, and leaves out what that one does not take.
    abilities: { reasoning: { how: 'effort', efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] } },
    source:
      'https://openrouter.ai/docs/guides/best-practices/reasoning-tokens and https://github.com/enricoros/big-AGI/issues/940 (2026-11-28)',
  },
  {
    models: 'Everything at DeepInfra',
    pattern: /./,
    providers: ['deepinfra'],
    abilities: { reasoning: { how: 'effort', efforts: ALL } },
    source: 'https://github.com/NousResearch/hermes-agent/pull/111875 (2026-11-28)',
  },
  {
    models: 'Open models that do not reason',
    pattern: named(WITHOUT_REASONING),
    abilities: { reasoning: { how: 'never' } },
    source: REASONS,
  },
  {
    models: 'gpt-oss at Ollama',
    pattern: named('gpt-oss'),
    providers: ['ollama'],
    abilities: { reasoning: { how: 'effort', efforts: THREE } },
    source: OLLAMA,
  },
  {
    models: 'Other models at Ollama',
    pattern: /./,
    providers: ['ollama'],
    abilities: { reasoning: { how: 'effort', efforts: ['none', ...THREE] } },
    source: OLLAMA,
  },
  {
    models: 'gpt-oss at vLLM',
    pattern: named('gpt-oss'),
    providers: ['hosted_vllm'],
    abilities: { reasoning: { how: 'effort', efforts: THREE } },
    source: VLLM,
  },
  {
    models: 'Other models at vLLM',
    pattern: /./,
    providers: ['hosted_vllm'],
    abilities: { reasoning: { how: 'effort', efforts: THREE, offByTemplate: true } },
    source: VLLM,
  },
  {
    models: 'Reasoning models at other servers of open models',
    pattern: /./,
    providers: ['lm_studio', 'nvidia_nim', 'sambanova', 'openai_like', 'cerebras', 'together_ai', 'fireworks_ai'],
    abilities: { reasoning: { how: 'effort', efforts: THREE } },
    source: 'https://github.com/BerriAI/litellm/pull/38263 (2026-11-28)',
  },
  {
    models: 'Every model of a server of open models',
    pattern: /./,
    providers: SERVERS,
    abilities: { systemFirst: true },
    source: SYSTEM_FIRST,
  },
  {
    models: 'Qwen, everywhere',
    pattern: named('(?:qwen|qwq)'),
    abilities: { systemFirst: true },
    source: SYSTEM_FIRST,
  },
];

/** How long the answers of well-known models can be, at those who serves them; no guesses, since more is refused. */
export const LIMIT_ROWS: readonly ModelRow[] = (
  [
    ['deepseek-reasoner', 'deepseek-reasoner', 65_536, 'https://api-docs.deepseek.com/quick_start/pricing'],
    ['DeepSeek chat and V3', 'deepseek-(?:chat|v3)', 8_192, 'https://api-docs.deepseek.com/quick_start/pricing'],
    ['GLM-4.5', 'glm-4\\.5', 32_000, 'https://docs.z.ai/guides/llm/glm-4.5'],
    ['GLM-4.6 to 5', 'glm-(?:4\\.[67]|5)', 128_000, 'https://docs.z.ai/guides/llm'],
    ['GLM-4', 'glm-4(?!\\.)', 4_096, 'https://docs.bigmodel.cn/cn/guide/models/text/glm-4'],
    ['Llama 3.1 8B instant', 'llama-3\\.1-8b-instant', 8_192, 'https://console.groq.com/docs/models'],
    ['Llama 3.3 70B versatile', 'llama-3\\.3-70b-versatile', 32_768, 'https://console.groq.com/docs/models'],
  ] as const
).map(([models, name, maxOutputTokens, link]) => ({
  models,
  pattern: named(name),
  abilities: { maxOutputTokens },
  source: `${link} (2026-11-28)`,
}));
