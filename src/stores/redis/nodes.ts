/**
 * Chooses where the next connection goes: the configured Redis, the master that sentinels name, or the cluster node
 * with our keys.
 */

import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { createClient } from 'redis';
import { defined } from '../../core/defined.ts';

/** A host and its port. */
interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** How a TLS connection is checked. */
interface RedisTls {
  /** A file of certificates to trust instead of the system's; read for each connection, so that it can be renewed. */
  readonly caFile?: string;
  /** The client certificate; the file may hold its key too. */
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** False: any certificate is accepted. */
  readonly isVerified: boolean;
  /** False: the certificate may be another host's. */
  readonly isHostChecked: boolean;
}

/** Sentinels that know the master. */
interface RedisSentinels {
  /** What they call the master. */
  readonly serviceName: string;
  readonly nodes: readonly HostAndPort[];
  readonly username?: string;
  readonly password?: string;
}

/** Where Redis is and how to log in there. */
export interface RedisAddress extends HostAndPort {
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly isTls: boolean;
  readonly tls?: RedisTls;
  /** If present, host and port are not used. */
  readonly sentinels?: RedisSentinels;
  /** Further nodes of a cluster, in case the first is unavailable. */
  readonly startupNodes?: readonly HostAndPort[];
  /** Limit for connecting, TLS included; `CONNECT_LIMIT_MS` by default. */
  readonly connectTimeoutMs?: number;
}

/** Nothing waits for a connection but a start: TLS and distant machines take their time. */
export const CONNECT_LIMIT_MS = 2_000;
const SENTINEL_CONNECT_LIMIT_MS = 500;
const SENTINEL_LIMIT_MS = 100;

/** The client: one connection for commands and messages, by RESP3. */
export type RedisClient = ReturnType<typeof makeClient>;

/** Makes a new client for each attempt to connect. */
export class RedisNodes {
  readonly #address: RedisAddress;
  /** The node to which a cluster redirected us. */
  #moved: HostAndPort | undefined;
  /** The host of the last connection: a redirection without a host means the same host. */
  #lastHost: string;
  #failures = 0;

  constructor(address: RedisAddress) {
    this.#address = address;
    this.#lastHost = address.host;
  }

  /** A client that is not connected yet. Rejects if no sentinel knows a master. */
  async next(): Promise<RedisClient> {
    const { sentinels, startupNodes = [] } = this.#address;
    const { host, port } = this.#address;
    const configured = [{ host, port }, ...startupNodes];
    const node =
      this.#moved ??
      (sentinels === undefined
        ? configured[this.#failures % configured.length]
        : await askSentinels(this.#address, sentinels)) ??
      this.#address;
    this.#lastHost = node.host;
    return makeClient(this.#address, node);
  }

  /** The last connection failed: the next goes to another node, if there is one. */
  failed(): void {
    this.#failures += 1;
    this.#moved = undefined;
  }

  /**
   * Whether an error only redirects to the cluster node with our keys; the next connection goes there. A second in a
   * row is a failure.
   */
  isPointer(error: unknown): boolean {
    const found = error instanceof Error ? /^MOVED \d+ (.*):(\d+)$/.exec(error.message) : null;
    const isSecond = this.#moved !== undefined;
    this.#moved = undefined;
    if (found === null || isSecond) return false;
    const [, host = '', port] = found;
    this.#moved = { host: host === '' ? this.#lastHost : host, port: Number(port) };
    return true;
  }
}

function makeClient(address: RedisAddress, { host, port }: HostAndPort) {
  const { username, password, database, connectTimeoutMs = CONNECT_LIMIT_MS } = address;
  return createClient({
    socket: { host, port, connectTimeout: connectTimeoutMs, reconnectStrategy: false, ...tlsOf(address, host) },
    database,
    ...defined({ username, password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
}

function tlsOf({ isTls, tls }: RedisAddress, host: string) {
  if (!isTls) return {};
  const { caFile, certificateFile, keyFile = certificateFile } = tls ?? {};
  return {
    tls: true as const,
    ...defined({
      // An IP address may not be sent as a server name.
      servername: /^[\d.]+$|:/.test(host) ? undefined : host,
      // `NODE_EXTRA_CA_CERTS` adds to every list.
      ca: caFile === undefined ? undefined : [readFileSync(caFile, 'utf8'), ...getCACertificates('extra')],
      cert: certificateFile === undefined ? undefined : readFileSync(certificateFile, 'utf8'),
      key: keyFile === undefined ? undefined : readFileSync(keyFile, 'utf8'),
      rejectUnauthorized: tls?.isVerified === false ? false : undefined,
      checkServerIdentity: tls?.isHostChecked === false ? () => undefined : undefined,
    }),
  };
}

/** The master that the first sentinel to answer names. */
async function askSentinels(
  address: RedisAddress,
  { serviceName, nodes, username, password }: RedisSentinels,
): Promise<HostAndPort> {
  let reason: unknown = new Error('No sentinel is configured');
  for (const node of nodes) {
    const { username: _user, password: _password, ...bare } = address;
    const client = makeClient({ ...bare, ...defined({ username, password }), database: 0 }, node);
    client.on('error', (error) => (reason = error));
    const late = setTimeout(() => client.destroy(), SENTINEL_CONNECT_LIMIT_MS + SENTINEL_LIMIT_MS);
    try {
      await client.connect();
      const answer = await client.sendCommand(['SENTINEL', 'get-master-addr-by-name', serviceName]);
      if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
      reason = new Error(`The sentinels know no master named ${JSON.stringify(serviceName)}`);
    } catch (error) {
      reason = error;
    } finally {
      clearTimeout(late);
      if (client.isOpen) client.destroy();
    }
  }
  throw reason;
}
