/** `npm run check`: everything about the tree that is not behaviour. Runs every rule, then says which failed and why they exist. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

interface Check {
  readonly name: string;
  readonly why: string;
  /** What is wrong; empty where nothing is. */
  run(): string;
}

/** Runs a program; its output where it fails. */
function outputOfFailed(program: string, ...argv: string[]): string {
  const isWindows = process.platform === 'win32';
  const done = spawnSync(program, argv, { cwd: root, encoding: 'utf8', shell: isWindows, maxBuffer: 64 * 1024 * 1024 });
  if (done.error !== undefined) return `${program}: ${done.error.message}\n`;
  return done.status === 0 ? '' : `${done.stdout}${done.stderr}` || `${program} ended with ${done.status}\n`;
}

const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
const nodeScript = (path: string, ...argv: string[]): string =>
  outputOfFailed(process.execPath, join(root, path), ...argv);

const generators = globSync('scripts/generate-*.ts', { cwd: root }).sort();

const CHECKS: readonly Check[] = [
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
    name: 'types',
    why: 'Node strips types without reading them; this is where they are read.',
    run: () => outputOfFailed(tool('tsc'), '--noEmit'),
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
  const findings: string[] = [];
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const section of ['dependencies', 'devDependencies']) {
    for (const [name, version] of Object.entries(manifest[section] ?? {})) {
      const isPinned = /^(?:\d+\.\d+\.\d+(?:-[\w.]+)?|file:.+)$/.test(String(version));
      if (!isPinned) findings.push(`package.json: ${name} is ${version}, which is no exact version\n`);
    }
  }
  const addresses = new Set(readFileSync(join(root, 'package-lock.json'), 'utf8').match(/"resolved": "https?:[^"]*"/g));
  for (const address of addresses) findings.push(`package-lock.json: ${address}\n`);
  return findings.join('');
}

const failed: string[] = [];
for (const check of CHECKS) {
  const started = performance.now();
  const output = check.run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${output === '' ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)\n`);
  if (output === '') continue;
  failed.push(check.name);
  process.stdout.write(`\n${check.why}\n\n${output.trimEnd()}\n\n`);
}
process.stdout.write(failed.length === 0 ? 'All checks hold.\n' : `${failed.length} failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
