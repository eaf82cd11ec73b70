import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterByTags, type TagMatch } from './tags.ts';

const GROUP = [['free'], ['paid', 'eu'], ['default'], []] as const;
const allowed = (tags: readonly string[], match: TagMatch = 'any', group: readonly (readonly string[])[] = GROUP) =>
  filterByTags(group, tags, match)
    .map((reason, index) => (reason === undefined ? index : ''))
    .join('');

test('any of the tags, or all of them', () => {
  assert.equal(allowed(['free', 'eu']), '01');
  assert.equal(allowed(['paid', 'eu'], 'all'), '1');
  assert.equal(allowed(['free', 'eu'], 'all'), '');
});

test('requests without tags go to the default deployments, or anywhere where there is none', () => {
  assert.equal(allowed([]), '2');
  assert.equal(allowed([], 'any', [['free'], []]), '01');
});

test('a tag that no deployment has falls to the default deployments, or to none', () => {
  assert.equal(allowed(['teams']), '2');
  assert.equal(allowed(['teams'], 'any', [['free'], []]), '');
});

test('a tag with ! leaves out, one with & is required', () => {
  assert.equal(allowed(['!default'], 'any', [['free'], [], ['default']]), '');
  assert.equal(allowed(['!free'], 'any', [['free'], []]), '1');
  assert.equal(allowed(['paid', 'free', '!eu']), '0');
  assert.equal(allowed(['paid', '!eu']), '');
  assert.equal(allowed(['&eu']), '1');
  assert.equal(allowed(['&eu', 'free']), '');
});

test('each deployment that is left out has a reason', () => {
  assert.deepEqual(filterByTags(GROUP, ['paid', '!free'], 'any'), [
    'has the tag free',
    undefined,
    'has none of the tags paid',
    'has none of the tags paid',
  ]);
  assert.deepEqual(filterByTags([['free'], ['default']], [], 'any'), [
    'not tagged default, the request has no tag',
    undefined,
  ]);
});
