/** Where a program runs: a home and a working folder of its own, a closed network, a deadline, and none of our environment. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { ClosedNetwork } from './closed-network.ts';

/** What a program is started with. */
export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly deadlineMs?: number;
}

/** What a program left behind. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined if a signal ended it. */
  readonly code: number | undefined;
}

const DEADLINE_MS = 60_000;

/** A home for one conversation with a program. */
export class Sandbox {
  readonly #root = mkdtempSync(join(tmpdir(), 'sluice-program-'));
  readonly #network: ClosedNetwork;
  readonly home = join(this.#root, 'home');
  readonly work = join(this.#root, 'work');

  constructor(network: ClosedNetwork) {
    this.#network = network;
    for (const folder of [this.home, this.work, join(this.#root, 'tmp')]) mkdirSync(folder);
  }

  /** Writes a file; a path that begins with `~/` is below the home, any other below the working folder. */
  write(path: string, content: string): string {
    const file = path.startsWith('~/') ? join(this.home, path.slice(2)) : join(this.work, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.work, path), 'utf8');
  }

  /** Runs a program to its end. Throws what it said if it is not done in time. */
  run({ command, args, env = {}, stdin = '', deadlineMs = DEADLINE_MS }: Start): Promise<Ended> {
    const child = spawn(command, args, {
      cwd: this.work,
      // A group of its own, so that at the deadline its children end with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
        HOME: this.home,
        TMPDIR: join(this.#root, 'tmp'),
        LANG: 'C.UTF-8',
        TERM: 'dumb',
        ...this.#network.env,
        ...env,
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${command} was not done after ${deadlineMs} ms.\n${stdout}\n${stderr}`));
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      }, deadlineMs);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ stdout, stderr, code: code ?? undefined });
      });
    });
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }
}
