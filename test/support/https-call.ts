/** One HTTPS request on a connection of its own, by a client that trusts one authority. */
import { once } from 'node:events';
import { request } from 'node:https';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

/** What came back. */
export interface HttpsAnswer {
  readonly status: number;
  readonly text: string;
  /** Of the certificate that the server showed. */
  readonly fingerprint: string;
  readonly protocol: string | null;
}

/** Asks; rejects with the error of the connection. */
export async function httpsCall(
  url: string,
  tls: ConnectionOptions & { readonly ca: string },
  key: string,
  body?: object,
): Promise<HttpsAnswer> {
  const call = request(url, {
    ...tls,
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(call, 'response');
  const socket = response.socket as TLSSocket;
  const [fingerprint, protocol] = [socket.getPeerX509Certificate()?.fingerprint256 ?? '', socket.getProtocol()];
  let text = '';
  for await (const part of response) text += part;
  return { status: Number(response.statusCode), text, fingerprint, protocol };
}
