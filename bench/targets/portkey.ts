import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CACHE_FOLDER,
  freePort,
  stopProcess,
  type Target,
  TargetMissing,
  type TargetSetting,
  untilListening,
} from './target.ts';

const VERSION = '1.15.2';
/** With the versions it asks for by itself, its streams fail on a current Node.js. */
const OVERRIDES = { '@hono/node-server': '1.13.5', hono: '4.9.7' };
const INSTALL_TIMEOUT_MS = 120_000;

/** Portkey's open-source gateway from npm, installed once into `bench/.cache`. */
export async function startPortkey({ upstreamPort }: TargetSetting): Promise<Target> {
  const folder = join(CACHE_FOLDER, 'portkey');
  const program = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(program)) install(folder);
  if (!existsSync(program)) throw new TargetMissing(`npm did not bring @portkey-ai/gateway ${VERSION}`);
  const port = await freePort();
  const child = spawn(process.execPath, [program, `--port=${port}`, '--headless'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    // By itself it refuses to call private addresses.
    env: { ...process.env, NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
  });
  await untilListening(child, port, 'portkey');
  const host = `http://127.0.0.1:${upstreamPort}/v1`;
  return {
    name: 'portkey',
    pid: child.pid,
    route: (lane) => ({
      port,
      path: '/v1/chat/completions',
      headers: {
        authorization: 'Bearer upstream-key',
        'x-portkey-provider': lane === 'relay' ? 'openai' : 'anthropic',
        'x-portkey-custom-host': host,
      },
      model: (model) => model,
    }),
    stop: () => stopProcess(child),
  };
}

function install(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { '@portkey-ai/gateway': VERSION }, overrides: OVERRIDES };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const result = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (result.status !== 0) {
    const reason = result.stderr?.trim().split('\n').at(0) ?? result.error?.message ?? 'timed out';
    throw new TargetMissing(`@portkey-ai/gateway ${VERSION} could not be installed from npm: ${reason}`);
  }
}
