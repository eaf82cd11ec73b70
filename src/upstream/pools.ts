import type { LookupFunction } from 'node:net';
import type { Agent as AgentType } from 'undici';
import type { ConnectionReuse } from './connection-reuse.ts';
import { makeConnector } from './connector.ts';
import type { Proxies } from './proxies.ts';
import { readTlsFiles, type TlsFiles, type TlsSettings } from './tls-files.ts';
import { Agent } from './undici.ts';

interface PoolOptions {
  readonly connectTimeoutMs: number;
  /** Connections to one origin at the most; further calls wait for a free one. */
  readonly maxConnectionsPerOrigin: number;
  readonly proxies: Proxies | undefined;
  readonly reuse: ConnectionReuse;
  readonly lookup: LookupFunction;
  readonly isIpv4Only: boolean | undefined;
}

/** Connections that are made under the same TLS settings. */
interface Pool {
  readonly kept: AgentType;
  /** For calls whose kept connection was dead: others of it may be dead as well, so they get one of their own. */
  readonly fresh: AgentType;
}

interface OwnPool {
  readonly settings: TlsSettings | undefined;
  /** What its files held when its connections were made. */
  readonly files: TlsFiles;
  readonly pool: Pool;
}

/** The pools of connections: one for calls without TLS settings of their own, and one for each kind of settings. */
export class Pools {
  readonly #options: PoolOptions;
  readonly #own = new Map<string, OwnPool>();
  #usual: OwnPool;

  constructor(options: PoolOptions, usual: TlsSettings | undefined) {
    this.#options = options;
    this.#usual = this.#make(usual);
  }

  /** The connections for some settings; without any, the usual ones. Throws if their files cannot be read. */
  of(settings: TlsSettings | undefined): Pool {
    if (settings === undefined) return this.#usual.pool;
    const key = JSON.stringify(settings);
    const known = this.#own.get(key);
    if (known !== undefined) return known.pool;
    const made = this.#make(settings);
    this.#own.set(key, made);
    return made.pool;
  }

  /** Takes over other usual settings, and what the files of all hold now. Calls under way keep their connections. */
  configure(usual: TlsSettings | undefined): void {
    if (JSON.stringify(usual) !== JSON.stringify(this.#usual.settings) || hasChanged(this.#usual)) {
      const before = this.#usual;
      this.#usual = this.#make(usual);
      retire(before.pool);
    }
    for (const [key, own] of this.#own) {
      if (!hasChanged(own)) continue;
      this.#own.delete(key);
      retire(own.pool);
    }
  }

  async destroy(): Promise<void> {
    const pools = [this.#usual, ...this.#own.values()].map(({ pool }) => pool);
    await Promise.all(pools.flatMap(({ kept, fresh }) => [kept.destroy(), fresh.destroy()]));
  }

  #make(settings: TlsSettings | undefined): OwnPool {
    const { connectTimeoutMs, maxConnectionsPerOrigin, proxies, reuse, lookup, isIpv4Only } = this.#options;
    const files = readTlsFiles(settings);
    const options = {
      connections: maxConnectionsPerOrigin,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 300_000,
      keepAliveTimeoutThreshold: 2_000,
      // Ours are exact to 50 ms and cost less; undici's would be a second clock with another answer.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 16_384,
      allowH2: false,
      connect: makeConnector({ timeoutMs: connectTimeoutMs, reuse, proxies, tls: files, lookup, isIpv4Only }),
    } as const;
    return { settings, files, pool: { kept: new Agent(options), fresh: new Agent(options) } };
  }
}

/** Whether its files hold something else now. Ones that cannot be read at this moment are being replaced: the next look will tell. */
function hasChanged({ settings, files }: OwnPool): boolean {
  try {
    return JSON.stringify(readTlsFiles(settings)) !== JSON.stringify(files);
  } catch {
    return false;
  }
}

/** Closes connections as their calls end. */
function retire({ kept, fresh }: Pool): void {
  for (const agent of [kept, fresh]) agent.close().catch(() => undefined);
}
