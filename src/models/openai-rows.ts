/** The models of OpenAI, at every provider. The first row that says something of a model counts. */
import { type Effort, type ModelRow, named } from './model-abilities.ts';

const THREE: readonly Effort[] = ['low', 'medium', 'high'];
const OFF_TO_XHIGH: readonly Effort[] = ['none', 'low', 'medium', 'high', 'xhigh'];
const OFF_TO_MAX: readonly Effort[] = [...OFF_TO_XHIGH, 'max'];

/** `reasoning_effort` in OpenAI's API: which models know which words (2026-11-28). */
const EFFORTS =
  'https://developers.openai.com/api/docs/guides/reasoning and https://github.com/anomalyco/opencode/pull/26268 (2026-11-28)';
/** "Function tools with reasoning_effort are not supported … in /v1/chat/completions" (2026-11-28). */
const BESIDE_TOOLS =
  'https://github.com/openai/openai-openapi/issues/541 (without an effort), https://github.com/BerriAI/litellm/pull/34569 (from 5.6 on only `none`) (2026-11-28)';
/** "This model is only supported in v1/responses and not in v1/chat/completions." (2026-11-29). */
const RESPONSES_ONLY =
  'https://github.com/alvinunreal/tmuxai/issues/82 (codex), https://github.com/aaif-goose/goose/issues/2564 (codex-mini, o3-pro), https://github.com/theopenco/llmgateway/pull/1154 (gpt-5-pro), https://github.com/lobehub/lobehub/issues/8287 (deep research) (2026-11-29)';
const LIMITS = 'https://developers.openai.com/api/docs/models (2026-11-28)';

const fixed = { sampling: 'fixed', refusesStop: true } as const;

/** OpenAI's own models. */
export const OPENAI_ROWS: readonly ModelRow[] = [
  {
    models: 'GPT-5 chat (gpt-5-chat-latest, gpt-5.x-chat)',
    pattern: named('gpt-5(?:\\.\\d+)?-chat'),
    abilities: { reasoning: { how: 'never' }, maxOutputTokens: 16_384 },
    source: EFFORTS,
  },
  {
    models: 'GPT-5 pro',
    pattern: named('gpt-5-pro'),
    abilities: { reasoning: { how: 'effort', efforts: ['high'] }, maxOutputTokens: 272_000, ...fixed },
    source: 'https://github.com/anomalyco/models.dev/pull/331 (2026-11-28)',
  },
  {
    models: 'GPT-5.2 pro and later pro models',
    pattern: named('gpt-5\\.\\d+-pro'),
    abilities: {
      reasoning: { how: 'effort', efforts: ['medium', 'high', 'xhigh'] },
      maxOutputTokens: 128_000,
      ...fixed,
    },
    source: 'https://github.com/eyaltoledano/claude-task-master/pull/1508 (2026-11-28)',
  },
  {
    models: 'GPT-5.1 Codex mini',
    pattern: named('gpt-5\\.1-codex-mini'),
    abilities: { reasoning: { how: 'effort', efforts: ['medium', 'high'] }, maxOutputTokens: 128_000, ...fixed },
    source: 'https://github.com/ben-vargas/ai-sdk-provider-codex-cli/pull/8 (2026-11-28)',
  },
  {
    models: 'GPT-5 Codex and 5.1 Codex',
    pattern: named('gpt-5(?:\\.1)?-codex(?!-max)'),
    abilities: { reasoning: { how: 'effort', efforts: THREE }, maxOutputTokens: 128_000, ...fixed },
    source: 'https://github.com/openai/codex/issues/6647 (2026-11-28)',
  },
  {
    models: 'GPT-5.1 Codex max, 5.2 Codex and later Codex models',
    pattern: named('gpt-5\\.\\d+-codex'),
    abilities: {
      reasoning: { how: 'effort', efforts: ['low', 'medium', 'high', 'xhigh'] },
      maxOutputTokens: 128_000,
      ...fixed,
    },
    source: EFFORTS,
  },
  {
    models: 'GPT-5 (mini and nano too)',
    pattern: named('gpt-5(?![.\\d])'),
    abilities: {
      reasoning: { how: 'effort', efforts: ['minimal', 'low', 'medium', 'high'] },
      maxOutputTokens: 128_000,
      ...fixed,
    },
    source: EFFORTS,
  },
  {
    models: 'GPT-5.1',
    pattern: named('gpt-5\\.1'),
    abilities: { reasoning: { how: 'effort', efforts: ['none', ...THREE] }, maxOutputTokens: 128_000 },
    source: EFFORTS,
  },
  {
    models: 'GPT-5.2 and 5.3',
    pattern: named('gpt-5\\.[23]'),
    abilities: { reasoning: { how: 'effort', efforts: OFF_TO_XHIGH }, maxOutputTokens: 128_000 },
    source: EFFORTS,
  },
  {
    models: 'GPT-5.4 and 5.5',
    pattern: named('gpt-5\\.[45]'),
    abilities: { reasoning: { how: 'effort', efforts: OFF_TO_XHIGH, besideTools: 'absent' }, maxOutputTokens: 128_000 },
    source: BESIDE_TOOLS,
  },
  {
    models: 'GPT-5.6 and later',
    pattern: named('gpt-5\\.(?:[6-9]|\\d\\d)'),
    abilities: {
      reasoning: { how: 'effort', efforts: OFF_TO_MAX, besideTools: 'none' },
      maxOutputTokens: 128_000,
      ...fixed,
    },
    source: `https://github.com/anomalyco/opencode/issues/36141 (\`max\`); ${BESIDE_TOOLS}`,
  },
  {
    models: 'GPT-6 and later, taken to be like 5.6',
    pattern: named('gpt-(?:[6-9]|\\d\\d)'),
    abilities: { reasoning: { how: 'effort', efforts: OFF_TO_MAX, besideTools: 'none' }, ...fixed },
    source: BESIDE_TOOLS,
  },
  {
    models: 'o1-mini and o1-preview',
    pattern: named('o1-(?:mini|preview)'),
    abilities: { reasoning: { how: 'always' }, maxOutputTokens: 65_536, sampling: 'fixed' },
    source: LIMITS,
  },
  {
    models: 'o1 and o3-mini',
    pattern: named('(?:o1|o3-mini)(?![a-z0-9])'),
    abilities: { reasoning: { how: 'effort', efforts: THREE }, maxOutputTokens: 100_000, sampling: 'fixed' },
    source: EFFORTS,
  },
  {
    models: 'o3 and o4-mini',
    pattern: named('o[34](?:-(?:mini|pro|deep-research))?(?![a-z0-9])'),
    abilities: { reasoning: { how: 'effort', efforts: THREE }, maxOutputTokens: 100_000, ...fixed },
    source: EFFORTS,
  },
  {
    models: 'gpt-oss',
    pattern: named('gpt-oss'),
    abilities: { reasoning: { how: 'effort', efforts: THREE } },
    source:
      'https://github.com/BerriAI/litellm/pull/38263 and https://github.com/BerriAI/litellm/issues/34574 (2026-11-28)',
  },
  ...(
    [
      ['GPT-4o of May 2024 and chatgpt-4o-latest', '(?:gpt-4o-2024-05-13|chatgpt-4o-latest)', 4_096],
      ['GPT-4o (mini too)', 'gpt-4o', 16_384],
      ['GPT-4.5', 'gpt-4\\.5', 16_384],
      ['GPT-4.1 (mini and nano too)', 'gpt-4\\.1', 32_768],
      ['GPT-4 turbo', 'gpt-4-(?:turbo|1106|0125|vision)', 4_096],
      ['GPT-4', 'gpt-4(?![.\\w])', 8_192],
      ['GPT-3.5', 'gpt-3\\.5', 4_096],
    ] as const
  ).map(
    ([models, name, maxOutputTokens]): ModelRow => ({
      models,
      pattern: named(name),
      abilities: { reasoning: { how: 'never' }, maxOutputTokens },
      source: LIMITS,
    }),
  ),
  {
    models: 'GPT-5 Codex and 5.1 Codex, max and mini too',
    pattern: named('gpt-5(?:\\.1)?-codex'),
    abilities: { verbosity: 'fixed' },
    source:
      'https://github.com/openai/codex/issues/9035 ("Supported values are: \'medium\'") and https://github.com/BerriAI/litellm/pull/16735 (2026-11-29)',
  },
  {
    models: 'Codex, pro and deep-research models at OpenAI and Azure',
    pattern: named('(?:gpt-5(?:\\.\\d+)?-(?:codex|pro)|codex-mini|o[13]-pro|o\\d(?:-mini)?-deep-research)'),
    providers: ['openai', 'azure'],
    abilities: { responsesOnly: true },
    source: RESPONSES_ONLY,
  },
  {
    models: "OpenAI's models at OpenAI and Azure",
    pattern: named('(?:chatgpt-|gpt-(?!oss)|o\\d(?![a-z0-9]))'),
    providers: ['openai', 'azure'],
    abilities: { maxStopSequences: 4, strictSchemas: 'closed-and-required' },
    source:
      'https://developers.openai.com/api/reference/resources/chat ("up to 4 sequences") and https://developers.openai.com/api/docs/guides/structured-outputs ("all fields must be required", "additionalProperties: false") (2026-11-28)',
  },
];
