import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { ask, CONFIG_ENV, simulatorFor, writeConfig } from './simulated-config.ts';
import { SluiceProcess, temporaryFolder } from './sluice-process.ts';

interface Started {
  readonly sluice: SluiceProcess;
  readonly url: string;
  readonly config: string;
  write(groups: Readonly<Record<string, string>>): void;
  said(words: string, times?: number): Promise<true>;
}

async function started(context: TestContext): Promise<Started> {
  const cwd = temporaryFolder(context);
  const simulator = await simulatorFor(context);
  const config = writeConfig(cwd, simulator, { first: 'gpt-4o' });
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0'];
  const sluice = new SluiceProcess(context, { cwd, args, env: CONFIG_ENV });
  return {
    sluice,
    url: await sluice.url(),
    config,
    write: (groups) => void writeConfig(cwd, simulator, groups),
    said: (words, times = 1) =>
      sluice.until(`"${words}"`, ({ stdout }) => (stdout.split(words).length > times ? true : undefined)),
  };
}

test('SIGHUP reads the configuration again', async (context) => {
  const { sluice, url, said } = await started(context);
  sluice.kill('SIGHUP');
  await said('Configuration reloaded');
  assert.equal((await ask(url, 'first')).status, 200);
});

test('a changed file is taken over while the gateway runs', async (context) => {
  const { url, write, said } = await started(context);
  assert.equal((await ask(url, 'second')).status, 400);
  write({ second: 'gpt-4o' });
  await said('Configuration reloaded');
  assert.equal((await ask(url, 'second')).status, 200);
  assert.equal((await ask(url, 'first')).status, 400);
});

test('a broken file leaves the old configuration serving and says what is wrong; a corrected one is used', async (context) => {
  const { url, config, write, said, sluice } = await started(context);
  writeFileSync(config, 'model_list: [{ model_nmae: x }');
  await said('The configuration has errors');
  assert.match(sluice.stdout, /config\.yaml:1/);
  assert.equal((await ask(url, 'first')).status, 200);
  write({ corrected: 'gpt-4o' });
  await said('Configuration reloaded');
  assert.equal((await ask(url, 'corrected')).status, 200);
});

test('a stream that runs during a reload keeps the configuration it began with', async (context) => {
  const { url, write, said } = await started(context);
  write({ slow: 'gpt-4o+tokens-40+latency-50-50' });
  await said('Configuration reloaded');
  const response = await ask(url, 'slow', true);
  write({ other: 'gpt-4o' });
  await said('Configuration reloaded', 2);
  assert.match(await response.text(), /data: \[DONE\]\n\n$/);
  assert.equal((await ask(url, 'slow')).status, 400);
});
