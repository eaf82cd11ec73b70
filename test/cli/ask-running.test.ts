import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_ENV, simulatorFor, writeConfig } from './simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

test('--test prints a completion of the running gateway, --health how its deployments are', async (context) => {
  const cwd = temporaryFolder(context);
  const config = writeConfig(cwd, await simulatorFor(context), { 'gpt-4o': 'gpt-4o' });
  const args = ['--config', config, '--host', '127.0.0.1'];
  const sluice = new SluiceProcess(context, { cwd, args: [...args, '--port', '0'], env: CONFIG_ENV });
  const port = new URL(await sluice.url()).port;

  const tested = await runSluice(context, { cwd, env: CONFIG_ENV, args: [...args, '--port', port, '--test'] });
  assert.equal(tested.code, 0, tested.stderr);
  assert.equal((JSON.parse(tested.stdout) as { object: string }).object, 'chat.completion');

  const health = await runSluice(context, { cwd, env: CONFIG_ENV, args: [...args, '--port', port, '--health'] });
  assert.equal(health.code, 0, health.stdout + health.stderr);
  assert.equal((JSON.parse(health.stdout) as { unhealthy_count: number }).unhealthy_count, 0);
});

test('--test where no gateway runs says so and ends with 1', async (context) => {
  const { code, stderr } = await runSluice(context, { cwd: temporaryFolder(context), args: ['--test', '--port', '9'] });
  assert.equal(code, 1);
  assert.match(stderr, /^No gateway answers at http:\/\/127\.0\.0\.1:9: /);
});
