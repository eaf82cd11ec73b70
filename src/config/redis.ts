/** Reads the address of the Redis that instances share: `router_settings.redis_…`, else LiteLLM's `REDIS_…` variables. */
import { isIP } from 'node:net';
import { defined } from '../core/defined.ts';
import type { RedisConfig } from './gateway-config.ts';
import { readNodes, readSentinels, readTls } from './redis-nodes.ts';
import type { Section } from './section.ts';
import type { ROUTER_SETTINGS } from './settings/router-settings.ts';

/** Settings that name a Redis; those of certificates and of the sentinels' own login do not. */
const NAMES_REDIS = /^redis_(url|host|port|password|username|db|ssl|startup_nodes|sentinel_nodes)$/;

/**
 * The Redis of a configuration; undefined if the file names none. Variables alone name none: they may be meant for another
 * program, and all who share a Redis with us share what we know of deployments.
 */
export function readRedis(router: Section<typeof ROUTER_SETTINGS>): RedisConfig | undefined {
  if (![...router.names()].some((name) => NAMES_REDIS.test(name))) return undefined;
  const defaultPort = router.rows.redis_port.default;
  const host = router.get('redis_host');
  const written = host === undefined ? router.effective('redis_url') : router.get('redis_url');
  const url = written === undefined ? undefined : parseUrl(written);
  if (written !== undefined && url === undefined) {
    const message = 'router_settings.redis_url must be redis://HOST:PORT/DATABASE, or rediss:// for TLS';
    router.context.findings.add('error', 'wrong-type', router.placeOf('redis_url'), message);
  }
  if (host !== undefined && !isHost(host)) {
    const message = 'router_settings.redis_host must be the name or address of a host, without scheme, port and path';
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
