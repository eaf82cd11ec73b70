/**
 * Runs every test: `npm test`, or only some: `npm test -- test/cli src/core/money.test.ts --name=drains`.
 * Every skipped test is listed with its reason. The last line says how many passed, failed and were skipped.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { isKnownSkip, type SkippedTest } from './known-skips.ts';

const FOLDERS = ['src', 'simulator', 'test', 'bench', 'scripts'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Only tests whose name matches this regular expression. */
    name: { type: 'string' },
    /** Longest time for one file, in seconds: a test that hangs fails and names its file. */
    timeout: { type: 'string', default: '300' },
    /** A skipped test counts as failed unless its reason is listed in scripts/known-skips.ts. */
    'known-skips-only': { type: 'boolean', default: false },
    /** The folder that holds the folders of tests. */
    root: { type: 'string', default: join(import.meta.dirname, '..') },
  },
});

const root = resolve(values.root);

const wanted = positionals.map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''));
const files = globSync(
  FOLDERS.map((folder) => `${folder}/**/*.test.ts`),
  { cwd: root },
)
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path === part || path.startsWith(`${part}/`)))
  .sort();

if (files.length === 0) {
  process.stdout.write(`No test file matches ${positionals.join(' ')}.\n0 passed, 0 failed, 0 skipped\n`);
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

const skipped: SkippedTest[] = [];
// The counts of the summary leave out skipped suites, so skips are counted here.
stream.on('test:pass', ({ file, name, skip }) => {
  if (skip === undefined || skip === false) return;
  const path = file === undefined ? '' : relative(root, file).replaceAll('\\', '/');
  skipped.push({ file: path, name, reason: typeof skip === 'string' ? skip : '' });
});

const report = stream.compose(new spec());
report.pipe(process.stdout);
report.on('end', () => {
  const unknown = values['known-skips-only'] ? skipped.filter((test) => !isKnownSkip(test)) : [];
  process.stdout.write(`\n${listOf('Skipped:', skipped)}`);
  process.stdout.write(listOf('Skipped for a reason that scripts/known-skips.ts does not list:', unknown));
  process.stdout.write(
    `${passed} passed, ${failed + unknown.length} failed, ${skipped.length - unknown.length} skipped\n`,
  );
  process.exitCode = failed + unknown.length === 0 && passed > 0 ? 0 : 1;
});

function listOf(title: string, tests: readonly SkippedTest[]): string {
  if (tests.length === 0) return '';
  const lines = tests.map(
    ({ file, name, reason }) => `  ${file}: ${name}: ${reason === '' ? 'no reason given' : reason}\n`,
  );
  return `${title}\n${lines.join('')}\n`;
}
