import { readNoProxy } from './no-proxy.ts';

/** The proxies that calls go through, as addresses with their credentials, and the hosts that are called directly. */
export interface ProxySettings {
  /** For `http:` addresses. */
  readonly http?: string;
  /** For `https:` addresses. */
  readonly https?: string;
  /** A `NO_PROXY` list. */
  readonly except: string;
}

/** One proxy. */
export interface ForwardProxy {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** What it is sent as `proxy-authorization`. */
  readonly authorization?: string;
}

const PORTS = { 'http:': 80, 'https:': 443 } as const;

/** Chooses the proxy of an address. */
export class Proxies {
  readonly #http: ForwardProxy | undefined;
  readonly #https: ForwardProxy | undefined;
  readonly #isExcepted: (host: string, port: number) => boolean;

  constructor({ http, https, except }: ProxySettings) {
    this.#http = http === undefined ? undefined : proxyOf(http);
    this.#https = https === undefined ? undefined : proxyOf(https);
    this.#isExcepted = readNoProxy(except);
  }

  /** The proxy for a host; undefined if it is called directly. */
  of(isSecure: boolean, host: string, port: number): ForwardProxy | undefined {
    const proxy = isSecure ? this.#https : this.#http;
    return proxy === undefined || this.#isExcepted(host, port) ? undefined : proxy;
  }

  /** The proxy that takes calls to an origin as they are, without a tunnel; undefined for every other. */
  forwarding(origin: string): ForwardProxy | undefined {
    if (this.#http === undefined || !origin.startsWith('http:')) return undefined;
    const { hostname, port } = new URL(origin);
    return this.of(false, hostname, Number(port) || PORTS['http:']);
  }
}

function proxyOf(address: string): ForwardProxy {
  const { protocol, hostname, port, username, password } = new URL(address);
  const isSecure = protocol === 'https:';
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    isSecure,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || PORTS[isSecure ? 'https:' : 'http:'],
    ...(credentials !== ':' && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  };
}

/** A part of an address, decoded; one with a stray `%` is taken literally. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
