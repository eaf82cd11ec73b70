/** How long the answers of Claude models can be, by parts of their names: Anthropic refuses a request for more. */
import type { ModelRow } from './model-abilities.ts';

const LIMITS =
  'https://platform.claude.com/docs/en/models and https://platform.claude.com/docs/en/about-claude/model-deprecations (2026-11-23)';

/** The rows of Claude. What else differs between its models is in `claude-models.ts`. */
export const CLAUDE_ROWS: readonly ModelRow[] = (
  [
    ['Claude 2 and Instant', /claude-(?:2|instant)/, 4_096],
    ['Claude 3', /claude-3-(?:opus|sonnet|haiku)/, 4_096],
    ['Claude 3.5', /claude-3[-.]5/, 8_192],
    ['Claude 3.7', /claude-3[-.]7/, 64_000],
    ['Claude Sonnet 4 to 4.6', /claude-(?:sonnet-4|4-sonnet)/, 64_000],
    ['Claude Haiku 4.5', /claude-haiku-4/, 64_000],
    ['Claude Opus 4.5', /claude-opus-4[-.]5/, 64_000],
    ['Claude Opus 4.6 to 4.9', /claude-opus-4[-.][6-9]/, 128_000],
    ['Claude Opus 4 and 4.1', /claude-(?:opus-4|4-opus)/, 32_000],
    ['Claude 5 and later', /claude-(?:opus|sonnet|haiku|fable|mythos)-[5-9]/, 128_000],
  ] as const
).map(([models, pattern, maxOutputTokens]) => ({ models, pattern, abilities: { maxOutputTokens }, source: LIMITS }));
