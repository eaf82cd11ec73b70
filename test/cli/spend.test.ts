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

  const wrong = await spend('--by', 'colour');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /must be one of key, team, user/);
  const date = await spend('--from', 'yesterday');
  assert.equal(date.code, 1);
  assert.match(date.stderr, /YYYY-MM-DD/);
});
