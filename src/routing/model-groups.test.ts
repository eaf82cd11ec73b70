import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelGroups, type Routable } from './model-groups.ts';
import { simpleShuffle } from './strategies/simple-shuffle.ts';

const deployment = (id: string, group: string, model: string, weight?: number): Routable => ({
  id,
  group,
  model,
  weight,
});
const aliases = new Map([
  ['fast', { group: 'gpt-4o', hidden: false }],
  ['secret', { group: 'gpt-4o', hidden: true }],
]);
const groups = new ModelGroups(
  [
    deployment('1', 'gpt-4o', 'gpt-4o'),
    deployment('2', 'gpt-4o', 'gpt-4o-eu'),
    deployment('3', 'openai/*', '*'),
    deployment('4', 'openai/gpt-*', 'gpt-*'),
    deployment('5', '*', 'models/*'),
  ],
  aliases,
  { fill: (filled, model) => ({ ...filled, model }) },
);

test('a name means its alias, its group, a deployment id, then the most specific wildcard', () => {
  assert.deepEqual(
    groups.resolve('fast')?.deployments.map(({ id }) => id),
    ['1', '2'],
  );
  assert.deepEqual(
    groups.resolve('gpt-4o')?.deployments.map(({ id }) => id),
    ['1', '2'],
  );
  assert.deepEqual(
    groups.resolve('2')?.deployments.map(({ id }) => id),
    ['2'],
  );
  assert.deepEqual(groups.resolve('openai/gpt-5')?.deployments, [deployment('4', 'openai/gpt-*', 'gpt-5')]);
  assert.deepEqual(groups.resolve('openai/o3')?.deployments, [deployment('3', 'openai/*', 'o3')]);
  assert.deepEqual(groups.resolve('llama')?.deployments, [deployment('5', '*', 'models/llama')]);
  assert.equal(groups.resolve('openai/gpt-5')?.pattern, 'openai/gpt-*');
});

test('a name with a star or of absurd length matches no wildcard', () => {
  assert.equal(groups.resolve('openai/*x'), undefined);
  assert.equal(groups.resolve(`openai/${'x'.repeat(300)}`), undefined);
});

test('hidden aliases are served and not listed', () => {
  assert.equal(groups.resolve('secret')?.name, 'gpt-4o');
  assert.deepEqual(groups.listedNames().sort(), ['*', 'fast', 'gpt-4o', 'openai/*', 'openai/gpt-*']);
});

test('names that clients make up do not grow the memory of filled wildcards without bound', () => {
  for (let index = 0; index < 5_000; index += 1) groups.resolve(`made-up-${index}`);
  assert.equal(groups.resolve('made-up-4999')?.deployments[0]?.model, 'models/made-up-4999');
});

test('simple shuffle puts a deployment first as often as its weight says, and keeps all of them', () => {
  const weighted = [deployment('a', 'g', 'm', 3), deployment('b', 'g', 'm', 1), deployment('c', 'g', 'm')];
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const first = { a: 0, b: 0, c: 0 };
  for (let round = 0; round < 4_000; round += 1) {
    const order = simpleShuffle(weighted, random);
    assert.deepEqual(order.map(({ id }) => id).sort(), ['a', 'b', 'c']);
    first[order[0]?.id as 'a' | 'b' | 'c'] += 1;
  }
  assert.ok(Math.abs(first.a - 3_000) < 150, `a stood first ${first.a} times`);
  assert.equal(first.c, 0);
});
