import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { buildConnector as Connect } from 'undici';
import type { ConnectionReuse } from './connection-reuse.ts';
import type { ForwardProxy, Proxies } from './proxies.ts';
import type { TlsFiles } from './tls-files.ts';
import { buildConnector } from './undici.ts';

/** A proxy that cannot be reached, or that makes no tunnel. Its message names no credentials. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

/** What connections are made with. */
interface ConnectorOptions {
  readonly timeoutMs: number;
  readonly reuse: ConnectionReuse;
  readonly proxies: Proxies | undefined;
  readonly tls: TlsFiles;
  /** Finds the addresses of origins; a proxy finds them itself. */
  readonly lookup: LookupFunction;
  /** Whether origins are called by IPv4 addresses alone. */
  readonly isIpv4Only: boolean | undefined;
}

/** Makes connections to origins, straight or through a proxy. Every one is known to `reuse` from the moment at which it is begun. */
export function makeConnector({
  timeoutMs,
  reuse,
  proxies,
  tls,
  lookup,
  isIpv4Only,
}: ConnectorOptions): Connect.connector {
  const { proxyAuthorities, ...provider } = tls;
  const common = { timeout: timeoutMs, noDelay: true, keepAlive: true, allowH2: false };
  const family = isIpv4Only === true ? { family: 4 } : {};
  const connect = buildConnector({ ...common, lookup, ...family, ...provider });
  const straight: Connect.connector = (options, callback) => {
    // Its type says that it returns nothing; it returns the socket.
    const socket = connect(options, callback) as unknown as Socket | undefined;
    if (socket !== undefined) reuse.connecting(socket);
  };
  if (proxies === undefined) return straight;
  // The proxy sees no client certificate, and is not let off its own because a provider is.
  const toProxy = buildConnector({ ...common, ...proxyAuthorities });
  return (options, callback) => {
    const isSecure = options.protocol === 'https:';
    const proxy = proxies.of(isSecure, options.hostname, Number(options.port) || (isSecure ? 443 : 80));
    if (proxy === undefined) straight(options, callback);
    else if (isSecure) {
      const host = options.hostname.includes(':') ? `[${options.hostname}]` : options.hostname;
      openTunnel(proxy, `${host}:${options.port || 443}`, timeoutMs, proxyAuthorities, (error, socket) => {
        if (socket === undefined) callback(error ?? new ProxyError('the proxy made no tunnel'), null);
        else straight({ ...options, httpSocket: socket }, callback);
      });
    } else {
      const socket = toProxy(addressOf(proxy), callback) as unknown as Socket | undefined;
      if (socket !== undefined) reuse.connecting(socket);
    }
  };
}

function addressOf({ isSecure, host, port }: ForwardProxy): Connect.Options {
  return { protocol: isSecure ? 'https:' : 'http:', hostname: host, host, port: String(port) };
}

/** Asks the proxy for a tunnel to `target` (`HOST:PORT`); calls back once, with its socket or with why there is none. */
function openTunnel(
  { isSecure, host, port, authorization }: ForwardProxy,
  target: string,
  timeoutMs: number,
  authorities: TlsFiles['proxyAuthorities'],
  done: (error: Error | undefined, socket?: Socket) => void,
): void {
  const request = (isSecure ? requestSecure : requestPlain)({
    ...authorities,
    ...{ method: 'CONNECT', host, port, path: target, agent: false },
    headers: { host: target, ...(authorization !== undefined && { 'proxy-authorization': authorization }) },
  });
  const timer = setTimeout(() => request.destroy(new ProxyError('the proxy made no tunnel in time')), timeoutMs);
  const refuse = (status: number | undefined, socket: Socket): void => {
    socket.destroy();
    done(new ProxyError(`the proxy made no tunnel: it answered ${status}`));
  };
  request.once('connect', ({ statusCode = 0 }, socket, head) => {
    clearTimeout(timer);
    if (statusCode < 200 || statusCode > 299) return refuse(statusCode, socket);
    if (head.length > 0) socket.unshift(head);
    done(undefined, socket);
  });
  request.once('response', ({ statusCode, socket }) => {
    clearTimeout(timer);
    refuse(statusCode, socket);
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    done(
      error instanceof ProxyError ? error : new ProxyError(`no connection to the proxy (${error.code ?? error.name})`),
    );
  });
  request.end();
}
