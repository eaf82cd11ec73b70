import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyTable } from './key-table.ts';

const tenant = { key: 'tenant-a-key', userId: 'tenant-a', models: ['deepseek-v4', 'openai/*'], blocked: false };

test('a key is found by its whole text only, with or without sk-', () => {
  const table = new KeyTable('sk-master', [tenant, { key: 'tenant-a-key2', models: [], blocked: true }]);
  assert.equal(table.find('tenant-a-key')?.userId, 'tenant-a');
  assert.equal(table.find('tenant-a-key2')?.isBlocked, true);
  assert.equal(table.find('tenant-a-ke'), undefined);
  assert.equal(table.find('sk-master')?.isAdmin, true);
});

test('no key text is kept in the table', () => {
  const table = new KeyTable('sk-master-secret', [tenant]);
  assert.doesNotMatch(
    JSON.stringify([table.find('tenant-a-key'), table.find('sk-master-secret')]),
    /tenant-a-key|secret/,
  );
});

test('a declared key that equals the master key does not take its rights away', () => {
  assert.equal(new KeyTable('same', [{ ...tenant, key: 'same' }]).find('same')?.isAdmin, true);
});

test('a key may use the groups it names, by name or wildcard, and without a list all', () => {
  const table = new KeyTable('sk-master', [tenant, { key: 'all', models: [], blocked: false }]);
  const limited = table.find('tenant-a-key');
  const all = table.find('all');
  assert.ok(limited !== undefined && all !== undefined);
  assert.equal(table.mayUse(limited, ['deepseek-v4']), true);
  assert.equal(table.mayUse(limited, ['openai/gpt-4o']), true);
  assert.equal(table.mayUse(limited, ['glm-4']), false);
  assert.equal(table.mayUse(limited, ['deepseek-v4-pro']), false);
  assert.equal(table.mayUse(all, ['anything']), true);
});
