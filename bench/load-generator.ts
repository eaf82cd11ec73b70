/** The parent's side of the load generator, and of the upstream: scripts of this folder that say when they are ready. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadJob, LoadResult } from './load-job.ts';
import { stopProcess } from './targets/target.ts';

const JOB_TIMEOUT_MS = 60_000;

/** Starts a script of this folder in a process of its own and waits until it is ready. */
export async function startScript(name: string, ...args: readonly string[]): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(name, import.meta.url)), args, {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`bench/${name} ended before it was ready`);
    }),
  ]);
  return child;
}

/** A process that sends requests on demand. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<LoadGenerator> {
    return new LoadGenerator(await startScript('load.ts'));
  }

  async perform(job: LoadJob): Promise<LoadResult> {
    this.#child.send(job);
    const [result] = await once(this.#child, 'message', { signal: AbortSignal.timeout(JOB_TIMEOUT_MS) });
    return result as LoadResult;
  }

  stop(): Promise<void> {
    return stopProcess(this.#child);
  }
}
