import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AffinityMemory, affinityKeyOf } from './affinity.ts';

function memory(options: { readonly ttlSeconds?: number; readonly entries?: number }) {
  const time = { nowMs: 0 };
  return { time, affinity: new AffinityMemory({ nowMs: () => 0, monotonicMs: () => time.nowMs }, options) };
}

test('the session says more than the user', () => {
  const sources = { user: 'u1', sessionHeader: 's1' };
  assert.equal(affinityKeyOf(sources), 's:s1');
  assert.equal(affinityKeyOf({ ...sources, sessionHeader: '' }), 'u:u1');
  assert.equal(affinityKeyOf({}), undefined);
  assert.ok((affinityKeyOf({ user: 'x'.repeat(10_000) }) ?? '').length < 64);
});

test('a conversation is remembered for the time to live after its last answer, in each group of its own', () => {
  const { time, affinity } = memory({ ttlSeconds: 10 });
  affinity.remember('g', 's:1', 'a');
  time.nowMs = 9_000;
  assert.equal(affinity.recall('g', 's:1'), 'a');
  assert.equal(affinity.recall('h', 's:1'), undefined);
  affinity.remember('g', 's:1', 'b');
  time.nowMs = 18_999;
  assert.equal(affinity.recall('g', 's:1'), 'b');
  time.nowMs = 19_000;
  assert.equal(affinity.recall('g', 's:1'), undefined);
});

test('the memory is bounded and forgets what was not used', () => {
  const { affinity } = memory({ entries: 100 });
  affinity.remember('g', 's:kept', 'a');
  for (let index = 0; index < 10_000; index += 1) {
    affinity.remember('g', `s:${index}`, 'b');
    assert.equal(affinity.recall('g', 's:kept'), 'a');
    assert.ok(affinity.size <= 100);
  }
  assert.equal(affinity.recall('g', 's:9999'), 'b');
  assert.equal(affinity.recall('g', 's:1'), undefined);
});
