/** How much a model can write, where no configuration says it and the price list does not know it. */

/**
 * Claude models' largest answers, by the beginning of their names; the first that matches counts. Anthropic refuses a request
 * without `max_tokens`, and one with more than the model can write.
 * https://platform.claude.com/docs/en/models and https://platform.claude.com/docs/en/about-claude/model-deprecations (2026-11-23).
 * A Claude model that is newer than this table gets what every model since 2025-10 can write.
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

/** The largest answer a well-known model can write, in tokens; undefined where it is not known. */
export function knownMaxOutputTokens(model: string): number | undefined {
  const name = model.toLowerCase();
  return CLAUDE_OUTPUT_LIMITS.find(([pattern]) => pattern.test(name))?.[1];
}
