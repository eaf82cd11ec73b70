import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WatchOptions, watchConfig } from './watch.ts';

interface Watched {
  readonly folder: string;
  readonly file: string;
  changes(): number;
  /** Waits until so many changes have been reported. */
  until(count: number): Promise<void>;
}

function watched(
  t: TestContext,
  prepare: (file: string, folder: string) => void,
  options: Partial<WatchOptions> = {},
): Watched {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  const file = join(folder, 'config.yaml');
  prepare(file, folder);
  let changes = 0;
  const watching = watchConfig({
    files: [file],
    onChange: () => (changes += 1),
    debounceMs: 30,
    retryMs: 120,
    ...options,
  });
  t.after(() => {
    watching.close();
    rmSync(folder, { recursive: true });
  });
  const until = async (count: number): Promise<void> => {
    const deadline = performance.now() + 5_000;
    while (changes < count && performance.now() < deadline) await sleep(10);
    assert.equal(changes, count);
  };
  return { folder, file, changes: () => changes, until };
}

const text = (timeout: number): string => `router_settings: { timeout: ${timeout} }\n`;

test('a change is reported once, writing the same bytes is not', async (t) => {
  const { file, until, changes } = watched(t, (path) => writeFileSync(path, text(1)));
  writeFileSync(file, text(2));
  writeFileSync(file, text(3));
  await until(1);
  writeFileSync(file, text(3));
  await sleep(250);
  assert.equal(changes(), 1);
});

test('a file renamed over the old one is a change', async (t) => {
  const { folder, file, until } = watched(t, (path) => writeFileSync(path, text(1)));
  for (const round of [1, 2]) {
    writeFileSync(join(folder, 'new'), text(10 + round));
    renameSync(join(folder, 'new'), file);
    await until(round);
  }
});

test('a change of an included file is reported, also of one included only later', async (t) => {
  const { folder, file, until } = watched(t, (path) => writeFileSync(path, text(1)));
  writeFileSync(join(folder, 'more.yaml'), text(1));
  writeFileSync(file, 'include: [more.yaml]\n');
  await until(1);
  writeFileSync(join(folder, 'more.yaml'), text(2));
  await until(2);
});

test('a link that is pointed elsewhere is a change', async (t) => {
  const { folder, file, until } = watched(t, (path, within) => {
    writeFileSync(join(within, 'one.yaml'), text(1));
    writeFileSync(join(within, 'two.yaml'), text(2));
    symlinkSync('one.yaml', path);
  });
  symlinkSync('two.yaml', join(folder, 'link'));
  renameSync(join(folder, 'link'), file);
  await until(1);
});

test('a half-written file is looked at again before anything is reported', async (t) => {
  const { file, until, changes } = watched(t, (path) => writeFileSync(path, text(1)));
  writeFileSync(file, '');
  await sleep(80);
  assert.equal(changes(), 0);
  writeFileSync(file, text(2));
  await until(1);
});

test('a file that stays broken, or disappears, is reported after the second look', async (t) => {
  const { file, until } = watched(t, (path) => writeFileSync(path, text(1)));
  writeFileSync(file, 'router_settings: [');
  await until(1);
  unlinkSync(file);
  await until(2);
  writeFileSync(file, text(1));
  await until(3);
});

test('a file in a folder that is only made later is found by looking', async (t) => {
  const { file, until } = watched(t, () => undefined, { files: [], pollMs: 30 });
  const later = join(dirname(file), 'later', 'config.yaml');
  let changes = 0;
  const watching = watchConfig({ files: [later], onChange: () => (changes += 1), debounceMs: 20, pollMs: 30 });
  t.after(() => watching.close());
  mkdirSync(dirname(later));
  writeFileSync(later, text(1));
  const deadline = performance.now() + 5_000;
  while (changes === 0 && performance.now() < deadline) await sleep(10);
  assert.equal(changes, 1);
  await until(0);
});

test('nothing is reported after closing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, text(1));
  let changes = 0;
  const watching = watchConfig({ files: [file], onChange: () => (changes += 1), debounceMs: 20 });
  writeFileSync(file, text(2));
  watching.close();
  await sleep(100);
  assert.equal(changes, 0);
  rmSync(folder, { recursive: true });
});
