/** Asks a gateway on this machine that serves HTTPS. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as makeRequest } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';

/** The status and text of an answer. */
interface SecureAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request to the server that shows the certificate in a file: its name is that of a distant host, and its authority may
 * be a private one, so neither says whom we talk to here. Rejects if the server shows another one.
 */
export async function askSecurely(
  url: URL,
  certificateFile: string,
  { method = 'GET', headers, body }: { method?: string; headers: Record<string, string>; body?: string },
  signal: AbortSignal,
): Promise<SecureAnswer> {
  const expected = new X509Certificate(readFileSync(certificateFile)).fingerprint256;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(url.port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  try {
    await once(socket, 'secureConnect', { signal });
    // The key is sent only after this.
    if (socket.getPeerX509Certificate()?.fingerprint256 !== expected)
      throw new Error(`it shows another certificate than the one in ${certificateFile}`);
    return await send(socket, url, { method, headers, body }, signal);
  } finally {
    socket.destroy();
  }
}

async function send(
  socket: TLSSocket,
  url: URL,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: string | undefined },
  signal: AbortSignal,
): Promise<SecureAnswer> {
  const request = makeRequest(url.href.replace(/^https/, 'http'), {
    method,
    headers: { ...headers, connection: 'close' },
    createConnection: () => socket,
    signal,
  });
  request.end(body);
  const [response] = await once(request, 'response', { signal });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: Number(response.statusCode), text: Buffer.concat(parts).toString('utf8') };
}
