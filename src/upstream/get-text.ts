import type { CallPermit } from './call-permit.ts';
import { basicAuthorization } from './post-json.ts';
import type { Upstream, UpstreamFault } from './upstream.ts';

/** How long a text may take, and how large it may be. */
interface Bounds {
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/** Gets a text once, without following redirects. Resolves to why there is none if that fails; never rejects. */
export function getText(
  upstream: Upstream,
  permit: CallPermit,
  address: string,
  { timeoutMs, mostBytes }: Bounds,
): Promise<{ readonly text: string } | { readonly fault: string }> {
  const url = new URL(address);
  const headers = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'sluice'];
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const onFault = ({ detail }: UpstreamFault): void => resolve({ fault: detail });
    const limit = { firstByteMs: timeoutMs, headersMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
    upstream.send(
      permit,
      {
        method: 'GET',
        origin: url.origin,
        path: url.pathname + url.search,
        body: NOTHING,
        headers: [...headers, ...basicAuthorization(url)],
        timeouts: { ...limit, slowClientMs: timeoutMs },
        maxResponseBytes: mostBytes,
      },
      {
        onHead: (status) => ({
          onData: (chunk) => void chunks.push(chunk),
          onEnd: () =>
            resolve(
              status === 200
                ? { text: Buffer.concat(chunks).toString('utf8') }
                : { fault: `the answer had the status ${status}` },
            ),
          onFault,
        }),
        onFault,
      },
    );
  });
}

const NOTHING = Buffer.alloc(0);
