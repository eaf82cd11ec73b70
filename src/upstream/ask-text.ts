import type { CallPermit } from './call-permit.ts';
import type { Upstream, UpstreamFault } from './upstream.ts';

/** A question to an address of the operator's. */
interface AskedText {
  readonly headers: Readonly<Record<string, string>>;
  /** A POST; absent: a GET. */
  readonly body?: string;
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/** Its answer, or why there is none. */
type TextAnswer =
  | { readonly status: number; readonly text: string; readonly retryAfter?: string | undefined }
  | { readonly fault: string };

/** Asks once, without following redirects: what authorises the question would go with them. Never rejects. */
export function askText(
  upstream: Upstream,
  permit: CallPermit,
  address: string,
  asked: AskedText,
): Promise<TextAnswer> {
  const { origin, pathname, search } = new URL(address);
  const { headers, body, timeoutMs, mostBytes } = asked;
  const limit = { firstByteMs: timeoutMs, headersMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const onFault = ({ detail }: UpstreamFault): void => resolve({ fault: detail });
    upstream.send(
      permit,
      {
        method: body === undefined ? 'GET' : 'POST',
        ...{ origin, path: pathname + search, body: Buffer.from(body ?? '') },
        headers: ['accept-encoding', 'identity', 'user-agent', 'sluice', ...Object.entries(headers).flat()],
        timeouts: { ...limit, slowClientMs: timeoutMs },
        maxResponseBytes: mostBytes,
      },
      {
        onHead: (status, answered) => ({
          onData: (chunk) => void chunks.push(chunk),
          onEnd: () => {
            const retryAfter = answered['retry-after'];
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status, text, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter });
          },
          onFault,
        }),
        onFault,
      },
    );
  });
}
