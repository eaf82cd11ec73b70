/**
 * What prompts of which models are cached, as their providers say. This is the simulator's own knowledge: it is not taken from the gateway,
 * so that the two can disagree. Sources, read 2026-11-29: https://platform.claude.com/docs/en/build-with-claude/prompt-caching,
 * https://developers.openai.com/api/docs/guides/prompt-caching, https://api-docs.deepseek.com/guides/kv_cache,
 * https://docs.z.ai/guides/capabilities/cache, https://ai.google.dev/gemini-api/docs/caching.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long an entry lives after its last use. */
export const LIFE_MS = { '5m': 5 * MINUTE_MS, '30m': 30 * MINUTE_MS, '1h': HOUR_MS } as const;

/** The shortest prompt that Claude caches. */
export function leastForClaude(model: string): number {
  if (/(?:opus-4-[56]|haiku-4-5)/.test(model)) return 4_096;
  if (/(?:opus-4-7|haiku-3|3-haiku|3-5-haiku)/.test(model)) return 2_048;
  return /claude-(?:fable|mythos|opus-[5-9]|haiku-[5-9]|sonnet-5-[5-9]|sonnet-[6-9])/.test(model) ? 512 : 1_024;
}

/** How a provider caches by itself: whole blocks of so many tokens, none below the least. */
export interface AutomaticFacts {
  readonly block: number;
  readonly least: number;
  readonly lifeMs: number;
}

/** OpenAI's models before 5.6. */
export const OPENAI_AUTOMATIC: AutomaticFacts = { block: 128, least: 1_024, lifeMs: LIFE_MS['5m'] };
/** The same for a request that asks for a day. */
export const OPENAI_DAY: AutomaticFacts = { ...OPENAI_AUTOMATIC, lifeMs: 24 * HOUR_MS };
/** DeepSeek keeps prompts on disk, "a few hours to a few days". */
export const DEEPSEEK_AUTOMATIC: AutomaticFacts = { block: 64, least: 64, lifeMs: 2 * HOUR_MS };

/** Gemini's models, which cache by themselves. */
export function geminiAutomatic(model: string): AutomaticFacts {
  const least = /gemini-[3-9]/.test(model) ? 4_096 : /2\.5-pro/.test(model) ? 2_048 : 1_024;
  return { block: 64, least, lifeMs: LIFE_MS['5m'] };
}

/** Whether a model of OpenAI's caches at breakpoints only, and bills what it writes. */
export function cachesAtBreakpoints(model: string): boolean {
  const version = /^gpt-(\d+)(?:\.(\d+))?/.exec(model);
  if (version === null) return false;
  const [major, minor] = [Number(version[1]), Number(version[2] ?? 0)];
  return major > 5 || (major === 5 && minor >= 6);
}
