import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, stopProcess, type Target, TargetMissing, type TargetSetting, untilListening } from './target.ts';

/**
 * Nginx as a plain reverse proxy: one worker, kept-alive connections to the upstream, access log on, bodies held in memory,
 * streams unbuffered. It checks no key and counts nothing, so it is the least that any proxy costs.
 */
export async function startNginx({ upstreamPort, folder }: TargetSetting): Promise<Target> {
  const port = await freePort();
  const home = join(folder, 'nginx');
  mkdirSync(home, { recursive: true });
  const config = join(home, 'nginx.conf');
  writeFileSync(config, configuration(port, upstreamPort, home));
  const child = spawn('nginx', ['-c', config, '-p', home, '-e', join(home, 'error.log')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin` },
  });
  const missing = new Promise<never>((_, reject) =>
    child.once('error', (error) =>
      reject(new TargetMissing(`nginx could not be run (${error.message}); on Debian: apt-get install nginx-light`)),
    ),
  );
  await Promise.race([untilListening(child, port, 'nginx'), missing]);
  return {
    name: 'nginx',
    pid: child.pid,
    route: (_lane, stream) => ({
      port,
      path: stream ? '/stream/v1/chat/completions' : '/v1/chat/completions',
      headers: {},
      model: (model) => model,
    }),
    stop: () => stopProcess(child),
  };
}

function configuration(port: number, upstreamPort: number, home: string): string {
  const proxy = `
      proxy_pass http://models/v1/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;`;
  return `
daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events { worker_connections 4096; }
http {
  access_log ${home}/access.log combined;
  client_body_temp_path ${home}/body;
  proxy_temp_path ${home}/proxy;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  keepalive_requests 1000000;
  upstream models {
    server 127.0.0.1:${upstreamPort};
    keepalive 256;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port};
    location /v1/ {${proxy}
    }
    location /stream/v1/ {
      proxy_buffering off;${proxy}
    }
  }
}
`;
}
