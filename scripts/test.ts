/**
 * Runs every test: `npm test`, or only some: `npm test -- test/cli src/core/money.test.ts --name=drains`.
 * The last line says how many passed and failed.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'simulator', 'test', 'bench', 'scripts'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Only tests whose name matches this regular expression. */
    name: { type: 'string' },
    /** Longest time for one file, in seconds: a test that hangs fails and names its file. */
    timeout: { type: 'string', default: '300' },
  },
});

const wanted = positionals.map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''));
const files = globSync(
  FOLDERS.map((folder) => `${folder}/**/*.test.ts`),
  { cwd: root },
)
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path === part || path.startsWith(`${part}/`)))
  .sort();

if (files.length === 0) {
  process.stdout.write(`No test file matches ${positionals.join(' ')}.\n0 passed, 0 failed\n`);
  process.exit(1);
}

const stream = run({
  cwd: root,
  files: files.map((path) => join(root, path)),
  concurrency: Math.max(1, availableParallelism()),
  timeout: Number(values.timeout) * 1000,
  ...(values.name === undefined ? {} : { testNamePatterns: [new RegExp(values.name)] }),
});

let passed = 0;
let failed = 0;
stream.on('test:summary', ({ file, counts }) => {
  if (file !== undefined) return;
  passed = counts.passed;
  failed = counts.tests - counts.passed - counts.skipped - counts.todo;
});

const report = stream.compose(new spec());
report.pipe(process.stdout);
report.on('end', () => {
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});
