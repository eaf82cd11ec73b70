/** Programs from Debian packages that some tests need: found, or installed once, or the test says plainly what is missing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const INSTALL_TIMEOUT_MS = 180_000;
const attempted = new Map<string, string | undefined>();

/** The path of a program, installing the Debian package that brings it where that is possible. Throws one clear sentence otherwise. */
export function ensureDebianPackage(packageName: string, binary: string): string {
  const found = findProgram(binary);
  if (found !== undefined) return found;
  if (!attempted.has(packageName)) attempted.set(packageName, install(packageName));
  const installed = findProgram(binary);
  if (installed !== undefined) return installed;
  const reason = attempted.get(packageName) ?? 'the package does not bring it';
  throw new Error(
    `This test needs the program "${binary}" (Debian package "${packageName}"), which is missing: ${reason}.`,
  );
}

function findProgram(binary: string): string | undefined {
  // Debian keeps the programs of Postgres in a folder for each version, the newest of which is wanted.
  const versioned = globSync('/usr/lib/postgresql/*/bin').sort().reverse();
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', ...versioned];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, binary))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Installs a package; returns why it could not, or undefined. */
function install(packageName: string): string | undefined {
  if (!existsSync('/etc/debian_version')) return 'this is no Debian system';
  if (process.getuid?.() !== 0) return `only root may install it (apt-get install ${packageName})`;
  const options = {
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  const result = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', packageName], options);
  if (result.status === 0) return undefined;
  const lastLine = (result.stderr ?? '').trim().split('\n').at(-1);
  return `apt-get install ${packageName} failed (${lastLine === undefined || lastLine === '' ? 'timed out' : lastLine})`;
}
