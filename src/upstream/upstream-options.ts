import type { LookupFunction } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { ProxySettings } from './proxies.ts';
import type { TlsSettings } from './tls-files.ts';

/** What the connections to providers are made with. */
export interface UpstreamOptions {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** Connections to one origin at the most; further calls wait for a free one. */
  readonly maxConnectionsPerOrigin?: number;
  /** Absent: every call goes straight to its origin. */
  readonly proxies?: ProxySettings;
  /** The TLS settings of calls without any of their own. */
  readonly tls?: TlsSettings;
  /** Whether host names may lead to link-local addresses. */
  readonly mayBeLinkLocal?: boolean;
  /** Finds the addresses of a host name; absent: the system does. */
  readonly lookup?: LookupFunction;
  /** Whether origins are called by IPv4 addresses alone. */
  readonly isIpv4Only?: boolean;
}
