/** Reads how answers are cached: `litellm_settings.cache`, `cache_params`, and the names of the guide. */
import { defined } from '../core/defined.ts';
import type { MapNode } from './config-node.ts';
import type { CacheConfig, RedisConfig } from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import { isCacheOn } from './redis-of-cache.ts';
import { Section } from './section.ts';
import { readSemantic } from './semantic-cache.ts';
import { CACHE_PARAMS } from './settings/cache-params.ts';
import type { LITELLM_SETTINGS } from './settings/litellm-settings.ts';

/** LiteLLM keeps an answer for a minute if nothing says otherwise (`default_ttl` of its caches, 2026-11-29). */
const TTL_MS = 60_000;
const KIBIBYTE = 1_024;
const MEBIBYTE = 1_048_576;

/** LiteLLM's kinds of calls by the operation that they are here; the `a` of its asynchronous ones makes no difference. */
const OPERATION_OF: ReadonlyMap<string, string> = new Map([
  ['completion', 'chat'],
  ['anthropic_messages', 'chat'],
  ['generate_content', 'chat'],
  ['text_completion', 'completion'],
  ['embedding', 'embedding'],
  ['responses', 'response'],
]);

/** How answers are cached; undefined if they are not. `redis`: where the Redis of the cache is, if it has one. */
export function readCache(
  litellm: Section<typeof LITELLM_SETTINGS>,
  redis: RedisConfig | undefined,
  context: ReadingContext,
): CacheConfig | undefined {
  if (!isCacheOn(litellm) || litellm.get('cache_system_prompt_only') === true) return undefined;
  const params = litellm.map('cache_params');
  const older = litellm.map('cache');
  const merged: MapNode | undefined =
    params === undefined ? older : { ...params, entries: new Map([...(older?.entries ?? []), ...params.entries]) };
  const section = new Section(
    merged,
    CACHE_PARAMS,
    { path: 'litellm_settings.cache_params', isChecked: true },
    context,
  );
  const fields = section.fields();
  if (fields.isPromptOnly) return undefined;
  const type = section.get('type');
  const isInRedis = redis !== undefined && type !== 'local';
  const ofPlace = isInRedis ? fields.redisTtlMs : fields.memoryTtlMs;
  return {
    ...(isInRedis && { redis }),
    ...(fields.scope !== undefined && { scope: fields.scope }),
    namespace: fields.namespace ?? '',
    ttlMs: fields.ttlMs ?? ofPlace ?? litellm.get('cache_ttl') ?? TTL_MS,
    longestTtlMs: fields.longestTtlMs,
    largestBytes: fields.largestKib * KIBIBYTE,
    memoryBytes: fields.memoryMib * MEBIBYTE,
    isOnByDefault: fields.mode === 'default_on',
    keepsToolCalls: fields.keepsToolCalls,
    joinsRequests: fields.joinsRequests,
    isEncrypted: fields.isEncrypted,
    operations: operationsOf(fields.callTypes),
    ...defined({ semantic: readSemantic(section, isInRedis, context) }),
  };
}

function operationsOf(callTypes: readonly string[] | undefined): ReadonlySet<string> {
  if (callTypes === undefined) return new Set(OPERATION_OF.values());
  return new Set(callTypes.flatMap((type) => OPERATION_OF.get(type) ?? OPERATION_OF.get(type.slice(1)) ?? []));
}
