import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeFileLock } from './file-lock.ts';

const HOLDER = `
  import { takeFileLock } from ${JSON.stringify(new URL('./file-lock.ts', import.meta.url).href)};
  const lock = takeFileLock(process.argv[1]);
  process.stdout.write(lock === undefined ? 'refused' : 'held');
  setInterval(() => lock, 1_000);
`;

async function startHolder(path: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString() };
}

test('A lock is held by one at a time, within a process and between processes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  const path = join(folder, 'one.lock');
  try {
    const lock = takeFileLock(path);
    assert.ok(lock);
    assert.equal(takeFileLock(path), undefined);
    const { child, said } = await startHolder(path);
    assert.equal(said, 'refused');
    child.kill('SIGKILL');
    lock.release();
    lock.release();
    takeFileLock(path)?.release();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('A lock of a frozen process stays held; that of a killed one is free at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  const path = join(folder, 'two.lock');
  const { child, said } = await startHolder(path);
  try {
    assert.equal(said, 'held');
    child.kill('SIGSTOP');
    assert.equal(takeFileLock(path), undefined);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const lock = takeFileLock(path);
    assert.ok(lock);
    lock.release();
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

test('A path that cannot be written is an error, not a lock that somebody else has', () => {
  assert.throws(() => takeFileLock('/nowhere/at/all.lock'));
});
