/** The models of other vendors at those who serve them. The first row that says something of a model counts. */
import { type Effort, type ModelRow, named } from './model-abilities.ts';

const THREE: readonly Effort[] = ['low', 'medium', 'high'];
const SWITCHED = ['enabled', 'disabled'] as const;

/** "low and medium are mapped to high, xhigh to max" */
const DEEPSEEK_WORDS = { xhigh: 'max' } as const;
const DEEPSEEK =
  'https://api-docs.deepseek.com/guides/thinking_mode, https://github.com/BerriAI/litellm/pull/28138 and https://github.com/deepseek-ai/DeepSeek-V3/issues/1376 (forced tools) (2026-11-28)';
const KIMI =
  'https://platform.kimi.ai/docs/api/chat, https://github.com/repowise-dev/repowise/pull/2238 and https://github.com/can1357/oh-my-pi/issues/1077 (forced tools) (2026-11-28)';
const ZAI =
  'https://docs.z.ai/guides/capabilities/thinking and https://docs.z.ai/api-reference/llm/chat-completion (2026-11-28)';
const GROQ =
  'https://console.groq.com/docs/reasoning and https://github.com/theopenco/llmgateway/pull/3422 (2026-11-28)';
const XAI =
  'https://docs.x.ai/developers/model-capabilities/text/reasoning and https://github.com/mnfst/modelparams.dev/pull/330 (2026-11-28)';
const MISTRAL =
  'https://github.com/anomalyco/models.dev/pull/1986 and https://github.com/architects-toolkit/SmartHopper/issues/647 (2026-11-28)';
const DASHSCOPE =
  'https://help.aliyun.com/en/model-studio/deep-thinking and https://github.com/QwenLM/qwen-code/pull/8472 (2026-11-28)';
const MINIMAX =
  'https://github.com/CherryHQ/cherry-studio/pull/15991 and https://github.com/TauricResearch/TradingAgents/pull/1229 (2026-11-28)';

const DEEPSEEK_ROWS: readonly ModelRow[] = [
  {
    models: 'DeepSeek V4',
    pattern: named('deepseek-v(?:[4-9]|\\d\\d)'),
    providers: ['deepseek'],
    abilities: {
      reasoning: { how: 'type', types: SWITCHED, efforts: ['high', 'max'], spelled: DEEPSEEK_WORDS },
      thinksUnasked: true,
      forcedTools: 'without-thinking',
    },
    source: DEEPSEEK,
  },
  {
    models: 'deepseek-reasoner',
    pattern: named('deepseek-reasoner'),
    providers: ['deepseek'],
    abilities: { reasoning: { how: 'always' }, thinksUnasked: true, forcedTools: 'never' },
    source: DEEPSEEK,
  },
  {
    models: 'deepseek-chat',
    pattern: named('deepseek-(?:chat|v3)'),
    providers: ['deepseek'],
    abilities: { reasoning: { how: 'type', types: SWITCHED, efforts: [] }, forcedTools: 'without-thinking' },
    source: DEEPSEEK,
  },
];

const KIMI_ROWS: readonly ModelRow[] = [
  {
    models: 'Kimi K3',
    pattern: named('kimi-k(?:[3-9]|\\d\\d)'),
    providers: ['moonshot'],
    abilities: {
      reasoning: { how: 'effort', efforts: ['low', 'high', 'max'] },
      thinksUnasked: true,
      forcedTools: 'never',
    },
    source: KIMI,
  },
  {
    models: 'Kimi K2.7',
    pattern: named('kimi-k2\\.[7-9]'),
    providers: ['moonshot'],
    abilities: {
      reasoning: { how: 'type', types: ['enabled'], efforts: [] },
      thinksUnasked: true,
      forcedTools: 'never',
    },
    source: 'https://github.com/AgentFlocks/flocks/pull/620 (2026-11-28)',
  },
  {
    models: 'Kimi K2.5 and K2.6',
    pattern: named('kimi-(?:k2\\.[56]|latest)'),
    providers: ['moonshot'],
    abilities: {
      reasoning: { how: 'type', types: SWITCHED, efforts: [] },
      thinksUnasked: true,
      forcedTools: 'without-thinking',
    },
    source: KIMI,
  },
  {
    models: 'Kimi K2 thinking',
    pattern: named('kimi-.*thinking'),
    providers: ['moonshot'],
    abilities: { reasoning: { how: 'always' }, thinksUnasked: true, forcedTools: 'never' },
    source: KIMI,
  },
  {
    models: 'Kimi K2 and Moonshot V1',
    pattern: named('(?:kimi-k2(?!\\.)|moonshot-)'),
    providers: ['moonshot'],
    abilities: { reasoning: { how: 'never' } },
    source: KIMI,
  },
];

const ZAI_ROWS: readonly ModelRow[] = [
  {
    models: 'GLM-5.3',
    pattern: named('glm-(?:5\\.[3-9]|[6-9])'),
    providers: ['zai', 'zhipuai'],
    abilities: {
      reasoning: { how: 'type', types: ['enabled'], efforts: ['low', 'high', 'max'], spelled: { xhigh: 'max' } },
      thinksUnasked: true,
      maxOutputTokens: 131_072,
    },
    source:
      'https://dev.to/aihubmix/glm-53-api-guide-always-on-thinking-3-effort-levels-and-the-support-matrix-1d8e (2026-11-28)',
  },
  {
    models: 'GLM-5.2',
    pattern: named('glm-5\\.2'),
    providers: ['zai', 'zhipuai'],
    abilities: {
      reasoning: { how: 'type', types: SWITCHED, efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] },
      thinksUnasked: true,
      maxOutputTokens: 131_072,
    },
    source: 'https://github.com/nesquena/hermes-webui/releases/tag/exp-v0.52.105 (2026-11-28)',
  },
  {
    models: 'GLM-4.5 to 5.1',
    pattern: named('glm-(?:4\\.[5-9]|5)'),
    providers: ['zai', 'zhipuai'],
    // An effort is ignored before 5.2: thinking can be switched off by its type alone.
    abilities: { reasoning: { how: 'type', types: SWITCHED, efforts: [] }, thinksUnasked: true },
    source: ZAI,
  },
  {
    models: 'GLM-4 and older',
    pattern: named('glm-(?:[1-3]|4(?!\\.[1-9]))'),
    providers: ['zai', 'zhipuai'],
    abilities: { reasoning: { how: 'never' } },
    source: ZAI,
  },
];

const XAI_ROWS: readonly ModelRow[] = (
  [
    [
      'Grok 4.20 multi-agent',
      'grok-4\\.20-multi-agent',
      { how: 'effort', efforts: ['low', 'medium', 'high', 'xhigh'] },
    ],
    ['Grok without reasoning', 'grok-(?:.*non-reasoning|2|3(?!-mini))', { how: 'never' }],
    ['Grok 3 mini', 'grok-3-mini', { how: 'effort', efforts: ['low', 'high'] }],
    ['Grok 4.3', 'grok-4\\.3(?!\\d)', { how: 'effort', efforts: ['none', ...THREE] }],
    ['Grok 4.5', 'grok-4\\.5(?!\\d)', { how: 'effort', efforts: THREE }],
    ['Grok 4.6 and later', 'grok-(?:4\\.[6-9](?!\\d)|[5-9])', { how: 'effort', efforts: [...THREE, 'xhigh'] }],
    ['Grok 4, 4 fast, 4.1, 4.20, code and build', 'grok-(?:4(?![.-]?[3-9])|code|build)', { how: 'always' }],
  ] as const
).map(([models, name, reasoning]) => ({
  models,
  pattern: named(name),
  providers: ['xai'],
  abilities: { reasoning },
  source: XAI,
}));

const MISTRAL_ROWS: readonly ModelRow[] = [
  {
    models: 'Magistral',
    pattern: named('magistral'),
    providers: ['mistral'],
    abilities: { reasoning: { how: 'always' } },
    source: 'https://docs.mistral.ai/capabilities/reasoning (2026-11-28)',
  },
  {
    models: 'Mistral Small 4 and Medium 3.5',
    pattern: named('mistral-(?:small-(?:latest|26\\d\\d|4)|medium-(?:26\\d\\d|3[.-]5))'),
    providers: ['mistral'],
    abilities: { reasoning: { how: 'effort', efforts: ['none', 'high'] } },
    source: MISTRAL,
  },
  {
    models: "Mistral's other models",
    pattern: /./,
    providers: ['mistral'],
    abilities: { reasoning: { how: 'never' } },
    source: MISTRAL,
  },
];

const GROQ_ROWS: readonly ModelRow[] = [
  {
    models: 'Qwen 3 at Groq',
    pattern: named('qwen-?3'),
    providers: ['groq'],
    // `none` or `default`; the default is to think.
    abilities: { reasoning: { how: 'effort', efforts: ['none'] }, thinksUnasked: true },
    source: `${GROQ}, https://github.com/vercel/ai/pull/7731`,
  },
  {
    models: 'gpt-oss at Groq',
    pattern: named('gpt-oss'),
    providers: ['groq'],
    abilities: { reasoning: { how: 'effort', efforts: THREE } },
    source: GROQ,
  },
  {
    models: 'DeepSeek R1 and QwQ at Groq',
    pattern: named('(?:deepseek-r1|qwen-qwq|qwq)'),
    providers: ['groq'],
    abilities: { reasoning: { how: 'always' } },
    source: GROQ,
  },
  {
    models: 'Other models at Groq',
    pattern: /./,
    providers: ['groq'],
    abilities: { reasoning: { how: 'never' }, maxStopSequences: 4 },
    source: `${GROQ}, https://console.groq.com/docs/api-reference ("up to 4 sequences")`,
  },
];

/** "Maximum CoT" stands beside "Maximum response" in the tables of models, and no `max_tokens` holds it. As long as the longest answer. */
const QWEN_LIMITS = 'https://www.alibabacloud.com/help/en/model-studio/deep-thinking (2026-11-29)';
const QWEN_THOUGHTS = 131_072;

const DASHSCOPE_ROWS: readonly ModelRow[] = [
  {
    models: 'Qwen 3.8 and later',
    pattern: named('qwen(?:3\\.[89]|[4-9])'),
    providers: ['dashscope'],
    abilities: {
      reasoning: {
        how: 'effort',
        efforts: ['none', 'low', 'medium', 'xhigh'],
        spelled: { high: 'xhigh', max: 'xhigh' },
      },
      forcedTools: 'without-thinking',
      thinksUnasked: true,
      thoughtsBeside: QWEN_THOUGHTS,
    },
    source: `${DASHSCOPE}, ${QWEN_LIMITS}`,
  },
  {
    models: 'QwQ, QvQ and the thinking editions of Qwen 3',
    pattern: named('(?:qwq|qvq|qwen3.*-thinking)'),
    providers: ['dashscope'],
    abilities: {
      reasoning: { how: 'always' },
      thinksUnasked: true,
      thoughtsBeside: QWEN_THOUGHTS,
      forcedTools: 'never',
    },
    source: `${DASHSCOPE}, ${QWEN_LIMITS}`,
  },
  {
    models: 'Qwen coders, instruct editions, and Qwen 2.5 and older',
    pattern: named('qwen(?:.*(?:coder|instruct)|-?(?:1|2|long|vl|mt))'),
    providers: ['dashscope'],
    abilities: { reasoning: { how: 'never' } },
    source: DASHSCOPE,
  },
  {
    models: 'Open models of Qwen 3',
    pattern: named('qwen3(?:\\.\\d)?-\\d+b'),
    providers: ['dashscope'],
    abilities: {
      reasoning: { how: 'switch' },
      thinksUnasked: true,
      thoughtsBeside: QWEN_THOUGHTS,
      forcedTools: 'without-thinking',
    },
    source: `${DASHSCOPE}, ${QWEN_LIMITS}`,
  },
  {
    models: 'Qwen 3, plus, flash, turbo and max',
    pattern: named('qwen'),
    providers: ['dashscope'],
    abilities: { reasoning: { how: 'switch' }, thoughtsBeside: QWEN_THOUGHTS, forcedTools: 'without-thinking' },
    source: `${DASHSCOPE}, ${QWEN_LIMITS}`,
  },
];

const MINIMAX_ROWS: readonly ModelRow[] = [
  {
    models: 'MiniMax M3',
    pattern: named('minimax-m(?:[3-9])'),
    providers: ['minimax'],
    abilities: { reasoning: { how: 'type', types: ['adaptive', 'disabled'], efforts: [] } },
    source: MINIMAX,
  },
  {
    models: 'MiniMax M1 and M2',
    pattern: named('minimax-m[12]'),
    providers: ['minimax'],
    abilities: { reasoning: { how: 'always' }, thinksUnasked: true },
    source: MINIMAX,
  },
  {
    models: "MiniMax's other models",
    pattern: /./,
    providers: ['minimax'],
    abilities: { reasoning: { how: 'never' } },
    source: MINIMAX,
  },
];

/** Models of vendors other than OpenAI at the providers that have rules of their own for them. */
export const VENDOR_ROWS: readonly ModelRow[] = [
  ...DEEPSEEK_ROWS,
  ...KIMI_ROWS,
  ...ZAI_ROWS,
  ...XAI_ROWS,
  ...MISTRAL_ROWS,
  ...GROQ_ROWS,
  ...DASHSCOPE_ROWS,
  ...MINIMAX_ROWS,
  {
    models: 'Sonar reasoning and deep research',
    pattern: named('sonar-(?:reasoning|deep-research)'),
    providers: ['perplexity'],
    abilities: { reasoning: { how: 'effort', efforts: ['minimal', 'low', 'medium', 'high'] } },
    source: 'https://docs.perplexity.ai/api-reference/chat-completions-post (2026-11-28)',
  },
  {
    models: 'Sonar',
    pattern: named('sonar'),
    providers: ['perplexity'],
    abilities: { reasoning: { how: 'never' } },
    source: 'https://docs.perplexity.ai/api-reference/chat-completions-post (2026-11-28)',
  },
];
