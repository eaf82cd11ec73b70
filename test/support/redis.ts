/** A real Redis for a test: started on a free port in a folder of its own, frozen, killed and started again as the test wants. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureDebianPackage } from './debian.ts';

const STARTS_WITHIN_MS = 10_000;

/** A running Redis. */
export interface TestRedis {
  readonly port: number;
  /** `redis://127.0.0.1:PORT`. */
  readonly url: string;
  /** Sends one command as words and gives the raw first bytes of the answer. */
  command(...words: string[]): Promise<string>;
  /** Stops its process without closing anything (SIGSTOP). */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one; further arguments are options of redis-server. */
export async function startTestRedis(...options: readonly string[]): Promise<TestRedis> {
  const binary = ensureDebianPackage('redis-server', 'redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const redis: TestRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: (...words) => command(port, words),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async kill() {
      const killed = child;
      child = undefined;
      if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return;
      const exited = once(killed, 'exit');
      killed.kill('SIGKILL');
      await exited;
    },
    async start() {
      const argv = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...options];
      child = spawn(binary, argv, { stdio: 'ignore' });
      const deadline = Date.now() + STARTS_WITHIN_MS;
      while (!(await command(port, ['PING']).catch(() => '')).match(/^(?:\+PONG|-NOAUTH)/)) {
        if (Date.now() > deadline) throw new Error('redis-server does not start');
        await wait(10);
      }
    },
    async close() {
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

/** Starts a sentinel that watches a Redis on this machine under a name; with a password, who asks must know it. */
export async function startTestSentinel(
  masterPort: number,
  serviceName: string,
  password?: string,
  wantedPort?: number,
): Promise<{ readonly port: number; readonly command: TestRedis['command']; close(): Promise<void> }> {
  const binary = ensureDebianPackage('redis-server', 'redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sentinel-'));
  const port = wantedPort ?? (await freePort());
  const file = join(folder, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${serviceName} 127.0.0.1 ${masterPort} 1`,
      ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    ].join('\n'),
  );
  const child = spawn(binary, [file, '--sentinel'], { stdio: 'ignore' });
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (!(await command(port, ['PING']).catch(() => '')).match(/^(?:\+PONG|-NOAUTH)/)) {
    if (Date.now() > deadline) throw new Error('the sentinel does not start');
    await wait(10);
  }
  return {
    port,
    command: (...words) => command(port, words),
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function command(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(1_000, () => socket.destroy(new Error('Redis does not answer')));
  try {
    await once(socket, 'connect');
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  } finally {
    socket.destroy();
  }
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
