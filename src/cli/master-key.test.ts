import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { findMasterKey, keyInFolder } from './master-key.ts';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-key-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the key is made once, for the owner alone, and stays', (context) => {
  const folder = join(temporaryFolder(context), 'data');
  const first = keyInFolder(folder);
  const second = keyInFolder(folder);
  assert.equal(first.isNew, true);
  assert.equal(second.isNew, false);
  assert.equal(second.key, first.key);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(first.path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['master-key']);
});

test('starters at the same moment agree on one key', async (context) => {
  const folder = join(temporaryFolder(context), 'data');
  const module = new URL('./master-key.ts', import.meta.url).href;
  const gate = new SharedArrayBuffer(4);
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.module).then(({ keyInFolder }) => {
      parentPort.postMessage('ready');
      Atomics.wait(new Int32Array(workerData.gate), 0, 0);
      parentPort.postMessage(keyInFolder(workerData.folder));
    });`;
  const workers = Array.from(
    { length: 8 },
    () => new Worker(code, { eval: true, workerData: { module, folder, gate } }),
  );
  const next = (worker: Worker): Promise<unknown> =>
    new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await Promise.all(workers.map(next));
  const answers = workers.map(next);
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  const found = (await Promise.all(answers)) as { key: string; isNew: boolean }[];
  assert.equal(new Set(found.map(({ key }) => key)).size, 1);
  assert.equal(found.filter(({ isNew }) => isNew).length, 1);
  assert.deepEqual(readdirSync(folder), ['master-key']);
});

test('a key file that others may read is closed to them', (context) => {
  const { path, key } = keyInFolder(temporaryFolder(context));
  chmodSync(path, 0o644);
  assert.equal(keyInFolder(join(path, '..')).key, key);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('an empty key file stops the start', (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'master-key'), '\n');
  assert.throws(() => keyInFolder(folder), /is empty/);
});

test('the configuration comes before the environment, the environment before the folder', (context) => {
  const env = {
    SLUICE_DATA_DIR: temporaryFolder(context),
    SLUICE_MASTER_KEY: 'from-sluice',
    LITELLM_MASTER_KEY: 'from-litellm',
  };
  assert.deepEqual(findMasterKey('from-config', env), { from: 'config', key: 'from-config' });
  assert.deepEqual(findMasterKey(undefined, env), {
    from: 'environment',
    key: 'from-litellm',
    variable: 'LITELLM_MASTER_KEY',
  });
  assert.deepEqual(readdirSync(env.SLUICE_DATA_DIR), []);
  assert.equal(findMasterKey('', { SLUICE_DATA_DIR: env.SLUICE_DATA_DIR }).from, 'file');
});
