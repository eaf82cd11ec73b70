/** `npm run check`: everything about the tree that is not behaviour. Runs every rule, then says which failed and why they exist. */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '..');

interface Check {
  readonly name: string;
  readonly why: string;
  /** What is wrong; empty if nothing is. */
  run(): string | Promise<string>;
}

/** Runs a program; gives its output if it fails. */
async function outputOfFailed(program: string, ...argv: string[]): Promise<string> {
  const isWindows = process.platform === 'win32';
  const child = spawn(program, argv, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: isWindows });
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return code === 0 ? '' : `${output}${errors}` || `${program} ended with ${code}\n`;
}

const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
const nodeScript = (path: string, ...argv: string[]): Promise<string> =>
  outputOfFailed(process.execPath, join(root, path), ...argv);

const generators = globSync('scripts/generate-*.ts', { cwd: root }).sort();

const CHECKS: readonly Check[] = [
  {
    name: 'types',
    why: 'Node strips types without reading them; this is where they are read.',
    run: () => outputOfFailed(tool('tsc'), '--noEmit'),
  },
  {
    name: 'format',
    why: 'One layout, so that a change shows only what it changes. Fix with: npm run format',
    run: () => outputOfFailed(tool('biome'), 'format'),
  },
  {
    name: 'lint',
    why: 'The mistakes a machine can see, seen by a machine (biome.json).',
    run: () => outputOfFailed(tool('biome'), 'lint', '--diagnostic-level=warn', '--error-on-warnings'),
  },
  {
    name: 'architecture',
    why: 'Who may import whom (ARCHITECTURE.md). Each rule below gives its own reason.',
    run: () => nodeScript('scripts/check-architecture.ts'),
  },
  {
    name: 'english',
    why: 'A page, comment or message that makes a reader stumble costs every reader; scripts/english/words.ts lists the words.',
    run: () => nodeScript('scripts/check-english.ts'),
  },
  {
    name: 'links',
    why: 'A page that leads nowhere costs every reader.',
    run: () => nodeScript('scripts/check-links.ts'),
  },
  ...generators.map(
    (path): Check => ({
      name: path.replace(/^.*generate-|\.ts$/g, ''),
      why: 'A page that is generated must be what the source generates. Fix with: npm run generate',
      run: () => nodeScript(path, '--check'),
    }),
  ),
  {
    name: 'pins',
    why: 'Two installs of one commit must be the same program: exact versions, and a lock file that names no one registry.',
    run: pinFindings,
  },
];

function pinFindings(): string {
  const folders = ['', ...globSync('test/programs/npm/*/', { cwd: root }).map((folder) => `${folder}/`)];
  return folders.flatMap((folder) => findingsOfPackage(folder.replaceAll('\\', '/').replace(/\/+$/, '/'))).join('');
}

/** What is not pinned in the package file and the lock file of a folder. */
function findingsOfPackage(folder: string): string[] {
  const findings: string[] = [];
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  for (const section of ['dependencies', 'devDependencies']) {
    for (const [name, version] of Object.entries(manifest[section] ?? {})) {
      const isPinned = /^(?:\d+\.\d+\.\d+(?:-[\w.]+)?|file:.+)$/.test(String(version));
      if (!isPinned) findings.push(`${folder}package.json: ${name} is ${version}, which is no exact version\n`);
    }
  }
  const lock = readFileSync(join(root, folder, 'package-lock.json'), 'utf8');
  for (const address of new Set(lock.match(/"resolved": "https?:[^"]*"/g))) {
    findings.push(`${folder}package-lock.json: ${address}\n`);
  }
  return findings;
}

const failed: string[] = [];
const waiting = [...CHECKS];

/** Runs one check after the other until none is left. */
async function runChecks(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const started = performance.now();
    const output = await check.run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${output === '' ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)\n`);
    if (output === '') continue;
    failed.push(check.name);
    process.stdout.write(`\n${check.why}\n\n${output.trimEnd()}\n\n`);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: availableParallelism() }, runChecks));
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(
  failed.length === 0 ? `All checks hold (${seconds} s).\n` : `${failed.length} failed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
