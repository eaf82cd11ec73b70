import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort, ROOT_FOLDER, stopProcess, type Target, type TargetSetting, untilListening } from './target.ts';

/** A bare relay, node:http and undici in a process of its own: the floor of what a gateway in Node.js costs. */
export async function startBare({ upstreamPort }: TargetSetting): Promise<Target> {
  const port = await freePort();
  const script = join(ROOT_FOLDER, 'bench/bare-relay.ts');
  const child = spawn(process.execPath, [script, String(port), String(upstreamPort)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  await untilListening(child, port, 'bare');
  return {
    name: 'bare',
    pid: child.pid,
    route: () => ({
      port,
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer upstream-key' },
      model: (model) => model,
    }),
    stop: () => stopProcess(child),
  };
}
