import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { isWellFormedKey } from '../support/well-formed-key.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

const run = promisify(execFile);
const args = ['--host', '127.0.0.1', '--port', '0'];

async function pasted(line: string, env: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
  const { stdout } = await run('bash', ['-c', line], { env: { PATH: process.env.PATH, ...env } });
  return JSON.parse(stdout);
}

async function askModels(url: string, key: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(response.status, 200);
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

test('a start without anything serves simulated models, says so, and prints a curl line that works when pasted', async (context) => {
  const cwd = temporaryFolder(context);
  const sluice = new SluiceProcess(context, { cwd, args });
  const answer = await pasted(await sluice.curlLine());
  assert.ok(Array.isArray(answer.choices), JSON.stringify(answer));
  assert.match(sluice.stderr, /models are simulated/);
  const key = /^Master key: (\S+) \(made now/m.exec(sluice.stderr)?.[1] ?? '';
  assert.ok(isWellFormedKey(key), sluice.stderr);
  assert.ok((await askModels(await sluice.url(), key)).includes('claude-sonnet-4-5'));
});

test('standard output holds nothing but JSON lines, and neither the key nor the prompt', async (context) => {
  const cwd = temporaryFolder(context);
  const sluice = new SluiceProcess(context, { cwd, args });
  await pasted(await sluice.curlLine());
  sluice.kill('SIGTERM');
  const { code, stdout } = await sluice.ended;
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.ok(lines.length >= 2, stdout);
  for (const line of lines) assert.equal(typeof JSON.parse(line).level, 'string');
  assert.ok(!stdout.includes(readFileSync(join(cwd, 'data', 'master-key'), 'utf8').trim()));
  assert.ok(!stdout.includes('Hello!'));
});

test('the master key is for its owner alone, outlives a restart, and is not printed again', async (context) => {
  const cwd = temporaryFolder(context);
  const first = new SluiceProcess(context, { cwd, args });
  await first.curlLine();
  first.kill('SIGTERM');
  await first.ended;
  const path = join(cwd, 'data', 'master-key');
  const key = readFileSync(path, 'utf8').trim();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(cwd, 'data')).mode & 0o777, 0o700);

  const second = new SluiceProcess(context, { cwd, args });
  const line = await second.curlLine();
  assert.ok(!second.stderr.includes(key), 'a log that outlives the start must not hold the key');
  assert.ok(Array.isArray((await pasted(line)).choices), line);
  assert.equal(readFileSync(path, 'utf8').trim(), key);
});

test('two starts at the same moment agree on the key', async (context) => {
  const cwd = temporaryFolder(context);
  const unshared = [...args, '--unshared-limits'];
  const both = [0, 1].map(() => new SluiceProcess(context, { cwd, args: unshared }));
  const urls = await Promise.all(both.map((sluice) => sluice.url()));
  const key = readFileSync(join(cwd, 'data', 'master-key'), 'utf8').trim();
  for (const url of urls) assert.ok((await askModels(url, key)).length > 0);
});

test('a second start in the same data folder is refused with the reason, and serves once the first has ended', async (context) => {
  const cwd = temporaryFolder(context);
  const first = new SluiceProcess(context, { cwd, args });
  await first.url();
  const refused = await runSluice(context, { cwd, args });
  assert.deepEqual([refused.code, refused.stdout], [1, '']);
  assert.match(refused.stderr, /Another instance serves.*--unshared-limits/);
  first.kill('SIGKILL');
  await first.ended;
  const second = new SluiceProcess(context, { cwd, args });
  await second.url();
});

test('a key of the environment is used, not printed, and named in the curl line', async (context) => {
  const cwd = temporaryFolder(context);
  const env = { LITELLM_MASTER_KEY: 'sk-from-the-environment' };
  const sluice = new SluiceProcess(context, { cwd, args, env });
  const line = await sluice.curlLine();
  assert.match(line, /Bearer \$LITELLM_MASTER_KEY"/);
  assert.ok(!sluice.stderr.includes(env.LITELLM_MASTER_KEY));
  assert.ok(Array.isArray((await pasted(line, env)).choices));
});

test('provider keys in the environment become wildcard groups', async (context) => {
  const cwd = temporaryFolder(context);
  const sluice = new SluiceProcess(context, { cwd, args, env: { DEEPSEEK_API_KEY: 'not-a-real-key' } });
  assert.match(await sluice.curlLine(), /"model":"deepseek\/deepseek-chat"/);
  assert.match(sluice.stderr, /provider keys in the environment allow: .*deepseek\/\*/);
});

test('--model serves that one model', async (context) => {
  const cwd = temporaryFolder(context);
  const more = ['--model', 'openai/gpt-4o', '--alias', 'mine', '--api-base', 'http://127.0.0.1:9'];
  const env = { OPENAI_API_KEY: 'not-a-real-key', LITELLM_MASTER_KEY: 'sk-from-the-environment' };
  const sluice = new SluiceProcess(context, { cwd, args: [...args, ...more], env });
  assert.deepEqual(await askModels(await sluice.url(), env.LITELLM_MASTER_KEY), ['mine']);
});

test('a configuration with errors prints all of them, starts nothing and ends with 2', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(join(cwd, 'bad.yaml'), 'model_list:\n  - model_nmae: a\n    litellm_params: {}\nrouter_settings: 7\n');
  const { code, stdout, stderr } = await runSluice(context, { cwd, args: [...args, '--config', 'bad.yaml'] });
  assert.deepEqual([code, stdout], [2, ''], stderr);
  assert.match(stderr, /bad\.yaml:2:\d+/);
  assert.match(stderr, /bad\.yaml:4:\d+/);
});

test('a port in use is reported in one line and the exit code is 1', async (context) => {
  const port = await portInUse(context);
  const cwd = temporaryFolder(context);
  const { code, stderr } = await runSluice(context, { cwd, args: ['--host', '127.0.0.1', '--port', String(port)] });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Port ${port} on 127.0.0.1 is in use. Stop what listens there, or choose another with --port.\n`,
  );
});

test('an address that is not this machine’s is reported in one line', async (context) => {
  const { code, stderr } = await runSluice(context, {
    cwd: temporaryFolder(context),
    args: ['--host', '192.0.2.1', '--port', '0'],
  });
  assert.equal(code, 1);
  assert.match(stderr, /^192\.0\.2\.1 is no address of this machine\. [^\n]+\n$/);
});

test('a reader of the log that leaves does not end the gateway', async (context) => {
  const sluice = new SluiceProcess(context, { cwd: temporaryFolder(context), args });
  const line = await sluice.curlLine();
  sluice.child.stdout.destroy();
  for (let count = 0; count < 3; count += 1) assert.ok(Array.isArray((await pasted(line)).choices));
  sluice.kill('SIGTERM');
  assert.equal((await sluice.ended).code, 0);
});

test('flags of LiteLLM without a meaning are said, and the start goes on', async (context) => {
  const sluice = new SluiceProcess(context, { cwd: temporaryFolder(context), args: [...args, '--run_gunicorn'] });
  await sluice.curlLine();
  assert.match(sluice.stderr, /^--run_gunicorn has no effect: /);
});

function portInUse(context: TestContext): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
    context.after(() => server.close());
  });
}
