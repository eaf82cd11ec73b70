/** The guide's tables are what the tests assert. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadText } from '../config/load-text.ts';
import { FAULTS, SCENARIOS } from './table.ts';

test('every row has an id of its own, in order', () => {
  assert.deepEqual(
    SCENARIOS.map(({ id }) => id),
    Array.from({ length: 16 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`),
  );
  assert.deepEqual(
    FAULTS.map(({ id }) => id),
    Array.from({ length: 28 }, (_, index) => `F${index + 1}`),
  );
});

test('every row is asserted by a test, and the guide shows the rows as they are', () => {
  const script = join(import.meta.dirname, '../../scripts/generate-reliability.ts');
  const done = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
});

test('what the guide says to set loads, finds nothing wrong, and all of it is in effect', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/guides/reliability.md'), 'utf8');
  const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
  assert.equal(examples.length, 2);
  const env = { OPENAI_API_KEY: 'one', ANTHROPIC_API_KEY: 'another' };
  for (const [, text = ''] of examples) {
    const { config, findings } = loadText(text, { env });
    assert.deepEqual(findings, []);
    assert.deepEqual(config?.notYetInEffect, []);
  }
});
