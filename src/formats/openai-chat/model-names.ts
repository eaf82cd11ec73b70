/**
 * What a model's name alone says about the dialect to write. OpenAI's own models take words that other servers
 * of this format refuse (`developer`, `max_completion_tokens`, `allowed_tools`), and refuse fields that others know.
 */

// Names of https://platform.openai.com/docs/models, 2026-08. gpt-oss is an open model that anybody serves.
const OPENAI_OWN = /^(?:ft:)?(?:gpt-(?!oss)|chatgpt-|o\d|codex-|computer-use-)/;

/** Whether this is one of OpenAI's own models under OpenAI's own name. */
export function isOpenAiModel(model: string): boolean {
  return OPENAI_OWN.test(model);
}

/** Whether the model takes `prompt_cache_breakpoint` on content parts: gpt-5.6 and later (OpenAI's OpenAPI, 2026-08). */
export function takesCacheBreakpoints(model: string): boolean {
  const version = /^(?:ft:)?gpt-(\d+)(?:\.(\d+))?/.exec(model);
  if (version === null) return false;
  const major = Number(version[1]);
  return major > 5 ? major < 100 : major === 5 && Number(version[2] ?? 0) >= 6;
}

/** Whether a Claude model answers behind an OpenAI-like server (OpenRouter, a LiteLLM proxy): it takes marks and signatures. */
export function isClaudeModel(model: string): boolean {
  return /claude/i.test(model);
}

/** Whether a Gemini model answers behind an OpenAI-like server (Google's own compatible endpoint, OpenRouter). */
export function isGeminiModel(model: string): boolean {
  return /gemini/i.test(model);
}

/** Whether the model goes by OpenRouter's name for a Claude model, which takes `reasoning_details`. */
export function isOpenRouterClaude(model: string): boolean {
  return /^~?anthropic\//.test(model);
}
