import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWellFormedKey } from '../../test/support/well-formed-key.ts';
import { newCallId, newMasterKey } from './ids.ts';

test('a call id is a UUID that begins with its time, so that later ones sort behind earlier ones', () => {
  const atMs = Date.UTC(2026, 10, 27);
  const id = newCallId(atMs);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(id.slice(0, 13).replace('-', ''), 16), atMs);
  assert.notEqual(newCallId(atMs), id);
  assert.ok(newCallId(atMs + 1) > id);
});

test('a master key is sk- and 49 letters and digits, different each time', () => {
  const keys = new Set(Array.from({ length: 200 }, newMasterKey));
  assert.equal(keys.size, 200);
  for (const key of keys) assert.match(key, /^sk-[0-9A-Za-z]{49}$/);
});

test('a key with any one letter changed is not well formed', () => {
  const key = newMasterKey();
  assert.ok(isWellFormedKey(key));
  for (let at = 0; at < key.length; at += 1) {
    const changed = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
    assert.ok(!isWellFormedKey(changed), `letter ${at}`);
  }
  assert.ok(!isWellFormedKey(''));
  assert.ok(!isWellFormedKey(`${key}0`));
});
