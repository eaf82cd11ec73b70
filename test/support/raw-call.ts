import { connect } from 'node:net';

/** What came over a socket, and how it ended: for tests of what no HTTP client would show. */
export interface RawAnswer {
  readonly bytes: Buffer;
  /** `open`: nothing more came within the time. */
  readonly ending: 'fin' | 'reset' | 'open';
  readonly text: string;
  readonly status: number;
  readonly headers: string;
  /** The body with the chunked encoding taken off, as far as it is right. */
  readonly body: string;
  readonly events: readonly string[];
}

/** Sends a chat request by hand and reads until the end, or until nothing has come for a while. */
export async function rawChat(
  port: number,
  body: object,
  options: { headers?: string[]; path?: string; quietMs?: number } = {},
): Promise<RawAnswer> {
  const { headers = ['authorization: Bearer sk-test'], path = '/v1/chat/completions', quietMs = 3000 } = options;
  const text = JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: x',
    'connection: keep-alive',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  return await exchange(port, `${[...head, ...headers].join('\r\n')}\r\n\r\n${text}`, quietMs);
}

/** Writes bytes to a port and gathers what comes back. */
export async function exchange(port: number, request: string, quietMs: number): Promise<RawAnswer> {
  const parts: Buffer[] = [];
  const ending = await new Promise<RawAnswer['ending']>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (how: RawAnswer['ending']): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(how);
    };
    let timer = setTimeout(() => end('open'), quietMs);
    socket.on('data', (chunk) => {
      parts.push(chunk);
      clearTimeout(timer);
      // An answer that is whole needs no long look at what else may come.
      timer = setTimeout(() => end('open'), isWhole(parts) ? Math.min(quietMs, 30) : quietMs);
    });
    socket.on('error', () => end('reset'));
    socket.on('end', () => end('fin'));
    socket.write(request);
  });
  return read(Buffer.concat(parts), ending);
}

function isWhole(parts: readonly Buffer[]): boolean {
  const tail = Buffer.concat(parts.slice(-8)).toString('latin1');
  if (/\r\n0\r\n\r\n$/.test(tail)) return true;
  const head = (parts[0] ?? Buffer.alloc(0)).toString('latin1');
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return length !== undefined && size - head.indexOf('\r\n\r\n') - 4 >= Number(length);
}

function read(bytes: Buffer, ending: RawAnswer['ending']): RawAnswer {
  const text = bytes.toString('latin1');
  // Interim answers come before the one that counts.
  const start = text.search(/HTTP\/1\.1 (?!10[023])/);
  const at = text.indexOf('\r\n\r\n', Math.max(start, 0));
  const headers = text.slice(Math.max(start, 0), at < 0 ? text.length : at);
  const raw = at < 0 ? Buffer.alloc(0) : bytes.subarray(at + 4);
  const bodyBytes = /transfer-encoding: chunked/i.test(headers) ? unchunk(raw) : raw;
  const body = bodyBytes.toString();
  return {
    bytes: bodyBytes,
    ending,
    text,
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(headers)?.[1] ?? 0),
    headers,
    body,
    events: [...body.matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? ''),
  };
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (Number.isNaN(size) || size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
