/** Programs from Debian packages that some tests need. A missing one is installed if that is possible; otherwise the test fails and names it. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const INSTALL_TIMEOUT_MS = 180_000;
/** Test files run at the same time, and apt-get refuses to run twice. */
const LOCK_FILE = join(tmpdir(), 'sluice-tests-apt-get.lock');
const attempted = new Map<string, string | undefined>();

/**
 * Returns the path of a program. Installs its Debian package if it is missing, or if it fails with the arguments of `probe`; throws
 * one sentence if that is not possible.
 */
export function ensureDebianPackage(packageName: string, binary: string, probe: readonly string[] = []): string {
  const find = (): string | undefined => {
    const path = findProgram(binary);
    const isWhole = path !== undefined && (probe.length === 0 || spawnSync(path, probe).status === 0);
    return isWhole ? path : undefined;
  };
  const found = find();
  if (found !== undefined) return found;
  if (!attempted.has(packageName)) attempted.set(packageName, install(packageName));
  const installed = find();
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
  if (!existsSync('/etc/debian_version')) return 'this is not a Debian system, so install it by hand';
  if (process.getuid?.() !== 0) return `only root may install it (apt-get install ${packageName})`;
  const options = {
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  } as const;
  const script = 'apt-get update -qq; apt-get install -y -qq --no-install-recommends "$1"';
  const result = spawnSync('flock', [LOCK_FILE, 'sh', '-c', script, 'sh', packageName], options);
  if (result.status === 0) return undefined;
  const lastLine = (result.stderr ?? '').trim().split('\n').at(-1);
  return `apt-get install ${packageName} failed (${lastLine === undefined || lastLine === '' ? 'timed out' : lastLine})`;
}
