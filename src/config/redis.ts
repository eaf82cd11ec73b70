/** Reads where the instances' common Redis is: `router_settings.redis_…`, with LiteLLM's `REDIS_…` variables for what they leave out. */
import { defined } from '../core/defined.ts';
import type { RedisConfig } from './gateway-config.ts';
import { readNodes, readSentinels, readTls } from './redis-nodes.ts';
import type { ReadingContext, Section } from './section.ts';
import type { Environment } from './variables.ts';

const DEFAULT_PORT = 6379;
const DEFAULT_HOST = 'localhost';
const NAMES = `redis_url redis_host redis_port redis_password redis_username redis_db redis_ssl redis_startup_nodes
  redis_sentinel_nodes`.split(/\s+/);

/**
 * The Redis of a configuration; undefined where the file names none. Variables alone name none: a program beside us may have put
 * them there, and whoever shares a Redis with us shares what we know of deployments.
 */
export function readRedis(router: Section, environment: Environment, context: ReadingContext): RedisConfig | undefined {
  if (!NAMES.some((name) => router.has(name))) return undefined;
  const variable = (name: string): string | undefined => environment[name] || undefined;
  const host = router.text('redis_host');
  const written = router.text('redis_url') ?? (host === undefined ? variable('REDIS_URL') : undefined);
  const url = written === undefined ? undefined : parseUrl(written);
  if (written !== undefined && url === undefined) {
    const message = 'router_settings.redis_url must be redis://HOST:PORT/DATABASE, or rediss:// for TLS';
    context.findings.add('error', 'wrong-type', router.placeOf('redis_url'), message);
  }
  const startupNodes = readNodes(router, 'redis_startup_nodes', DEFAULT_PORT, context);
  const [firstNode, ...furtherNodes] = startupNodes ?? [];
  const isNamed = url !== undefined || host !== undefined;
  // What the URL says counts; what it leaves out may stand beside it.
  return {
    host: url?.host ?? host ?? firstNode?.host ?? variable('REDIS_HOST') ?? DEFAULT_HOST,
    port:
      url?.port ??
      (url && DEFAULT_PORT) ??
      (isNamed ? undefined : firstNode?.port) ??
      router.number('redis_port') ??
      portOf(variable('REDIS_PORT')) ??
      DEFAULT_PORT,
    ...defined({
      username: url?.username ?? router.text('redis_username') ?? variable('REDIS_USERNAME'),
      password: url?.password ?? router.text('redis_password') ?? variable('REDIS_PASSWORD'),
    }),
    database: url?.database ?? router.number('redis_db') ?? 0,
    isTls: url?.isTls === true || (router.flag('redis_ssl') ?? variable('REDIS_SSL')?.toLowerCase() === 'true'),
    ...defined({
      tls: readTls(router, context),
      sentinels: readSentinels(router, context),
      startupNodes: isNamed ? startupNodes : furtherNodes.length > 0 ? furtherNodes : undefined,
    }),
  };
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
    // An IPv6 address stands in brackets in a URL, and without them everywhere else.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    isTls: url.protocol === 'rediss:',
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.username !== '' && { username: decoded(url.username) }),
    ...(url.password !== '' && { password: decoded(url.password) }),
    ...(database !== '' && { database: Number(database) }),
  };
}

/** A password with a bare `%` in it is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Kubernetes sets `REDIS_PORT=tcp://…` for a service called redis: that is no port. */
function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
