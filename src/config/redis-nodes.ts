/** Reads how a Redis is found through sentinels or the nodes of a cluster, and how its certificate is checked. */
import { accessSync, constants } from 'node:fs';
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { RedisConfig, RedisNode } from './gateway-config.ts';
import type { Section } from './section.ts';
import type { ROUTER_SETTINGS } from './settings/router-settings.ts';

type Router = Section<typeof ROUTER_SETTINGS>;

const SENTINEL_PORT = 26_379;

/** A list of nodes: `{ host, port }`, `[host, port]` or `host:port` each. Undefined if there is none, or one of them is wrong. */
export function readNodes(
  router: Router,
  name: 'redis_startup_nodes' | 'redis_sentinel_nodes',
  defaultPort: number,
): readonly RedisNode[] | undefined {
  const written = router.get(name);
  if (!Array.isArray(written) || written.length === 0) return undefined;
  const nodes = written.map((item) => nodeOf(item, defaultPort));
  if (nodes.every((node) => node !== undefined)) return nodes;
  const message = `router_settings.${name} must hold nodes as { host, port }, [HOST, PORT] or HOST:PORT`;
  router.context.findings.add('error', 'wrong-type', router.placeOf(name), message);
  return undefined;
}

/** The sentinels of a configuration. */
export function readSentinels(router: Router): RedisConfig['sentinels'] {
  const nodes = readNodes(router, 'redis_sentinel_nodes', SENTINEL_PORT);
  if (nodes === undefined) return undefined;
  return {
    serviceName: router.effective('redis_service_name') ?? '',
    nodes,
    ...defined({ username: router.get('redis_sentinel_username'), password: router.get('redis_sentinel_password') }),
  };
}

/** How certificates are checked; undefined: as usual. */
export function readTls(router: Router): RedisConfig['tls'] {
  const names = ['redis_ssl_ca_certs', 'redis_ssl_cert_reqs', 'redis_ssl_check_hostname'] as const;
  if (!names.some((name) => router.has(name))) return undefined;
  const caFile = router.get('redis_ssl_ca_certs');
  if (caFile !== undefined && !isReadable(caFile)) {
    const message = 'router_settings.redis_ssl_ca_certs names a file that cannot be read';
    router.context.findings.add('error', 'wrong-type', router.placeOf('redis_ssl_ca_certs'), message);
  }
  return {
    ...defined({ caFile }),
    isVerified: router.get('redis_ssl_cert_reqs') !== 'none',
    isHostChecked: router.get('redis_ssl_check_hostname') !== false,
  };
}

function nodeOf(written: JsonValue, defaultPort: number): RedisNode | undefined {
  if (typeof written === 'string') {
    const [, host = '', port = String(defaultPort)] = /^(.+?)(?::(\d+))?$/.exec(written) ?? [];
    return checked(host, Number(port));
  }
  if (Array.isArray(written)) return checked(written[0], Number(written[1] ?? defaultPort));
  return isJsonObject(written) ? checked(written.host, Number(written.port ?? defaultPort)) : undefined;
}

function checked(host: JsonValue | undefined, port: number): RedisNode | undefined {
  const isGood = typeof host === 'string' && host !== '' && Number.isInteger(port) && port > 0 && port < 65_536;
  return isGood ? { host, port } : undefined;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
