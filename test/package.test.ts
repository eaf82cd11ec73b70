/** What is published, installed the way a user would: packed, into an empty folder, without a checkout beside it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageVersion } from '../src/cli/version.ts';
import { NODE_FOLDER, SluiceProcess, temporaryFolder } from './cli/sluice-process.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const OUT_OF_REACH = /EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/;

test('the package installs into an empty folder, tells its version and serves the demo', async (context) => {
  const folder = temporaryFolder(context);
  const packed = join(folder, 'packed');
  const empty = join(folder, 'empty');
  mkdirSync(packed);
  mkdirSync(empty);

  // The project's .npmrc switches scripts off; here the one that builds is wanted.
  await run('npm', ['pack', '--silent', '--ignore-scripts=false', '--pack-destination', packed], { cwd: root });
  const [tarball] = readdirSync(packed);
  assert.ok(tarball, 'npm pack made a file');

  try {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...flags, join(packed, tarball)], { cwd: empty });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    if (!OUT_OF_REACH.test(output)) throw error;
    return context.skip(`the package registry is out of reach: ${output.slice(0, 200)}`);
  }

  // The installed command must run on the same Node.js as this test, whatever the machine has.
  const env = { PATH: `${NODE_FOLDER}:${process.env.PATH}`, HOME: folder };
  const { stdout } = await run('npx', ['--no-install', 'sluice', '--version'], { cwd: empty, env });
  assert.equal(stdout, `${packageVersion()}\n`);

  const bill: unknown = JSON.parse(
    readFileSync(join(empty, 'node_modules', 'sluice-gateway', 'dist', 'sbom.cdx.json'), 'utf8'),
  );
  assert.ok(typeof bill === 'object' && bill !== null && 'bomFormat' in bill && bill.bomFormat === 'CycloneDX');

  const command = join(empty, 'node_modules', '.bin', 'sluice');
  const args = ['demo', '--host', '127.0.0.1', '--port', '0'];
  const gateway = new SluiceProcess(context, { cwd: empty, command, args });
  const answer = await run('bash', ['-c', await gateway.curlLine()], { env });
  assert.match(answer.stdout, /"choices"/, answer.stdout + answer.stderr);
  // A body that is translated on a thread of its own, which has to be in the package.
  const [, url, key] = /(http:\S+?)\/v1\S*.*Bearer (sk-[\w-]+)/s.exec(await gateway.curlLine()) ?? [];
  const messages = [{ role: 'user', content: 'word '.repeat(100_000) }];
  const large = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key ?? '', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', max_tokens: 9, messages }),
  });
  assert.match(await large.text(), /"type":"message"/);
  assert.doesNotMatch(gateway.stdout + gateway.stderr, /thread for large bodies/);

  gateway.kill('SIGTERM');
  const { code, stderr } = await gateway.ended;
  assert.equal(code, 0, stderr);
});
