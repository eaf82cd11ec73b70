/** Where the next connection goes: to the configured Redis, a master that sentinels name, or the node of a cluster that has our keys. */

import { readFileSync } from 'node:fs';
import { createClient } from 'redis';
import { defined } from '../../core/defined.ts';

/** A host and its port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** How a TLS connection is checked. */
export interface RedisTls {
  /** A file of certificates to trust instead of the system's; read for each connection, so that it may be renewed. */
  readonly caFile?: string;
  /** False: any certificate is taken. */
  readonly isVerified: boolean;
  /** False: the certificate may be another host's. */
  readonly isHostChecked: boolean;
}

/** Sentinels that know the master. */
export interface RedisSentinels {
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
  /** With these, host and port are not asked. */
  readonly sentinels?: RedisSentinels;
  /** Further nodes of a cluster, for when the first is away. */
  readonly startupNodes?: readonly HostAndPort[];
}

const CONNECT_LIMIT_MS = 100;
const SENTINEL_LIMIT_MS = 100;

/** The client as a link makes it: one connection for commands and for news, by RESP3. */
export type RedisClient = ReturnType<typeof makeClient>;

/** Gives a new client for each attempt to connect. */
export class RedisNodes {
  readonly #address: RedisAddress;
  /** Where a node of a cluster said that our keys are. */
  #moved: HostAndPort | undefined;
  /** Where the last connection went: a pointer without a host means the same host. */
  #lastHost: string;
  #failures = 0;

  constructor(address: RedisAddress) {
    this.#address = address;
    this.#lastHost = address.host;
  }

  /** A client that is not connected yet. Rejects where no sentinel knows a master. */
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

  /** The last one was no good: the next goes elsewhere, where there is an elsewhere. */
  failed(): void {
    this.#failures += 1;
    this.#moved = undefined;
  }

  /** Whether an error only says which node of the cluster has our keys; the next connection goes there. Two in a row are one failure. */
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
  const { username, password, database } = address;
  return createClient({
    socket: { host, port, connectTimeout: CONNECT_LIMIT_MS, reconnectStrategy: false, ...tlsOf(address, host) },
    database,
    ...defined({ username, password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
}

function tlsOf({ isTls, tls }: RedisAddress, host: string) {
  if (!isTls) return {};
  return {
    tls: true as const,
    // An address is no name that may be sent.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(tls?.caFile !== undefined && { ca: readFileSync(tls.caFile) }),
    ...(tls?.isVerified === false && { rejectUnauthorized: false }),
    ...(tls?.isHostChecked === false && { checkServerIdentity: () => undefined }),
  };
}

/** The master as the first sentinel that answers knows it. */
async function askSentinels(
  address: RedisAddress,
  { serviceName, nodes, username, password }: RedisSentinels,
): Promise<HostAndPort> {
  let reason: unknown = new Error('no sentinel is configured');
  for (const node of nodes) {
    const { username: _user, password: _password, ...bare } = address;
    const login = { ...defined({ username, password }) };
    const client = makeClient({ ...bare, ...login, database: 0 }, node);
    client.on('error', (error) => (reason = error));
    const late = setTimeout(() => client.destroy(), CONNECT_LIMIT_MS + SENTINEL_LIMIT_MS);
    try {
      await client.connect();
      const answer = await client.sendCommand(['SENTINEL', 'get-master-addr-by-name', serviceName]);
      if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
      reason = new Error('the sentinels know no master of this name');
    } catch (error) {
      reason = error;
    } finally {
      clearTimeout(late);
      if (client.isOpen) client.destroy();
    }
  }
  throw reason;
}
