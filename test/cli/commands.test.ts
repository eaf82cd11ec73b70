import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { packageVersion } from '../../src/cli/version.ts';
import { COMMAND, runSluice, temporaryFolder } from './sluice-process.ts';

test('--version prints the version of package.json and nothing else', async (context) => {
  const cwd = temporaryFolder(context);
  for (const args of [['--version'], ['-v'], ['version']]) {
    const { code, stdout, stderr } = await runSluice(context, { cwd, args });
    assert.deepEqual([code, stdout, stderr], [0, `${packageVersion()}\n`, '']);
  }
});

test('--help names every command and flag', async (context) => {
  const { code, stdout } = await runSluice(context, { cwd: temporaryFolder(context), args: ['--help'] });
  assert.equal(code, 0);
  for (const word of [
    'serve',
    'check',
    'demo',
    '--config',
    '--port',
    '--host',
    '--num_workers',
    '--test',
    '--health',
    '--debug',
  ]) {
    assert.ok(stdout.includes(word), word);
  }
});

test('a mistyped flag ends with 2 and names the nearest', async (context) => {
  const { code, stdout, stderr } = await runSluice(context, {
    cwd: temporaryFolder(context),
    args: ['--confg', 'a.yaml'],
  });
  assert.deepEqual([code, stdout], [2, '']);
  assert.equal(stderr, 'Unknown flag --confg. Did you mean --config? See sluice --help.\n');
});

/** A Node.js on this machine that is too old to run Sluice, outside the project's own tools. */
function oldNode(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return folders
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
    .find(
      (path) => Number.parseInt(execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10) < 24,
    );
}

test('an old Node.js says in one line what is missing, and the exit code is 1', (context) => {
  const node = oldNode();
  if (node === undefined) return context.skip('needs a Node.js below 24');
  const { status, stdout, stderr } = spawnSync(node, [COMMAND, '--version'], { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^Sluice needs Node\.js 24 or newer; this is v\d+\.\d+\.\d+\. [^\n]+\n$/);
});

test('the entry uses no syntax that Node.js 12 cannot read', () => {
  const text = readFileSync(COMMAND, 'utf8').replace(/\/\/.*/g, '');
  for (const newer of [/\?\./, /\?\?/, /=>/, /`/, /\bconst\b/, /\blet\b/, /\bawait\b/, /\d_\d/, /catch\s*\{/]) {
    assert.doesNotMatch(text, newer);
  }
});
