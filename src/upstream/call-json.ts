import type { CallPermit } from './call-permit.ts';
import type { Upstream, UpstreamFault } from './upstream.ts';

/** A call of the gateway's own to a server that speaks JSON. */
interface JsonCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** A JSON text. */
  readonly body: string | undefined;
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/** Calls once, without following redirects. Resolves to why there is no answer if that fails; never rejects. */
export function callJson(
  upstream: Upstream,
  permit: CallPermit,
  { method, url, headers, body, timeoutMs, mostBytes }: JsonCall,
): Promise<{ readonly status: number; readonly text: string } | { readonly fault: string }> {
  const sent = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'sluice', ...headers];
  if (body !== undefined) sent.push('content-type', 'application/json');
  const limit = { firstByteMs: timeoutMs, headersMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const onFault = ({ detail }: UpstreamFault): void => resolve({ fault: detail });
    upstream.send(
      permit,
      {
        method,
        origin: url.origin,
        path: url.pathname + url.search,
        headers: sent,
        body: Buffer.from(body ?? ''),
        timeouts: { ...limit, slowClientMs: timeoutMs },
        maxResponseBytes: mostBytes,
      },
      {
        onHead: (status) => ({
          onData: (chunk) => void chunks.push(chunk),
          onEnd: () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }),
          onFault,
        }),
        onFault,
      },
    );
  });
}
