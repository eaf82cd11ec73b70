/** Programs from npm that are too large for the project's own dependencies: installed once, outside the project, and kept. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, outOfReach } from './cache-folder.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const INSTALL_TIMEOUT_MS = 240_000;

/** The name of a folder in `npm/` beside this file, with its exact version and lock file. */
export type NpmProgramName =
  | 'claude-code'
  | 'claude-code-2.1.197'
  | 'codex'
  | 'gemini-cli'
  | 'opencode'
  | 'ai-sdk-google';

/** An installed program, or the reason why it cannot be had here. */
export type Installed = { readonly folder: string } | { readonly skip: string };

/** The version that a program's package file pins. */
export function pinnedVersion(name: NpmProgramName): string {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(manifestFolder(name), 'package.json'), 'utf8'),
  );
  return Object.values(manifest.dependencies)[0] ?? '';
}

/** The version of one of the project's own development dependencies. */
export function ownVersion(name: string): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'),
  );
  return manifest.version;
}

/** Installs what a lock file names, without running install scripts. A new lock file makes a new folder. */
export async function npmProgram(name: NpmProgramName): Promise<Installed> {
  const source = manifestFolder(name);
  const lock = readFileSync(join(source, 'package-lock.json'));
  const folder = join(cacheFolder(), `${name}-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return { folder };
  // Made aside and moved into its place, so that two test runs never meet in a half-made one.
  const fresh = `${folder}.new-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(source, file), join(fresh, file));
  copyFileSync(join(ROOT, '.npmrc'), join(fresh, '.npmrc'));
  try {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: fresh,
      timeout: INSTALL_TIMEOUT_MS,
      shell: process.platform === 'win32',
    });
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another run may have been quicker.
    if (existsSync(folder)) return { folder };
    return { skip: outOfReach('the package registries are out of reach', error) };
  }
  return { folder };
}

const manifestFolder = (name: NpmProgramName): string => join(import.meta.dirname, 'npm', name);
