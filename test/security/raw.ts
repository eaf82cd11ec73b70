/** Requests by hand, for what no HTTP client would send. */
import { connect, type Socket } from 'node:net';

/** What came back on a socket. */
export interface RawResult {
  readonly text: string;
  /** The statuses of the final answers, in order. */
  readonly statuses: readonly number[];
  readonly ending: 'closed' | 'reset' | 'open';
}

/** Writes bytes and gathers what comes back, until the other side closes or nothing has come for `quietMs`. */
export function sendRaw(port: number, bytes: string | Buffer, quietMs = 600): Promise<RawResult> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const parts: Buffer[] = [];
    const end = (ending: RawResult['ending']): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(parts).toString('latin1');
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ text, statuses: statuses.filter((status) => status >= 200), ending });
    };
    let timer = setTimeout(() => end('open'), quietMs * 5);
    socket.on('data', (chunk) => {
      parts.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(() => end('open'), quietMs);
    });
    socket.on('error', () => end('reset'));
    socket.on('end', () => end('closed'));
    socket.write(bytes);
  });
}

/** A request as it stands on the wire. */
export function request(line: string, headers: Readonly<Record<string, string>>, body = ''): string {
  const all = {
    host: 'gateway',
    ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${line} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
