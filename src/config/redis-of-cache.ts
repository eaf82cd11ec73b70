/** Reads LiteLLM's `coordination_redis`, or its `cache_params` of type redis, as the Redis in which instances count together. */
import { type MapEntry, type MapNode, textOf } from './config-node.ts';
import type { ReadingContext } from './reading-context.ts';
import { Section } from './section.ts';
import { COORDINATION_REDIS } from './settings/cache-params.ts';
import type { GENERAL_SETTINGS } from './settings/general-settings.ts';
import type { LITELLM_SETTINGS } from './settings/litellm-settings.ts';
import { ROUTER_SETTINGS } from './settings/router-settings.ts';

/** Settings under the names of `router_settings.redis_…`, wherever the file has them. */
export type RedisSection = Section<typeof ROUTER_SETTINGS>;

const CACHE_PATH = 'litellm_settings.cache_params';
const COORDINATION_PATH = 'general_settings.coordination_redis';

/** What names a Redis in `cache_params`. */
const ADDRESSES = ['host', 'url', 'redis_startup_nodes', 'sentinel_nodes'] as const;

/** What `cache_params` and `coordination_redis` call the settings of a Redis. */
const NAMES: ReadonlyMap<string, keyof typeof ROUTER_SETTINGS> = new Map([
  ['host', 'redis_host'],
  ['port', 'redis_port'],
  ['username', 'redis_username'],
  ['password', 'redis_password'],
  ['db', 'redis_db'],
  ['url', 'redis_url'],
  ['ssl', 'redis_ssl'],
  ['ssl_cert_reqs', 'redis_ssl_cert_reqs'],
  ['ssl_check_hostname', 'redis_ssl_check_hostname'],
  ['ssl_ca_certs', 'redis_ssl_ca_certs'],
  ['gcp_ssl_ca_certs', 'redis_ssl_ca_certs'],
  ['ssl_certfile', 'redis_ssl_certfile'],
  ['ssl_keyfile', 'redis_ssl_keyfile'],
  ['redis_startup_nodes', 'redis_startup_nodes'],
  ['startup_nodes', 'redis_startup_nodes'],
  ['sentinel_nodes', 'redis_sentinel_nodes'],
  ['service_name', 'redis_service_name'],
  ['sentinel_password', 'redis_sentinel_password'],
]);

/** The name of a setting as the file has it. */
export function settingName({ path }: RedisSection, name: keyof typeof ROUTER_SETTINGS): string {
  if (path !== CACHE_PATH && path !== COORDINATION_PATH) return `${path}.${name}`;
  if (path === COORDINATION_PATH && name === 'redis_startup_nodes') return `${path}.startup_nodes`;
  const [written = name] = [...NAMES].find(([, meant]) => meant === name) ?? [];
  return `${path}.${written}`;
}

/** The words of LiteLLM and of Python for certificates that are not checked. */
const UNCHECKED = /^(?:none|cert_none|false|0)$/i;

/** Whether answers are to be cached, and so whether the Redis of the cache is in use. */
export function isCacheOn(litellm: Section<typeof LITELLM_SETTINGS>): boolean {
  return litellm.get('enable_cache') ?? (litellm.map('cache') !== undefined || litellm.json('cache') === true);
}

/**
 * The Redis of the cache, if the cache is on and in Redis; undefined otherwise. LiteLLM counts limits in it, so a configuration
 * for several of its instances may name no other (`redis_usage_cache` in its proxy_server.py, 2026-11-29).
 */
export function redisOfCache(
  litellm: Section<typeof LITELLM_SETTINGS>,
  context: ReadingContext,
): RedisSection | undefined {
  const node = litellm.map('cache_params') ?? litellm.map('cache');
  const place = litellm.placeOf('cache_params') ?? litellm.placeOf('cache');
  if (!isCacheOn(litellm) || place === undefined) return undefined;
  const type = textOf(node?.entries.get('type')?.value);
  const isInRedis = type === undefined || /^(?:redis|(?:redis|valkey)-semantic)$/.test(type);
  // With Qdrant answers may be in a Redis, and need not.
  const isBesideQdrant = type === 'qdrant-semantic' && ADDRESSES.some((name) => node?.entries.has(name));
  if (!isInRedis && !isBesideQdrant) return undefined;
  const inRouterWords: MapNode = { ...place, kind: 'map', entries: entriesOf(node) };
  return new Section(inRouterWords, ROUTER_SETTINGS, { path: CACHE_PATH, isChecked: true }, context);
}

/**
 * The Redis that LiteLLM names for counting alone, before those of the router and of the cache; undefined if the file names none.
 * https://docs.litellm.ai/docs/proxy/coordination_redis (2026-11-29).
 */
export function coordinationRedis(
  general: Section<typeof GENERAL_SETTINGS>,
  context: ReadingContext,
): RedisSection | undefined {
  const node = general.map('coordination_redis');
  if (node === undefined) return undefined;
  // Types and names are checked under the names that the file has; with a part of the address missing, instances would count alone.
  const options = { path: COORDINATION_PATH, unsetIsError: () => true };
  new Section(node, COORDINATION_REDIS, options, context);
  const inRouterWords: MapNode = { ...node, entries: entriesOf(node) };
  return new Section(inRouterWords, ROUTER_SETTINGS, { path: COORDINATION_PATH, isChecked: true }, context);
}

function entriesOf(node: MapNode | undefined): Map<string, MapEntry> {
  const entries = new Map<string, MapEntry>();
  for (const [name, entry] of node?.entries ?? []) {
    const meant = NAMES.get(name);
    if (meant !== undefined) entries.set(meant, { ...entry, key: meant, value: valueFor(meant, entry) });
  }
  return entries;
}

function valueFor(name: string, { value }: MapEntry): MapEntry['value'] {
  if (name !== 'redis_ssl_cert_reqs' || value.kind !== 'scalar') return value;
  const isUnchecked = value.value === null || UNCHECKED.test(textOf(value) ?? '');
  return { ...value, value: isUnchecked ? 'none' : 'required' };
}
