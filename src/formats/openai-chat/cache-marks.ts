import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { CacheMark } from '../neutral/conversation.ts';
import { isClaudeModel, isGeminiModel, isOpenAiModel, takesCacheBreakpoints } from './model-names.ts';

/**
 * Reads a cache mark: `cache_control` as LiteLLM, OpenRouter and DashScope take it, or OpenAI's `prompt_cache_breakpoint`.
 * An unknown lifetime becomes the default: a mark never fails a request.
 */
export function readCacheMark(holder: JsonObject): CacheMark | undefined {
  const control = holder.cache_control;
  if (isJsonObject(control)) {
    return control.ttl === '5m' || control.ttl === '1h' ? { ttl: control.ttl } : {};
  }
  return isJsonObject(holder.prompt_cache_breakpoint) ? {} : undefined;
}

/** How cache marks are written for a model: `cache_control`, OpenAI's breakpoints, or not at all. */
export type CacheMarkStyle = 'cache-control' | 'breakpoint' | 'none';

/**
 * Chooses how to write marks. OpenAI caches by itself and refuses unknown members of a part; from gpt-5.6 on it takes
 * breakpoints (OpenAI's OpenAPI, 2026-08). Other servers get `cache_control` if the client wrote this format itself, or
 * if the model is known to use it (Claude, Gemini and Qwen behind OpenRouter, LiteLLM or DashScope).
 */
export function cacheMarkStyle(model: string, clientSpeaksOpenAi: boolean): CacheMarkStyle {
  if (takesCacheBreakpoints(model)) return 'breakpoint';
  if (isOpenAiModel(model)) return 'none';
  return clientSpeaksOpenAi || isClaudeModel(model) || isGeminiModel(model) || /qwen/i.test(model)
    ? 'cache-control'
    : 'none';
}

/** The `cache_control` value of a mark. */
export function writeCacheControl(mark: CacheMark): JsonValue {
  return mark.ttl === undefined ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: mark.ttl };
}
