import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seal } from './seal.ts';

test('what is sealed opens again, looks different each time, and does not show its words', () => {
  const seal = new Seal(['salt']);
  const sealed = seal.seal('sk-provider-key ü', 'a');
  assert.equal(seal.unseal(sealed, 'a'), 'sk-provider-key ü');
  assert.notEqual(seal.seal('sk-provider-key ü', 'a'), sealed);
  assert.doesNotMatch(sealed, /provider/);
  assert.throws(() => seal.unseal(sealed, 'b'), /another object, field or address/);
});

test('another key does not open it, and a changed text does not open at all', () => {
  const sealed = new Seal(['salt']).seal('secret', 'a');
  assert.throws(() => new Seal(['other']).unseal(sealed, 'a'), /LITELLM_SALT_KEY/);
  const last = sealed.at(-1) === 'A' ? 'B' : 'A';
  assert.throws(() => new Seal(['salt']).unseal(`${sealed.slice(0, -8)}${last.repeat(8)}`, 'a'));
});

test('a key is changed by putting the new one before the old one', () => {
  const sealed = new Seal(['old']).seal('secret', 'a');
  const both = new Seal(['new', 'old']);
  assert.equal(both.unseal(sealed, 'a'), 'secret');
  assert.equal(new Seal(['new']).unseal(both.seal('secret', 'a'), 'a'), 'secret');
});
