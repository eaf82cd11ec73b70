/** Providers that cannot be reached: each failure is reported quickly, in words, without an address or a key in them. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { PROVIDER_KEY, type TestGateway } from '../support/gateway.ts';
import { ask, assertClearFailure, faultConfig, onlyLine, startFaultGateway } from './support.ts';

/** A port without a listener. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(server: Server, backlog?: number): Promise<number> {
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', ...(backlog !== undefined && { backlog }) }, resolve),
  );
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

const GROUPS = {
  refused: 'upstream_connection',
  unresolved: 'upstream_connection',
  'tls-to-plain': 'upstream_connection',
  'tls-stall': 'upstream_timeout',
  'closed-at-once': 'upstream_connection',
  'no-http': 'upstream_bad_gateway',
} as const;

describe('providers that cannot be reached', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const serve = async (onSocket: (socket: Socket) => void): Promise<number> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      onSocket(socket);
    });
    servers.push(server);
    return await listening(server);
  };

  before(async () => {
    const plain = await serve((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const stalled = await serve(() => {});
    const closing = await serve((socket) => socket.destroy());
    const rubbish = await serve((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    const bases: Readonly<Record<keyof typeof GROUPS, string>> = {
      refused: `http://127.0.0.1:${await closedPort()}`,
      unresolved: 'http://no-such-host.invalid',
      'tls-to-plain': `https://127.0.0.1:${plain}`,
      'tls-stall': `https://127.0.0.1:${stalled}`,
      'closed-at-once': `http://127.0.0.1:${closing}`,
      'no-http': `http://127.0.0.1:${rubbish}`,
    };
    const entries = Object.entries(bases).flatMap(([name, api_base]) =>
      (['openai', 'anthropic'] as const).map((provider) => ({
        model_name: `${name}-${provider}`,
        litellm_params: { model: `${provider}/m`, api_base, api_key: 'os.environ/PROVIDER_KEY' },
      })),
    );
    gateway = await startFaultGateway({ config: faultConfig(entries) });
  });
  after(async () => {
    await gateway.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });

  for (const [name, code] of Object.entries(GROUPS)) {
    for (const client of ['openai', 'anthropic'] as const) {
      for (const provider of ['openai', 'anthropic'] as const) {
        test(`${name}: ${client} client over ${provider}`, async () => {
          for (const stream of [false, true]) {
            const since = performance.now();
            const seen = await ask(gateway, client, `${name}-${provider}`, stream);
            assertClearFailure(seen);
            assert.ok(performance.now() - since < 4_000, 'within the limits');
            assert.notEqual(seen.status, 200);
            for (const secret of [PROVIDER_KEY, '127.0.0.1', 'no-such-host'])
              assert.ok(!seen.text.includes(secret), seen.text);
            const line = await onlyLine(gateway, seen.callId);
            assert.equal(line.error, code, seen.text);
            assert.equal(line.outcome, 'failure');
            assert.equal(line.input_tokens, undefined, 'nothing reached a model, nothing is booked');
          }
        });
      }
    }
  }
});
