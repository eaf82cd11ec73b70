import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from './identity.ts';
import { deniedBy, mayUseAll } from './model-access.ts';

function identity(
  models: readonly string[],
  objects: Partial<Record<'team' | 'user' | 'organization', readonly string[]>> = {},
) {
  const made = Object.fromEntries(Object.entries(objects).map(([kind, list]) => [kind, { models: list }]));
  return { from: 'directory', models, objects: { teams: [], organizations: [], ...made } } as unknown as Identity;
}

test('a key without a list may use everything, one with a list what it names, wildcards included', () => {
  assert.equal(deniedBy(identity([]), ['m']), undefined);
  assert.equal(deniedBy(identity(['m']), ['m']), undefined);
  assert.equal(deniedBy(identity(['openai/*']), ['openai/gpt-4o']), undefined);
  assert.equal(deniedBy(identity(['m']), ['n']), 'key');
  assert.equal(deniedBy(identity(['m']), ['asked-for', 'm']), undefined, 'by any of its names');
  assert.equal(deniedBy(identity(['all-proxy-models']), ['n']), undefined);
  assert.equal(deniedBy(identity(['no-default-models']), ['n']), 'key');
});

test('a team narrows its keys, and lends them its list where they ask for it', () => {
  assert.equal(deniedBy(identity([], { team: ['m'] }), ['n']), 'team');
  assert.equal(deniedBy(identity(['all-team-models'], { team: ['m'] }), ['m']), undefined);
  assert.equal(deniedBy(identity(['all-team-models'], { team: ['m'] }), ['n']), 'team');
  assert.equal(deniedBy(identity(['all-team-models']), ['m']), 'key', 'without a team there is nothing to lend');
  assert.equal(deniedBy(identity(['m'], { team: ['m', 'n'] }), ['n']), 'key');
});

test('a user’s own list holds for personal keys, the organisation’s for all', () => {
  assert.equal(deniedBy(identity([], { user: ['m'] }), ['n']), 'user');
  assert.equal(deniedBy(identity([], { user: ['m'], team: [] }), ['n']), undefined);
  assert.equal(deniedBy(identity([], { organization: ['m'] }), ['n']), 'organization');
});

test('permission for every model is given without asking for names', () => {
  assert.equal(mayUseAll(identity([])), true);
  assert.equal(mayUseAll(identity([], { team: [], user: ['m'] })), true);
  assert.equal(mayUseAll(identity([], { team: ['m'] })), false);
  assert.equal(mayUseAll(identity([], { organization: ['m'] })), false);
});
