import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenCounter } from './token-counter.ts';

test('Texts are counted by the vocabulary, and after the end by rule of thumb without a thread', async () => {
  const counter = new TokenCounter();
  assert.equal(await counter.count(''), 0);
  assert.equal(await counter.count('hello world'), 2);
  await counter.close();
  assert.equal(await counter.count('hello world'), 3);
  assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'));
});

test('What is being counted at the end is answered, and what its answer leads to as well', async () => {
  const counter = new TokenCounter();
  const chain = counter.count('a b c d').then(() => counter.count('twelve chars'));
  await counter.close();
  assert.equal(await chain, 3);
  assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'));
});
