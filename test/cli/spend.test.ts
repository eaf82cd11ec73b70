import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, CONFIG_ENV, simulatorFor, writeConfig } from './simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

test('spend tells what the running gateway spent, and what one request was priced by', async (context) => {
  const cwd = temporaryFolder(context);
  const config = writeConfig(cwd, await simulatorFor(context), { 'gpt-4o': 'gpt-4o' });
  const args = ['--config', config, '--host', '127.0.0.1'];
  const sluice = new SluiceProcess(context, { cwd, args: [...args, '--port', '0'], env: CONFIG_ENV });
  const url = await sluice.url();
  const spend = (...more: string[]) =>
    runSluice(context, { cwd, env: CONFIG_ENV, args: ['spend', ...args, '--port', new URL(url).port, ...more] });

  const none = await spend('--from', '2020-01-01', '--to', '2020-01-02');
  assert.equal(none.code, 0, none.stderr);
  assert.equal(none.stdout, 'No spend from 2020-01-01 to 2020-01-02 (UTC), USD.\n');

  const response = await ask(url, 'gpt-4o');
  assert.equal(response.status, 200);
  const callId = response.headers.get('x-litellm-call-id') ?? '';
  let one = await spend('--call-id', callId);
  for (const until = Date.now() + 5_000; one.code !== 0 && Date.now() < until; await wait(100)) {
    one = await spend('--call-id', callId);
  }
  assert.equal(one.code, 0, one.stderr);
  assert.match(one.stdout, new RegExp(`^Request ${callId}, begun `));
  assert.match(one.stdout, /0 {2}\S+ +openai\/gpt-4o {2}success/);

  assert.match((await spend('--by', 'key')).stdout, /^master-key/m);
  const table = await spend('--by', 'provider');
  assert.match(table.stdout, /^openai +1 +0 /m);
  assert.match(table.stdout, /^total +1 +0 /m);
  const json = JSON.parse((await spend('--by', 'day', '--json')).stdout) as {
    total: { cost: string };
    group_by: string;
  };
  assert.equal(json.group_by, 'day');
  assert.match(json.total.cost, /^0\.0\d+$/);

  const savings = (...more: string[]) =>
    runSluice(context, { cwd, env: CONFIG_ENV, args: ['savings', ...args, '--port', new URL(url).port, ...more] });
  const saved = await savings();
  assert.equal(saved.code, 0, saved.stderr);
  assert.match(
    saved.stdout,
    /^Nothing acted on these requests\.\nPaid (0\.\d+), without the gateway \1: saved 0 \(0\.0 %\)\.$/m,
  );
  assert.match((await savings('--by', 'key')).stdout, /^master-key \(.*\) +1 /m);
  const figures = JSON.parse((await savings('--by', 'day', '--json')).stdout) as { total: { saved: string } };
  assert.equal(figures.total.saved, '0');
  assert.equal((await savings('--by', 'colour')).code, 1);

  const orphans = await spend('--orphans');
  assert.deepEqual([orphans.code, orphans.stdout], [0, 'No request is booked as an orphan.\n']);
  const half = await spend('--orphans', '--attempt', `${callId}/0`);
  assert.deepEqual(
    [half.code, half.stderr],
    [1, 'To correct an orphan, give both --attempt (from the list) and --cost (in USD).\n'],
  );
  const notOne = await spend('--orphans', '--attempt', `${callId}/0`, '--cost', '0.1');
  assert.equal(notOne.code, 1);
  assert.match(notOne.stderr, /names no orphaned request/);

  const wrong = await spend('--by', 'colour');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /must be one of key, team, user/);
  const date = await spend('--from', 'yesterday');
  assert.equal(date.code, 1);
  assert.match(date.stderr, /YYYY-MM-DD/);
});

test('a name that steers terminals is written out in tables, in JSON and in metrics', async (context) => {
  const cwd = temporaryFolder(context);
  const config = writeConfig(cwd, await simulatorFor(context), { 'gpt-4o': 'gpt-4o' });
  const args = ['--config', config, '--host', '127.0.0.1'];
  const sluice = new SluiceProcess(context, { cwd, args: [...args, '--port', '0'], env: CONFIG_ENV });
  const url = await sluice.url();
  const admin = { authorization: `Bearer ${CONFIG_ENV.TEST_MASTER_KEY}`, 'content-type': 'application/json' };
  const alias = '\u001b]0;pwn\u0007\u001b[31m\u009b2J\u202e\r\n\u007f';
  const made = await fetch(`${url}/key/generate`, {
    method: 'POST',
    headers: admin,
    body: JSON.stringify({ key_alias: alias }),
  });
  assert.equal(made.status, 200);
  const { key } = (await made.json()) as { key: string };
  const asked = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...admin, authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }),
  });
  assert.equal(asked.status, 200);
  await asked.text();

  const port = new URL(url).port;
  const spend = (...more: string[]) =>
    runSluice(context, { cwd, env: CONFIG_ENV, args: ['spend', ...args, '--port', port, '--by', 'key', ...more] });
  let table = await spend();
  for (const until = Date.now() + 5_000; !table.stdout.includes('pwn') && Date.now() < until; await wait(100)) {
    table = await spend();
  }
  const json = await spend('--json');
  const metrics = await (await fetch(`${url}/metrics`, { headers: admin })).text();
  for (const text of [table.stdout, json.stdout, metrics]) {
    assert.match(text, /u001b\]0;pwn/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
  const { results } = JSON.parse(json.stdout) as { results: { alias?: string }[] };
  assert.equal(results[0]?.alias, alias);
});
