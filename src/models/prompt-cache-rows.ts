/**
 * How providers keep the beginnings of prompts: least lengths, prices, lives, marks. It stands in the table of models and not beside the prices,
 * because most of it says what may be written into a request, and it hangs on the same names; the prices here only fill the gaps of the
 * list of prices. The first row that matches counts.
 */
import { type ModelRow, named, type PromptCacheFacts } from './model-abilities.ts';

/** "Writes 1.25× for 5 minutes, 2× for an hour, reads 0.1×; up to 4 breakpoints; up to 20 blocks are checked before each" */
const ANTHROPIC =
  'https://platform.claude.com/docs/en/build-with-claude/prompt-caching and https://platform.claude.com/docs/en/about-claude/pricing (2026-11-29)';
const CLAUDE: Omit<PromptCacheFacts, 'leastTokens'> = {
  how: 'marks',
  write: 1.25,
  writeOneHour: 2,
  read: 0.1,
  lifeMinutes: 5,
  mostMarks: 4,
  lookBackBlocks: 20,
};

const LEAST_FOR_CLAUDE: readonly (readonly [models: string, pattern: RegExp, leastTokens: number])[] = [
  ['Claude Opus 4.5 and 4.6, Haiku 4.5', /claude-(?:opus-4[-.][56]|haiku-4[-.]5|4[-.]5-(?:opus|haiku))/, 4_096],
  ['Claude Opus 4.7, Mythos Preview', /claude-(?:opus-4[-.]7|mythos-preview)/, 2_048],
  ['Claude Haiku 3 and 3.5', /claude-3(?:[-.]5)?-haiku/, 2_048],
  ['Claude Sonnet 5', /claude-sonnet-5(?![-.]\d(?!\d))/, 1_024],
  [
    'Claude Opus 5, Haiku 5, Sonnet 5.5, Fable, Mythos, and later',
    /claude-(?:(?:opus|sonnet|haiku)-[5-9]|fable|mythos)/,
    512,
  ],
  ['Claude Sonnet 3.7 to 4.6, Opus 3 to 4.1 and 4.8', /claude/, 1_024],
];

/** What is known of prompt caches. */
export const PROMPT_CACHE_ROWS: readonly ModelRow[] = [
  ...LEAST_FOR_CLAUDE.map(([models, pattern, leastTokens]) => ({
    models,
    pattern,
    abilities: { promptCache: { ...CLAUDE, leastTokens } },
    source: ANTHROPIC,
  })),
  {
    models: 'GPT-5.6 and later',
    pattern: named('gpt-(?:5\\.(?:[6-9]|\\d\\d)|[6-9])'),
    providers: ['openai', 'azure'],
    abilities: {
      promptCache: {
        how: 'breakpoints',
        leastTokens: 1_024,
        write: 1.25,
        read: 0.1,
        lifeMinutes: 30,
        mostMarks: 4,
        salt: 'prompt_cache_key',
      },
    },
    source:
      'https://developers.openai.com/api/docs/guides/prompt-caching and `PromptCacheOptionsParam` of https://github.com/openai/openai-openapi (2026-11-29)',
  },
  {
    models: 'GPT-4o to 5.5, o1 and later',
    pattern: named('(?:gpt-(?:4o|4\\.|5)|o\\d|chatgpt|codex)'),
    providers: ['openai', 'azure'],
    abilities: {
      promptCache: {
        how: 'automatic',
        leastTokens: 1_024,
        write: 1,
        read: 0.1,
        lifeMinutes: 5,
        salt: 'prompt_cache_key',
      },
    },
    source:
      'https://developers.openai.com/api/docs/guides/prompt-caching: in steps of 128 tokens, "5 to 10 minutes of inactivity" (2026-11-29)',
  },
  {
    models: 'DeepSeek at its maker',
    pattern: /deepseek/,
    providers: ['deepseek'],
    abilities: { promptCache: { how: 'automatic', leastTokens: 64, write: 1, read: 0.1, lifeMinutes: 120 } },
    source: 'https://api-docs.deepseek.com/guides/kv_cache: on disk, for hours to days (2026-11-29)',
  },
  {
    models: 'GLM at its maker',
    pattern: named('glm-[45]'),
    providers: ['zai'],
    abilities: { promptCache: { how: 'automatic', leastTokens: 1_024, write: 1, read: 0.2, lifeMinutes: 5 } },
    source:
      'https://docs.z.ai/guides/capabilities/cache and https://docs.z.ai/guides/overview/pricing; neither the least nor a life is stated, so the usual ones are taken (2026-11-29)',
  },
  {
    models: 'Qwen at Alibaba',
    pattern: /qwen/,
    providers: ['dashscope'],
    abilities: {
      promptCache: {
        how: 'marks',
        leastTokens: 1_024,
        write: 1.25,
        read: 0.1,
        lifeMinutes: 5,
        mostMarks: 4,
        lookBackBlocks: 20,
      },
    },
    source: 'https://www.alibabacloud.com/help/en/model-studio/context-cache, "Explicit cache" (2026-11-29)',
  },
  {
    models: 'Gemini 2.5 Pro',
    pattern: /gemini-2\.5-pro/,
    providers: ['gemini'],
    abilities: { promptCache: { how: 'automatic', leastTokens: 2_048, write: 1, read: 0.1, lifeMinutes: 5 } },
    source: 'https://ai.google.dev/gemini-api/docs/caching, "Implicit caching"; a life is not stated (2026-11-29)',
  },
  {
    models: 'Gemini 3 and later',
    pattern: /gemini-(?:[3-9]|(?:flash|pro)-latest)/,
    providers: ['gemini'],
    abilities: { promptCache: { how: 'automatic', leastTokens: 4_096, write: 1, read: 0.1, lifeMinutes: 5 } },
    source: 'https://ai.google.dev/gemini-api/docs/caching, "Implicit caching"; a life is not stated (2026-11-29)',
  },
  {
    models: 'Gemini 2.5',
    pattern: /gemini-2\.5/,
    providers: ['gemini'],
    abilities: { promptCache: { how: 'automatic', leastTokens: 1_024, write: 1, read: 0.1, lifeMinutes: 5 } },
    source: 'https://ai.google.dev/gemini-api/docs/caching, "Implicit caching"; a life is not stated (2026-11-29)',
  },
  {
    models: 'Everything that vLLM serves',
    pattern: /./,
    providers: ['hosted_vllm'],
    abilities: {
      promptCache: { how: 'automatic', leastTokens: 16, write: 1, read: 1, lifeMinutes: 5, salt: 'cache_salt' },
    },
    source:
      'https://docs.vllm.ai/en/latest/design/prefix_caching.html: blocks of 16 tokens, kept while there is room; `cache_salt` (2026-11-29)',
  },
];
