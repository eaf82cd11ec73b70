/** Python packages in a virtual environment outside the project that is made once and kept. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackage } from '../support/debian.ts';
import { cacheFolder, outOfReach } from './cache-folder.ts';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 240_000;

/** The Python that has the packages, or the reason why it cannot be had here. */
export type PythonInstalled = { readonly python: string } | { readonly skip: string };

/** Packages, and the modules that must be importable when they are installed. */
export interface PythonPackages {
  readonly name: string;
  readonly packages: readonly string[];
  readonly modules: readonly string[];
}

/** Makes the environment if it is not there. Run its programs with `-m`: their scripts name the folder where they were installed. */
export async function pythonProgram({ name, packages, modules }: PythonPackages): Promise<PythonInstalled> {
  const folder = join(cacheFolder(), `python-${name}-${packages.join('-').replace(/[^\w.-]+/g, '-')}`);
  const python = join(folder, 'bin', 'python');
  const works = async (): Promise<boolean> =>
    existsSync(python) &&
    (await run(python, ['-c', `import ${modules.join(', ')}`], { timeout: 60_000 }).then(
      () => true,
      () => false,
    ));
  if (await works()) return { python };
  const system = ensureDebianPackage('python3', 'python3');
  // Debian keeps what venv needs in a package of its own.
  ensureDebianPackage('python3-venv', 'python3', ['-c', 'import ensurepip']);
  // Made aside and moved into its place, so that two test runs never meet in a half-made one.
  const fresh = `${folder}.new-${process.pid}`;
  mkdirSync(cacheFolder(), { recursive: true });
  try {
    await run(system, ['-m', 'venv', fresh], { timeout: 60_000 });
    const options = ['install', '--quiet', '--disable-pip-version-check', '--retries=1', '--timeout=20'];
    await run(join(fresh, 'bin', 'python'), ['-m', 'pip', ...options, ...packages], { timeout: INSTALL_TIMEOUT_MS });
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    return { skip: outOfReach('the package registry of Python is out of reach', error) };
  }
  if (await works()) return { python };
  throw new Error(`The Python packages ${packages.join(', ')} were installed but cannot be imported.`);
}
