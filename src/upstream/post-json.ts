import type { CallPermit } from './call-permit.ts';
import type { Upstream, UpstreamFault } from './upstream.ts';

const TIMEOUT_MS = 5_000;
/** What the receiver answers is not used. */
const MAX_ANSWER_BYTES = 65_536;

/** A part of an address, decoded; one with a stray `%` is taken literally. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The header, name and value in turn, that the user in an address asks for; nothing if it has none. */
export function basicAuthorization({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return [];
  const words = `${decoded(username)}:${decoded(password)}`;
  return ['authorization', `Basic ${Buffer.from(words).toString('base64')}`];
}

/**
 * Posts a JSON text once, without following redirects, within five seconds. Resolves to the status, or to why there is
 * none.
 */
export function postJson(
  upstream: Upstream,
  permit: CallPermit,
  address: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number } | { readonly fault: string }> {
  const url = new URL(address);
  const { origin, pathname, search } = url;
  const sent = ['content-type', 'application/json', 'user-agent', 'sluice', ...Object.entries(headers).flat()];
  sent.push(...basicAuthorization(url));
  return new Promise((resolve) => {
    const onFault = ({ detail }: UpstreamFault): void => resolve({ fault: detail });
    upstream.send(
      permit,
      {
        method: 'POST',
        origin,
        path: pathname + search,
        headers: sent,
        body: Buffer.from(body),
        timeouts: {
          firstByteMs: TIMEOUT_MS,
          headersMs: TIMEOUT_MS,
          idleMs: TIMEOUT_MS,
          totalMs: TIMEOUT_MS,
          slowClientMs: TIMEOUT_MS,
        },
        maxResponseBytes: MAX_ANSWER_BYTES,
      },
      {
        onHead: (status) => ({ onData: () => undefined, onEnd: () => resolve({ status }), onFault }),
        onFault,
      },
    );
  });
}
