/** Something that stands between the load generator and the upstream, or nothing at all. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Lane } from '../scenarios.ts';

/** Where and how to send a request so that it takes a lane. */
interface Route {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The model name to send for a model of the upstream. */
  readonly model: (upstreamModel: string) => string;
}

/** A running target. */
export interface Target {
  readonly name: string;
  /** Undefined if there is no process in between. */
  readonly pid: number | undefined;
  readonly route: (lane: Lane, stream: boolean) => Route;
  readonly stop: () => Promise<void>;
}

/** What a target needs to know when it starts. */
export interface TargetSetting {
  readonly upstreamPort: number;
  /** A folder for its files, gone after the run. */
  readonly folder: string;
  readonly isProfiled: boolean;
  /** The root of the other checkout that is measured, if there is one. */
  readonly against: string | undefined;
  /** Further lines of Sluice's `litellm_settings`. */
  readonly litellmSettings?: string;
}

/** A target that cannot run here, and why. */
export class TargetMissing extends Error {
  override readonly name = 'TargetMissing';
}

/** What outlives a run: installed packages and profiles. */
export const CACHE_FOLDER = fileURLToPath(new URL('../.cache/', import.meta.url));
/** The checkout. */
export const ROOT_FOLDER = fileURLToPath(new URL('../../', import.meta.url));

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5000;

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  mkdirSync(CACHE_FOLDER, { recursive: true });
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Waits until a process answers HTTP on a port; fails when it ends first. */
export async function untilListening(child: ChildProcess, port: number, name: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said = `${said}${data.toString()}`.slice(-2000);
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    try {
      await (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) })).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  child.kill('SIGKILL');
  throw new TargetMissing(`${name} did not start${said === '' ? '' : `: ${said.trim()}`}`);
}

/** Ends a process: asked first, killed when it does not listen. */
export function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
