/** Reads the address of the Redis that instances share: `coordination_redis`, else `router_settings.redis_…`, else that of the cache. */
import { isIP } from 'node:net';
import { defined } from '../core/defined.ts';
import type { RedisConfig } from './gateway-config.ts';
import { readNodes, readSentinels, readTls } from './redis-nodes.ts';
import { type RedisSection, settingName } from './redis-of-cache.ts';

/** Settings that name a Redis; those of certificates and of the sentinels' own login do not. */
const NAMES_REDIS = /^redis_(url|host|port|password|username|db|ssl|startup_nodes|sentinel_nodes)$/;
const NAMES_ADDRESS = /^redis_(url|host|startup_nodes|sentinel_nodes)$/;

/**
 * The Redis of a configuration; undefined if the file names none. Variables alone name none: they may be meant for another
 * program, and all who share a Redis with us share what we know of deployments.
 */
export function readRedis(
  router: RedisSection,
  cache: RedisSection | undefined,
  coordination?: RedisSection,
): RedisConfig | undefined {
  const ofRouter = [...router.names()].some((name) => NAMES_REDIS.test(name)) ? redisIn(router) : undefined;
  if (coordination !== undefined && namesAddress(coordination)) {
    const named = redisIn(coordination);
    if (ofRouter !== undefined && (ofRouter.host !== named.host || ofRouter.port !== named.port)) {
      const message =
        'general_settings.coordination_redis names another Redis than router_settings; instances share their routing in it too, and that of router_settings is not used';
      coordination.context.findings.add('warning', 'misplaced-key', coordination.place, message);
    }
    return named;
  }
  if (coordination !== undefined) {
    const message =
      'general_settings.coordination_redis gives no address; set host, url, startup_nodes or sentinel_nodes in it';
    coordination.context.findings.add('error', 'missing-key', coordination.place, message);
  }
  if (ofRouter !== undefined) return ofRouter;
  if (cache === undefined) return undefined;
  const { context, place } = cache;
  // Variables count here, because the cache that the file switches on is where they say.
  if (
    !namesAddress(cache) &&
    context.variable('REDIS_HOST') === undefined &&
    context.variable('REDIS_URL') === undefined
  ) {
    const message =
      'the cache is to be in Redis, but no address is given, so each instance counts limits for itself; set litellm_settings.cache_params.host or the variable "REDIS_HOST"';
    context.findings.add('warning', 'missing-key', place, message);
    return undefined;
  }
  return { ...redisIn(cache), isCache: true };
}

/** The Redis of a cache that may be in Redis: one of its own, or `shared`; undefined if the configuration names neither. */
export function readCacheRedis(
  shared: RedisConfig | undefined,
  cache: RedisSection | undefined,
): RedisConfig | undefined {
  if (cache === undefined || shared === undefined || shared.isCache === true) return cache && shared;
  return namesAddress(cache) ? redisIn(cache) : shared;
}

function namesAddress(section: RedisSection): boolean {
  return [...section.names()].some((name) => NAMES_ADDRESS.test(name));
}

function redisIn(router: RedisSection): RedisConfig {
  const defaultPort = router.rows.redis_port.default;
  const host = router.get('redis_host');
  const written = host === undefined ? router.effective('redis_url') : router.get('redis_url');
  const url = written === undefined ? undefined : parseUrl(written);
  if (written !== undefined && url === undefined) {
    const message = `${settingName(router, 'redis_url')} must be redis://HOST:PORT/DATABASE, or rediss:// for TLS`;
    router.context.findings.add('error', 'wrong-type', router.placeOf('redis_url'), message);
  }
  if (host !== undefined && !isHost(host)) {
    const message = `${settingName(router, 'redis_host')} must be the name or address of a host, without scheme, port and path`;
    router.context.findings.add('error', 'wrong-type', router.placeOf('redis_host'), message);
  }
  const startupNodes = readNodes(router, 'redis_startup_nodes', defaultPort);
  const [firstNode, ...furtherNodes] = startupNodes ?? [];
  const isNamed = url !== undefined || host !== undefined;
  // What the URL says counts; what it leaves out may be beside it.
  return {
    host: url?.host ?? host ?? firstNode?.host ?? router.effective('redis_host') ?? '',
    port:
      url?.port ??
      (url && defaultPort) ??
      (isNamed ? undefined : firstNode?.port) ??
      router.effective('redis_port') ??
      defaultPort,
    ...defined({
      username: url?.username ?? router.effective('redis_username'),
      password: url?.password ?? router.effective('redis_password'),
    }),
    database: url?.database ?? router.effective('redis_db') ?? 0,
    isTls: url?.isTls === true || router.effective('redis_ssl') === true,
    ...defined({
      tls: readTls(router),
      sentinels: readSentinels(router),
      connectTimeoutMs: router.get('redis_connect_timeout'),
      startupNodes: isNamed ? startupNodes : furtherNodes.length > 0 ? furtherNodes : undefined,
    }),
  };
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[\w.-]+$/.test(text);
}

interface UrlParts extends Omit<Partial<RedisConfig>, 'host'> {
  readonly host: string;
}

function parseUrl(text: string): UrlParts | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) return undefined;
  const database = url.pathname.replace(/^\//, '');
  if (url.hostname === '' || !/^\d*$/.test(database)) return undefined;
  return {
    // An IPv6 address has brackets in a URL, and none everywhere else.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    isTls: url.protocol === 'rediss:',
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.username !== '' && { username: decoded(url.username) }),
    ...(url.password !== '' && { password: decoded(url.password) }),
    ...(database !== '' && { database: Number(database) }),
  };
}

/** A password with a bare `%` in it is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
