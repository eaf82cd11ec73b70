/**
 * The guide's dialect (litellm-gateway-guide): settings it names differently from LiteLLM, read into the same places. A
 * LiteLLM-named setting wins where a file has both.
 */
import type { JsonObject } from '../../core/json.ts';
import type { Section } from '../section.ts';

/** Cache settings under LiteLLM's names; undefined when caching is off. */
export function cacheSettings(litellm: Section): JsonObject | undefined {
  const guideMap = litellm.map('cache');
  const isOn = litellm.flag('enable_cache') ?? (guideMap !== undefined || litellm.json('cache') === true);
  if (!isOn) return undefined;
  const ttl = litellm.number('cache_ttl');
  const systemPromptOnly = litellm.flag('cache_system_prompt_only');
  return {
    ...guideMap,
    ...(ttl === undefined ? {} : { ttl }),
    ...(systemPromptOnly === undefined ? {} : { cache_system_prompt_only: systemPromptOnly }),
    ...litellm.map('cache_params'),
  };
}

const LEVELS: Readonly<Record<string, string>> = { warning: 'warn', critical: 'fatal' };
const FORMATS: Readonly<Record<string, string>> = { console: 'text', pretty: 'text', plain: 'text' };

/** The log level word in our spelling. */
export function logLevelWord(written: string): string {
  return LEVELS[written] ?? written;
}

/** The log format word in our spelling. */
export function logFormatWord(written: string): string {
  return FORMATS[written] ?? written;
}
