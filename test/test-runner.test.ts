/** `npm test` as a command: what it lists, its last line, and which skips it accepts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from './cli/sluice-process.ts';

const SCRIPT = join(import.meta.dirname, '../scripts/test.ts');

/** Runs the tests of a folder that holds one file; gives the exit code and the lines of the output. */
function runTests(context: TestContext, text: string, ...flags: readonly string[]) {
  const root = temporaryFolder(context);
  mkdirSync(join(root, 'test'));
  writeFileSync(join(root, 'test/a.test.ts'), `import { describe, test } from 'node:test';\n${text}`);
  // Node.js sets this for each test file; a runner that sees it reports to its parent.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, `--root=${root}`, ...flags], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  const lines = stdout.trimEnd().split('\n');
  return { status, stdout, lines, lastLine: lines.at(-1) };
}

const KNOWN = "test('recorded', { skip: '../shared/recordings is absent' }, () => {});\n";
const UNKNOWN = "describe('a suite', { skip: 'too slow' }, () => {});\ntest('a test', { skip: true }, () => {});\n";

test('the last line counts passed, failed and skipped tests, and each skip is listed with its reason', (context) => {
  const text = `test('passes', () => {});\ntest('fails', () => { throw new Error('no'); });\n${KNOWN}${UNKNOWN}`;
  const { status, lines, lastLine } = runTests(context, text);
  assert.equal(status, 1);
  assert.equal(lastLine, '1 passed, 1 failed, 3 skipped');
  assert.ok(lines.includes('  test/a.test.ts: recorded: ../shared/recordings is absent'), lines.join('\n'));
  assert.ok(lines.includes('  test/a.test.ts: a suite: too slow'));
  assert.ok(lines.includes('  test/a.test.ts: a test: no reason given'));
});

test('with --known-skips-only a skip for a listed reason is accepted', (context) => {
  const { status, lastLine } = runTests(context, `test('passes', () => {});\n${KNOWN}`, '--known-skips-only');
  assert.deepEqual([status, lastLine], [0, '1 passed, 0 failed, 1 skipped']);
});

test('with --known-skips-only every other skip, of a test or a suite, counts as failed and is named', (context) => {
  const { status, stdout, lastLine } = runTests(
    context,
    `test('passes', () => {});\n${KNOWN}${UNKNOWN}`,
    '--known-skips-only',
  );
  assert.deepEqual([status, lastLine], [1, '1 passed, 2 failed, 1 skipped']);
  assert.match(
    stdout,
    /known-skips\.ts does not list:\n {2}test\/a\.test\.ts: a suite: too slow\n {2}test\/a\.test\.ts: a test: no reason given\n/,
  );
});

test('a run without any test fails', (context) => {
  const { status, lastLine } = runTests(context, '', 'test/nothing');
  assert.deepEqual([status, lastLine], [1, '0 passed, 0 failed, 0 skipped']);
});
