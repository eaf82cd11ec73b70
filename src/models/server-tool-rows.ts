/** Which models search the web or run code when a request asks for it, and in which words. The first row that says something of a model counts. */
import { type ModelRow, named } from './model-abilities.ts';

/** "Hosted tool 'web_search_preview' is not supported with …" (2026-11-29). */
const OPENAI =
  'https://developers.openai.com/api/docs/guides/tools-web-search (not GPT-4.1 nano, not with minimal reasoning) and https://github.com/QuantumNous/new-api/issues/1586 (the words of the refusal) (2026-11-29)';

/** Models whose providers run tools for them. */
export const SERVER_TOOL_ROWS: readonly ModelRow[] = [
  {
    models: 'Everything at OpenRouter',
    pattern: /./,
    providers: ['openrouter'],
    abilities: { webSearch: 'server-tool' },
    source: 'https://openrouter.ai/docs/guides/features/server-tools/web-search (2026-11-29)',
  },
  {
    models: 'GLM at its maker',
    pattern: named('glm-(?:4(?!v|\\.\\dv)|[5-9])'),
    providers: ['zai'],
    abilities: { webSearch: 'typed-tool' },
    source: 'https://docs.z.ai/guides/tools/web-search (2026-11-29)',
  },
  {
    models: 'Sonar, which always searches',
    pattern: /sonar/,
    providers: ['perplexity'],
    abilities: { webSearch: 'options' },
    source: 'https://docs.perplexity.ai/api-reference/chat-completions-post (2026-11-29)',
  },
  {
    models: 'GPT-4o search, GPT-5 search',
    pattern: named('gpt-[\\w.]+(?:-mini)?-search-(?:preview|api)'),
    providers: ['openai', 'azure'],
    abilities: { webSearch: 'options' },
    source: OPENAI,
  },
  {
    models: 'GPT-4o, 4.1 (mini too), 5 and later, o3 and o4-mini at OpenAI',
    pattern: named(
      '(?:gpt-4o(?!.*(?:audio|realtime|transcribe|tts|search))|gpt-4\\.1(?!-nano)|gpt-(?:[5-9]|\\d\\d)(?!.*(?:chat|search))|o3(?!-mini)|o4-mini)',
    ),
    providers: ['openai'],
    abilities: { webSearch: 'tool' },
    source: OPENAI,
  },
  {
    models: 'Claude 3.5 v2, Haiku 3.5, 3.7, 4 and later at Anthropic',
    pattern:
      /claude-(?:3-5-(?:sonnet-(?:2024102|latest)|haiku)|3-7|(?:opus|sonnet|haiku|fable|mythos)-(?:[4-9]|preview))/,
    providers: ['anthropic'],
    abilities: { webSearch: 'tool' },
    source: 'https://docs.anthropic.com/en/docs/build-with-claude/tool-use/web-search-tool (2026-11-29)',
  },
  {
    models: 'Gemini 2.0 and later at Google',
    pattern: /gemini-(?!.*(?:2\.0-flash-lite|image|tts|live|audio|embedding|computer-use))(?:[2-9]|\d\d|pro|flash)/,
    providers: ['gemini'],
    abilities: { webSearch: 'tool' },
    source: 'https://ai.google.dev/gemini-api/docs/google-search (2026-11-29)',
  },
  {
    models: 'GPT-4o, 4.1, 5 and later, o3 and o4-mini at OpenAI',
    pattern: named(
      '(?:gpt-4o(?!.*(?:audio|realtime|transcribe|tts|search))|gpt-4\\.1|gpt-(?:[5-9]|\\d\\d)(?!.*(?:chat|search))|o3(?!-mini)|o4-mini)',
    ),
    providers: ['openai'],
    abilities: { codeExecution: true },
    source: 'https://developers.openai.com/api/docs/guides/tools-code-interpreter (2026-11-29)',
  },
  {
    models: 'Claude 4.5 and later at Anthropic',
    pattern: /claude-(?:(?:opus|sonnet|haiku)-(?:4-[5-9]|[5-9])|fable|mythos)/,
    providers: ['anthropic'],
    abilities: { codeExecution: true },
    source: 'https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool (2026-11-29)',
  },
  {
    models: 'Gemini 2.0 and later at Google',
    pattern: /gemini-(?!.*(?:2\.0-flash-lite|image|tts|live|audio|embedding|computer-use))(?:[2-9]|\d\d|pro|flash)/,
    providers: ['gemini'],
    abilities: { codeExecution: true },
    source: 'https://ai.google.dev/gemini-api/docs/code-execution (2026-11-29)',
  },
];
