/** A real Nginx for a test: one address in front of several instances, in turn, streams passed on as they come. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureDebianPackage } from './debian.ts';
import { freePort } from './redis.ts';

const SHIPPED = readFileSync(join(import.meta.dirname, '..', '..', 'deploy', 'nginx.conf'), 'utf8');
const STARTS_WITHIN_MS = 10_000;
const ENDS_WITHIN_MS = 2_000;

/** A running Nginx. */
export interface TestNginx {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts one before these ports of this machine. `movesOn`: as deploy/nginx.conf has it, which goes on to another instance if one
 * refuses the connection; else it never tries another.
 */
export async function startTestNginx(
  ports: readonly number[],
  { movesOn = false }: { readonly movesOn?: boolean } = {},
): Promise<TestNginx> {
  const binary = ensureDebianPackage('nginx-light', 'nginx');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nginx-'));
  // Its worker is another user where the test is root.
  chmodSync(folder, 0o755);
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name), { mode: 0o777 });
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, movesOn ? shipped(folder, port, ports) : configuration(folder, port, ports));
  const child = spawn(binary, ['-c', config, '-p', folder, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGTERM'));
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('nginx does not start');
    await wait(20);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGTERM');
      // Killed, it would leave its worker behind.
      await Promise.race([exited, wait(ENDS_WITHIN_MS, undefined, { ref: false })]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The file that we ship, with the ports and folders of a test. */
function shipped(folder: string, port: number, ports: readonly number[]): string {
  const [first = '', ...others] = SHIPPED.match(/^ *server \S+:4000 .*;\n/gm) ?? [];
  if (others.length !== 1) throw new Error('deploy/nginx.conf no longer names two instances');
  const servers = ports.map((each) => first.replace(/server \S+/, `server 127.0.0.1:${each}`)).join('');
  return `daemon off;\n${SHIPPED}`
    .replace(first, servers)
    .replace(others[0] ?? '', '')
    .replace('listen 8080 ', `listen 127.0.0.1:${port} `)
    .replaceAll('/var/log/nginx/', `${folder}/`)
    .replaceAll('/tmp/nginx', `${folder}/nginx`);
}

function configuration(folder: string, port: number, ports: readonly number[]): string {
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream instances {
${ports.map((each) => `    server 127.0.0.1:${each} max_fails=0;`).join('\n')}
    keepalive 256;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://instances;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 120s;
      proxy_next_upstream off;
    }
  }
}
`;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
