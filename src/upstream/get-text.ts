import { callJson } from './call-json.ts';
import type { CallPermit } from './call-permit.ts';
import { basicAuthorization } from './post-json.ts';
import type { Upstream } from './upstream.ts';

/** How long a text may take, and how large it may be. */
interface Bounds {
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/** Gets a text once, without following redirects. Resolves to why there is none if that fails; never rejects. */
export async function getText(
  upstream: Upstream,
  permit: CallPermit,
  address: string,
  { timeoutMs, mostBytes }: Bounds,
): Promise<{ readonly text: string } | { readonly fault: string }> {
  const url = new URL(address);
  const headers = basicAuthorization(url);
  const call = { method: 'GET', url, headers, body: undefined, timeoutMs, mostBytes } as const;
  const answer = await callJson(upstream, permit, call);
  if ('fault' in answer) return answer;
  const { status, text } = answer;
  return status === 200 ? { text } : { fault: `the answer had the status ${status}` };
}
