import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ask, CONFIG_ENV, MASTER_KEY, simulatorFor, writeConfig } from './simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

const args = ['--host', '127.0.0.1', '--port', '0', '--num_workers', '2', '--unshared-limits'];

async function started(context: TestContext): Promise<SluiceProcess> {
  const cwd = temporaryFolder(context);
  const groups = { quick: 'gpt-4o', slow: 'gpt-4o+tokens-40+latency-50-50' };
  const config = writeConfig(cwd, await simulatorFor(context), groups);
  return new SluiceProcess(context, { cwd, args: [...args, '--config', config], env: CONFIG_ENV });
}

async function answered(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${MASTER_KEY}` } });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const rows = text.matchAll(/^litellm_proxy_total_requests_metric_total\{[^}]*\} (\d+)/gm);
  return [...rows].reduce((sum, [, count]) => sum + Number(count), 0);
}

test('workers share a port, and any of them tells the metrics of all', async (context) => {
  const sluice = await started(context);
  const url = await sluice.url();
  const rounds = 12;
  for (let round = 0; round < rounds; round += 1) {
    // A connection of its own each time, so that the workers take turns.
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ model: 'quick', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    assert.equal(response.status, 200, await response.text());
  }
  // Settled requests reach the metrics a moment after the answer.
  let count = 0;
  for (let look = 0; look < 50 && count !== rounds; look += 1) {
    count = await answered(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(count, rounds);
});

test('a worker that dies is replaced', async (context) => {
  const sluice = await started(context);
  const url = await sluice.url();
  const pid = await sluice.until(
    'a worker',
    ({ stdout }) => /"worker":(\d+),"msg":"A worker listens"/.exec(stdout)?.[1],
  );
  process.kill(Number(pid), 'SIGKILL');
  await sluice.until('the replacement', ({ stdout }) =>
    stdout.includes('another takes its place') ? true : undefined,
  );
  for (let round = 0; round < 6; round += 1) assert.equal((await ask(url, 'quick')).status, 200);
});

test('SIGTERM drains every worker and ends with 0', async (context) => {
  const sluice = await started(context);
  const url = await sluice.url();
  const streams = await Promise.all([ask(url, 'slow', true), ask(url, 'slow', true)]);
  sluice.kill('SIGTERM');
  for (const stream of streams) assert.match(await stream.text(), /data: \[DONE\]\n\n$/);
  const { code } = await sluice.ended;
  assert.equal(code, 0);
});

test('workers whose primary is killed do not stay behind', async (context) => {
  const sluice = await started(context);
  const url = await sluice.url();
  sluice.kill('SIGKILL');
  for (let look = 0; look < 50; look += 1) {
    const isGone = await fetch(`${url}/health/liveliness`).then(
      () => false,
      () => true,
    );
    if (isGone) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('a worker still answers');
});

test('the errors of a configuration are reported once, whatever the number of workers', async (context) => {
  const cwd = temporaryFolder(context);
  const { code, stderr } = await runSluice(context, { cwd, args: [...args, '--config', 'missing.yaml'] });
  assert.equal(code, 2);
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
});

test('several workers without a Redis do not start, and say why', async (context) => {
  const cwd = temporaryFolder(context);
  const config = writeConfig(cwd, await simulatorFor(context), { quick: 'gpt-4o' });
  const without = ['--host', '127.0.0.1', '--port', '0', '--num_workers', '2', '--config', config];
  const refused = await runSluice(context, { cwd, args: without, env: CONFIG_ENV });
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /needs a Redis.*once per worker.*--unshared-limits/s);

  const accepted = new SluiceProcess(context, {
    cwd,
    args: without,
    env: { ...CONFIG_ENV, SLUICE_UNSHARED_LIMITS: '1' },
  });
  assert.equal((await ask(await accepted.url(), 'quick')).status, 200);
});
