import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask, CONFIG_ENV, MASTER_KEY, simulatorFor, writeConfig } from './simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

const args = ['--host', '127.0.0.1', '--port', '0', '--num_workers', '2', '--unshared-limits'];

async function started(context: TestContext, dying?: string): Promise<SluiceProcess> {
  const cwd = temporaryFolder(context);
  const groups = { quick: 'gpt-4o', slow: 'gpt-4o+tokens-40+latency-50-50' };
  const config = writeConfig(cwd, await simulatorFor(context), groups);
  const env =
    dying === undefined ? CONFIG_ENV : { ...CONFIG_ENV, NODE_OPTIONS: `--import=${dyingWorkers(cwd, dying)}` };
  return new SluiceProcess(context, { cwd, args: [...args, '--config', config], env });
}

/** A module that kills the workers to whose number a condition applies, before they listen. */
function dyingWorkers(folder: string, condition: string): string {
  const path = join(folder, 'dying.mjs');
  const text = `import cluster from 'node:cluster';
    const number = cluster.worker?.id;
    if (number !== undefined && (${condition})) process.kill(process.pid, 'SIGKILL');`;
  writeFileSync(path, text);
  return path;
}

function listening({ stdout }: SluiceProcess): string[] {
  return [...stdout.matchAll(/"worker":(\d+),"msg":"A worker listens"/g)].map(([, pid]) => pid ?? '');
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

test('workers that die before they listen are made again, the first one too', async (context) => {
  const sluice = await started(context, 'number === 1 || number === 3');
  const url = await sluice.url();
  await sluice.until('two workers', (process) => (listening(process).length === 2 ? true : undefined));
  assert.equal((sluice.stdout.match(/A worker could not start; trying again/g) ?? []).length, 2);
  assert.equal((await ask(url, 'quick')).status, 200);
});

test('a start whose workers all die before they listen ends with a sentence and 1', async (context) => {
  const { code, stderr } = await (await started(context, 'true')).ended;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /No worker serves: 5 in a row could not start\. The last one: A worker ended with SIGKILL before it listened\./,
  );
});

test('a gateway whose last worker dies, and whose replacements do too, ends with a sentence and 1', async (context) => {
  const sluice = await started(context, 'number > 1');
  const pid = await sluice.until('the line of a worker', (process) => listening(process)[0]);
  process.kill(Number(pid), 'SIGKILL');
  const { code, stderr } = await sluice.ended;
  assert.equal(code, 1);
  assert.match(stderr, /No worker serves: 5 in a row could not start/);
});

test('SIGTERM to one worker lets its streams end whole, and another takes its place', async (context) => {
  const sluice = await started(context);
  const url = await sluice.url();
  const streams = await Promise.all([1, 2, 3, 4].map(() => ask(url, 'slow', true)));
  const pids = listening(sluice);
  process.kill(Number(pids[0]), 'SIGTERM');
  for (const stream of streams) assert.match(await stream.text(), /data: \[DONE\]\n\n$/);
  await sluice.until('a third worker', (process) => (listening(process).length === 3 ? true : undefined));
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
