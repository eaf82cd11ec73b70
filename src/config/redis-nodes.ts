/** Reads how a Redis is found through sentinels or the nodes of a cluster, and how its certificate is checked. */
import { readFileSync } from 'node:fs';
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { usableCaFile } from './connection-tls.ts';
import type { RedisConfig, RedisNode } from './gateway-config.ts';
import { pemProblem } from './pem-problem.ts';
import { type RedisSection, settingName } from './redis-of-cache.ts';

const SENTINEL_PORT = 26_379;

/** A list of nodes: `{ host, port }`, `[host, port]` or `host:port` each. Undefined if there is none, or one of them is wrong. */
export function readNodes(
  router: RedisSection,
  name: 'redis_startup_nodes' | 'redis_sentinel_nodes',
  defaultPort: number,
): readonly RedisNode[] | undefined {
  const written = router.get(name);
  if (!Array.isArray(written) || written.length === 0) return undefined;
  const nodes = written.map((item) => nodeOf(item, defaultPort));
  if (nodes.every((node) => node !== undefined)) return nodes;
  const message = `${settingName(router, name)} must hold nodes as { host, port }, [HOST, PORT] or HOST:PORT`;
  router.context.findings.add('error', 'wrong-type', router.placeOf(name), message);
  return undefined;
}

/** The sentinels of a configuration. */
export function readSentinels(router: RedisSection): RedisConfig['sentinels'] {
  const nodes = readNodes(router, 'redis_sentinel_nodes', SENTINEL_PORT);
  if (nodes === undefined) return undefined;
  return {
    serviceName: router.effective('redis_service_name') ?? '',
    nodes,
    ...defined({ username: router.get('redis_sentinel_username'), password: router.get('redis_sentinel_password') }),
  };
}

/** How certificates are checked and which one is shown; undefined: as usual. */
export function readTls(router: RedisSection): RedisConfig['tls'] {
  const ownCaFile = router.effective('redis_ssl_ca_certs');
  const certificateFile = router.effective('redis_ssl_certfile');
  const keyFile = router.effective('redis_ssl_keyfile');
  const isVerified = router.get('redis_ssl_cert_reqs') !== 'none';
  const isHostChecked = router.get('redis_ssl_check_hostname') !== false;
  const caFile = ownCaFile ?? usableCaFile(router.context);
  if (ownCaFile !== undefined)
    report(
      router,
      'redis_ssl_ca_certs',
      'the authorities',
      ownCaFile,
      pemProblem(() => ({ ca: readFileSync(ownCaFile, 'utf8') })),
    );
  if (certificateFile !== undefined) {
    const problem = pemProblem(() => ({
      cert: readFileSync(certificateFile, 'utf8'),
      key: readFileSync(keyFile ?? certificateFile, 'utf8'),
    }));
    const files = keyFile === undefined ? certificateFile : `${certificateFile} with the key ${keyFile}`;
    report(router, 'redis_ssl_certfile', 'the client certificate', files, problem);
  } else if (keyFile !== undefined) {
    const message = `${settingName(router, 'redis_ssl_keyfile')} needs ${settingName(router, 'redis_ssl_certfile').split('.').at(-1)}, the certificate that the key belongs to`;
    router.context.findings.add('error', 'missing-key', router.placeOf('redis_ssl_keyfile'), message);
  }
  const isUsual = isVerified && isHostChecked && caFile === undefined && certificateFile === undefined;
  return isUsual ? undefined : { ...defined({ caFile, certificateFile, keyFile }), isVerified, isHostChecked };
}

function report(
  router: RedisSection,
  name: 'redis_ssl_ca_certs' | 'redis_ssl_certfile',
  what: string,
  files: string,
  problem: string | undefined,
): void {
  if (problem === undefined) return;
  const message = `${settingName(router, name)} names ${what}, ${files}, ${problem}`;
  router.context.findings.add('error', 'unreadable-file', router.placeOf(name), message);
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
