import { BlockList, isIP } from 'node:net';

/** One entry of `NO_PROXY`: a name with all names below it, or a network; and the only port that it means, if it names one. */
interface Entry {
  readonly matches: (host: string) => boolean;
  readonly port?: number;
}

/**
 * Reads a `NO_PROXY` list: `*`, names (`example.com`, `.example.com` and `*.example.com` mean the name and all below it),
 * addresses and networks (`10.0.0.0/8`, `fd00::/8`), each with a port if it means only that. Returns whether a host is in it.
 */
export function readNoProxy(list: string): (host: string, port: number) => boolean {
  const entries = list
    .split(/[\s,]+/)
    .filter((written) => written !== '')
    .map(entryOf);
  return (host, port) => {
    const plain = plainHost(host);
    return entries.some((entry) => (entry.port === undefined || entry.port === port) && entry.matches(plain));
  };
}

function entryOf(written: string): Entry {
  const [, bracketed, named, digits] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(written) ?? [];
  const host = plainHost(bracketed ?? named ?? written);
  const port = digits === undefined ? {} : { port: Number(digits) };
  return { matches: matcherOf(host), ...port };
}

function matcherOf(host: string): Entry['matches'] {
  if (host === '*') return () => true;
  const [address = '', prefix] = host.split('/');
  const family = isIP(address);
  if (family !== 0) return networkMatcher(address, family, prefix);
  const name = host.replace(/^\*?\./, '');
  return (asked) => asked === name || asked.endsWith(`.${name}`);
}

function networkMatcher(address: string, family: number, prefix: string | undefined): Entry['matches'] {
  const longest = family === 4 ? 32 : 128;
  const length = prefix === undefined ? longest : Number(prefix);
  if (prefix === '' || !Number.isInteger(length) || length < 0 || length > longest) return () => false;
  const network = new BlockList();
  network.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  return (asked) => {
    const askedFamily = isIP(asked);
    return askedFamily !== 0 && network.check(asked, askedFamily === 4 ? 'ipv4' : 'ipv6');
  };
}

/** Without brackets, without the dot of a full name, in lower case. */
const plainHost = (host: string): string =>
  host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(.)\.$/, '$1')
    .toLowerCase();
