/** How much well-known models can write, if neither the configuration nor the price list says so. */

/**
 * The longest answers of Claude models, by parts of their names; the first match counts. Anthropic refuses a request
 * without `max_tokens`, and one with more than the model can write. https://platform.claude.com/docs/en/models and
 * https://platform.claude.com/docs/en/about-claude/model-deprecations (2026-11-23). A Claude model that is newer than
 * this table gets what every model since 2025-10 can write.
 */
const CLAUDE_OUTPUT_LIMITS: readonly (readonly [pattern: RegExp, tokens: number])[] = [
  [/claude-(?:2|instant)/, 4_096],
  [/claude-3-(?:opus|sonnet|haiku)/, 4_096],
  [/claude-3[-.]5/, 8_192],
  [/claude-3[-.]7/, 64_000],
  [/claude-(?:sonnet-4|4-sonnet)/, 64_000],
  [/claude-haiku-4/, 64_000],
  [/claude-opus-4[-.]5/, 64_000],
  [/claude-opus-4[-.][6-9]/, 128_000],
  [/claude-(?:opus-4|4-opus)/, 32_000],
  [/claude-(?:opus|sonnet|fable|mythos)-[5-9]/, 128_000],
  [/claude-/, 64_000],
];

/**
 * The same for other well-known models. OpenAI: https://platform.openai.com/docs/models; DeepSeek:
 * https://api-docs.deepseek.com/quick_start/pricing; Gemini: https://ai.google.dev/gemini-api/docs/models; GLM:
 * https://docs.z.ai/guides/llm; Groq: https://console.groq.com/docs/models (all 2026-11-27). Providers refuse a limit
 * above what a model can write, so this table has no guesses.
 */
const OUTPUT_LIMITS: readonly (readonly [pattern: RegExp, tokens: number])[] = [
  [/^chatgpt-4o-latest/, 4_096],
  [/^gpt-5(?:\.\d+)?-chat/, 16_384],
  [/^gpt-5/, 128_000],
  [/^(?:o[134]|codex-mini)(?:-|$)/, 100_000],
  [/^gpt-4\.1/, 32_768],
  [/^gpt-4o-2024-05-13/, 4_096],
  [/^gpt-4o/, 16_384],
  [/^gpt-(?:4|3\.5)/, 4_096],
  [/^deepseek-reasoner/, 65_536],
  [/^deepseek-(?:chat|v3)/, 8_192],
  [/^gemini-(?:1\.|2\.0)/, 8_192],
  [/^gemini-(?:2\.5|3|flash|pro)/, 65_535],
  [/^glm-4\.5/, 32_000],
  [/^glm-(?:4\.[67]|5)/, 128_000],
  [/^glm-4/, 4_096],
  [/^llama-3\.1-8b-instant/, 8_192],
  [/^llama-3\.3-70b-versatile/, 32_768],
];

/** The longest answer of a well-known model, in tokens; undefined if it is unknown. */
export function knownMaxOutputTokens(model: string): number | undefined {
  const name = model.toLowerCase();
  const claude = CLAUDE_OUTPUT_LIMITS.find(([pattern]) => pattern.test(name))?.[1];
  if (claude !== undefined) return claude;
  // `openai/gpt-4o`, `accounts/x/models/deepseek-v3`: the model's name comes last.
  const last = name.slice(name.lastIndexOf('/') + 1);
  return OUTPUT_LIMITS.find(([pattern]) => pattern.test(last))?.[1];
}
