/** Providers that cannot be reached, F1 to F4, and those without a free connection, F14, with a fallback configured. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { systemClock } from '../../src/core/clock.ts';
import { CallPermit } from '../../src/upstream/call-permit.ts';
import { Upstream, type UpstreamFault } from '../../src/upstream/upstream.ts';
import { ensureDebianPackage } from '../support/debian.ts';
import { PROVIDER_KEY } from '../support/gateway.ts';
import { journey } from './journey.ts';
import { assertServed, deployment, inWorld, PLAIN, type Setup } from './world.ts';

/** The plain setup with its first provider somewhere else. */
function at(base: string, router: Setup['router'] = { connect_timeout: 1 }): Setup {
  const { model_name, litellm_params, model_info } = deployment('chat', 'west');
  const moved = { model_name, litellm_params: { ...Object(litellm_params), api_base: base }, model_info };
  return { ...PLAIN, deployments: [moved, ...PLAIN.deployments.slice(1)], router };
}

const servers: Server[] = [];
const sockets = new Set<Socket>();
const heard: Buffer[] = [];

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** Asks both ways; the fallback must answer before so many milliseconds, and nothing of a failure may be booked. */
async function assertFallback(setup: Setup, withinMs: number): Promise<void> {
  for (const stream of [false, true]) {
    await inWorld(setup, async ({ ask, way, books }) => {
      const answer = await ask({ stream });
      assertServed(answer);
      assert.deepEqual(way(), ['east']);
      assert.ok(answer.tookMs < withinMs, `${answer.tookMs} ms`);
      const line = await books(answer);
      assert.equal(line.deployment, 'east');
      assert.ok(Number(line.attempts) >= 2);
      assert.equal(line.input_tokens, answer.usage?.prompt_tokens);
    });
  }
}

describe('unreachable', { concurrency: 4 }, () => {
  journey('F1', 'the fallback answers', () => assertFallback(at('http://no-such-host.invalid'), 6_000));

  journey('F2', 'the fallback answers', async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    await assertFallback(at(`http://127.0.0.1:${port}`), 4_000);
  });

  journey('F4', 'no TLS there: the fallback answers', async () => {
    const port = await listening(
      createServer((socket) =>
        socket.on('data', (bytes) => {
          heard.push(bytes);
          socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
        }),
      ),
    );
    await assertFallback(at(`https://127.0.0.1:${port}`), 4_000);
  });

  journey('F4', 'a handshake that stalls: the fallback answers after one connect limit', async () => {
    const port = await listening(createServer((socket) => socket.on('data', (bytes) => heard.push(bytes))));
    await assertFallback(at(`https://127.0.0.1:${port}`), 3_500);
  });

  journey('F4', 'a certificate of an unknown authority: the fallback answers, and no key left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-test-tls-'));
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
      const openssl = ensureDebianPackage('openssl', 'openssl');
      assert.equal(spawnSync(openssl, [...request, '-keyout', key, '-out', cert]).status, 0);
      const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) =>
        socket.on('data', (bytes) => heard.push(bytes)),
      );
      server.on('tlsClientError', () => {});
      const port = await listening(server);
      await assertFallback(at(`https://localhost:${port}`), 4_000);
      assert.ok(!Buffer.concat(heard).includes(PROVIDER_KEY), 'no key was sent');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  journey('F14', 'a deployment that is full is left for the fallback at once', () => {
    const full = deployment('chat', 'west', 'openai/gpt-4o+latency-1500-0', { max_parallel_requests: 1 });
    const setup = { ...PLAIN, deployments: [full, ...PLAIN.deployments.slice(1)] };
    return inWorld(setup, async ({ ask, way }) => {
      const answers = await Promise.all([ask(), ask(), ask()]);
      for (const answer of answers) assertServed(answer);
      assert.deepEqual(way().sort(), ['east', 'east', 'west']);
      assert.equal(answers.filter(({ tookMs }) => tookMs < 1_400).length, 2);
    });
  });

  journey('F14', 'a call that waits for a connection ends at its limit', async () => {
    const port = await listening(createServer((socket) => socket.resume()));
    const upstream = new Upstream({ clock: systemClock, connectTimeoutMs: 1_000, maxConnectionsPerOrigin: 2 });
    const timeouts = { firstByteMs: 500, headersMs: 500, idleMs: 500, totalMs: 1_000, slowClientMs: 1_000 };
    const send = (): Promise<UpstreamFault> =>
      new Promise((resolve) => {
        const listener = {
          onHead: () => {
            throw new Error('nothing answers there');
          },
          onFault: resolve,
        };
        const headers = ['content-type', 'application/json'];
        const call = { method: 'POST', origin: `http://127.0.0.1:${port}`, path: '/', headers } as const;
        upstream.send(
          new CallPermit(),
          { ...call, body: Buffer.from('{}'), timeouts, maxResponseBytes: 1_000 },
          listener,
        );
      });
    const since = performance.now();
    const faults = await Promise.all(Array.from({ length: 8 }, send));
    assert.ok(performance.now() - since < 1_500);
    assert.deepEqual(new Set(faults.map(({ kind }) => kind)), new Set(['first-byte-timeout']));
    await upstream.close();
  });
});

/** Listens with the shortest queue and never accepts, being stopped; once the queue is full Linux drops what comes. */
const LISTENER = `const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.stdout.write(server.address().port + '\\n'));`;

describe('a black hole', { skip: process.platform === 'linux' ? false : 'needs Linux' }, () => {
  let child: ChildProcess;
  let port = 0;
  before(async () => {
    child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    port = Number(line.toString());
    child.kill('SIGSTOP');
    for (let count = 0; count < 4; count += 1) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => {});
      sockets.add(socket);
    }
    await wait(200);
  });
  after(() => {
    child.kill('SIGKILL');
  });

  journey('F3', 'the fallback answers after one connect limit', () =>
    assertFallback(at(`http://127.0.0.1:${port}`), 3_500),
  );
});
