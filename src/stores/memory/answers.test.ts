import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testAnswers } from '../contracts/answers.contract.ts';
import { MemoryAnswers } from './answers.ts';

function store(mostBytes = 1_000_000) {
  const clock = { now: 0, nowMs: () => clock.now, monotonicMs: () => clock.now };
  const answers = new MemoryAnswers(clock, mostBytes);
  const keep = (scope: string, key: string, value = 'v', ttlMs = 1_000) => {
    const [found] = answers.find(scope, [key]);
    answers.keep(scope, [{ key, value: Buffer.from(value), ttlMs, life: found?.life ?? '' }]);
  };
  const read = (scope: string, key: string) => answers.find(scope, [key])[0]?.value?.toString();
  return { clock, answers, keep, read };
}

testAnswers('memory', async (use) => {
  const { clock, answers } = store();
  const pass = (ms: number): void => {
    clock.now += ms;
  };
  await use({ store: answers, pass });
});

test('bytes are bounded, and what was not used for the longest goes first', () => {
  const { answers, keep, read } = store(10_000);
  for (let index = 0; index < 8; index += 1) keep('a', `k${index}`, 'x'.repeat(600));
  assert.equal(read('a', 'k0')?.length, 600);
  keep('a', 'new', 'x'.repeat(600));
  keep('a', 'newer', 'x'.repeat(600));
  assert.ok(answers.bytes <= 10_000);
  assert.equal(read('a', 'k1'), undefined, 'the oldest unused');
  assert.equal(read('a', 'k0')?.length, 600, 'used just now');
  keep('a', 'huge', 'x'.repeat(10_000));
  assert.equal(read('a', 'huge'), undefined, 'larger than the store');
  assert.equal(read('a', 'newer')?.length, 600, 'and drives out nothing');
});

test('scopes are bounded, and an answer of one that was forgotten is not kept for a later one', () => {
  const { answers, keep, read } = store();
  keep('first', 'k');
  const [underWay] = answers.find('erased', ['late']);
  answers.erase('erased');
  for (let index = 0; index < 10_001; index += 1) answers.erase(`s${index}`);
  answers.keep('erased', [{ key: 'late', value: Buffer.from('v'), ttlMs: 1_000, life: underWay?.life ?? '' }]);
  assert.equal(read('erased', 'late'), undefined);
  assert.equal(read('first', 'k'), 'v', 'those that have answers stay');
  for (let index = 0; index < 10_001; index += 1) keep(`t${index}`, `k${index}`, '');
  assert.ok(answers.bytes <= 10_000 * 512);
});
