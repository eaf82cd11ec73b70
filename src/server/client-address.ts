/** From which address a request comes, and whether requests from there are taken (`allowed_ips`). */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { GatewayError } from '../core/errors.ts';

/** Orchestrators ask these from addresses of their own; their answers say nothing of the configuration. */
const PROBES: ReadonlySet<string> = new Set(['/health/liveliness', '/health/liveness', '/health/readiness']);

/** The error for a request from an address that may not call; undefined if it may. */
export function refusedAddress(
  request: IncomingMessage,
  path: string,
  { allowedAddresses, usesForwardedFor, trustedProxies }: GatewayConfig['server'],
): GatewayError | undefined {
  if (allowedAddresses === undefined || PROBES.has(path)) return undefined;
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  const isTrusted = usesForwardedFor && trustedProxies?.has(peer) === true;
  const address = isTrusted ? forwardedFor(request, peer, (proxy) => trustedProxies.has(proxy)) : peer;
  if (address !== undefined && allowedAddresses.has(address)) return undefined;
  return new GatewayError('address_denied', 'Access forbidden: IP address not allowed.');
}

/**
 * The address that the nearest proxy saw which is not trusted itself: each proxy adds the one that called it at the end, and what is before
 * that was written by the client. Undefined if it is not an address.
 */
function forwardedFor(
  { headers }: IncomingMessage,
  peer: string,
  isProxy: (address: string) => boolean,
): string | undefined {
  const header = headers['x-forwarded-for'];
  const named = (typeof header === 'string' ? header : (header?.join(',') ?? '')).split(',');
  let nearest: string | undefined = peer;
  for (const written of named.toReversed()) {
    if (written.trim() === '') continue;
    nearest = withoutPort(written.trim());
    if (nearest === undefined || !isProxy(nearest)) return nearest;
  }
  return nearest;
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(written: string): string | undefined {
  const address = plainAddress(/^\[([^\]]*)\](?::\d{1,5})?$/.exec(written)?.[1] ?? written);
  if (isIP(address) !== 0) return address;
  const withPort = /^([\d.]+):\d{1,5}$/.exec(address)?.[1];
  return withPort !== undefined && isIP(withPort) !== 0 ? withPort : undefined;
}

/** A server that listens on IPv6 too sees addresses of IPv4 as `::ffff:10.0.0.1`. */
function plainAddress(address: string): string {
  return /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
}
