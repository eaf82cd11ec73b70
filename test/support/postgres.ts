/** A real Postgres for a test file: in a folder of its own, on a free port, with a new database for each caller. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { ensureDebianPackage } from './debian.ts';

const STARTS_WITHIN_MS = 30_000;

/** A running Postgres. */
export interface TestPostgres {
  readonly port: number;
  /** Of its first database. */
  readonly url: string;
  /** Makes an empty database and gives its address. */
  makeDatabase(): Promise<string>;
  /** Stops its processes without closing anything (SIGSTOP): it answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again with what it had. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one; further settings are of postgresql.conf, as `max_connections=20`. */
export async function startTestPostgres(...settings: readonly string[]): Promise<TestPostgres> {
  const initdb = ensureDebianPackage('postgresql', 'initdb');
  const binary = ensureDebianPackage('postgresql', 'postgres');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-'));
  // Postgres refuses to run as root.
  const owner = process.getuid?.() === 0 ? idsOf('postgres') : {};
  if ('uid' in owner) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  execFileSync(initdb, ['-D', data, '-U', 'sluice', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], {
    ...owner,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const url = `postgresql://sluice@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;
  let databases = 0;
  // A test that ends without closing it must not leave it running.
  process.once('exit', () => child?.kill('SIGQUIT'));
  const postgres: TestPostgres = {
    port,
    url,
    async makeDatabase() {
      const name = `test_${++databases}`;
      await ask(url, `create database ${name}`);
      return `postgresql://sluice@127.0.0.1:${port}/${name}`;
    },
    freeze: () => signalAll(child, 'SIGSTOP'),
    thaw: () => signalAll(child, 'SIGCONT'),
    async kill() {
      const killed = child;
      child = undefined;
      if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return;
      const exited = once(killed, 'exit');
      signalAll(killed, 'SIGCONT');
      killed.kill('SIGQUIT');
      await exited;
    },
    async start() {
      // What was committed stays committed when its processes are killed; the machine may not crash.
      const options = ['fsync=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1'];
      const flags = [...options, `port=${port}`, `unix_socket_directories=${folder}`, ...settings].flatMap(
        (setting) => ['-c', setting],
      );
      child = spawn(binary, ['-D', data, ...flags], { ...owner, cwd: folder, stdio: 'ignore' });
      const deadline = Date.now() + STARTS_WITHIN_MS;
      while (
        !(await ask(url, 'select 1').then(
          () => true,
          () => false,
        ))
      ) {
        if (Date.now() > deadline || child.exitCode !== null) throw new Error('postgres does not start');
        await wait(50);
      }
    },
    async close() {
      await postgres.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

async function ask(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** The first process and those it made for each connection. */
function signalAll(child: ChildProcess | undefined, signal: 'SIGSTOP' | 'SIGCONT'): void {
  if (child?.pid === undefined) return;
  let children: readonly string[] = [];
  const ps = ensureDebianPackage('procps', 'ps');
  try {
    children = execFileSync(ps, ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' }).split('\n');
  } catch {
    // It has none: `ps` says so by its exit code.
  }
  for (const pid of [child.pid, ...children.map(Number).filter((number) => number > 0)]) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // `ps` itself is gone, and a connection's process may be.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
