import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';

/** The command as a checkout has it. */
export const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'sluice.cjs');

/** The folder of the Node.js that runs this test, for a PATH on which `node` means the same one. */
export const NODE_FOLDER = dirname(process.execPath);

/** How the command is run. */
export interface SluiceOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Another installed command than the checkout's. */
  readonly command?: string;
}

/** How a process ended, and all it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real command in a process of its own, with nothing of this machine's environment but PATH. */
export class SluiceProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  #watchers = new Set<() => void>();
  #isOver = false;

  constructor(context: Pick<TestContext, 'after'>, options: SluiceOptions) {
    const { args = [], env = {}, cwd, command } = options;
    const start: [string, string[]] =
      command === undefined ? [process.execPath, [COMMAND, ...args]] : [command, [...args]];
    this.child = spawn(...start, {
      cwd,
      env: { PATH: `${NODE_FOLDER}:${process.env.PATH}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.#isOver = true;
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#look();
      });
    });
    context.after(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** What `find` gives as soon as it gives something; rejects when the process ends or the time is up before. */
  until<T>(what: string, find: (process: SluiceProcess) => T | undefined, timeoutMs = 30_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const fail = (why: string): void => {
        stop();
        reject(new Error(`${why} before ${what}.\nstdout:\n${this.stdout}\nstderr:\n${this.stderr}`));
      };
      const look = (): void => {
        const found = find(this);
        if (found !== undefined) {
          stop();
          resolve(found);
        } else if (this.#isOver) fail('The process ended');
      };
      const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** The curl line of the start, once it is whole. */
  curlLine(): Promise<string> {
    return this.until('a curl line', ({ stderr }) => /^ *(curl .*)\n/m.exec(stderr)?.[1]);
  }

  /** The address that the start prints. */
  async url(): Promise<string> {
    const line = await this.curlLine();
    return /https?:\/\/[^/ ]+/.exec(line)?.[0] ?? '';
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** An empty folder that is removed after the test. */
export function temporaryFolder(context: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the command to its end. */
export function runSluice(context: TestContext, options: SluiceOptions): Promise<Ended> {
  return new SluiceProcess(context, options).ended;
}
