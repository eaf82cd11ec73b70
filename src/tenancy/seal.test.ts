import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seal } from './seal.ts';

test('what is sealed opens again, looks different each time, and does not show its words', () => {
  const seal = new Seal(['salt']);
  const sealed = seal.seal('sk-provider-key ü');
  assert.equal(seal.unseal(sealed), 'sk-provider-key ü');
  assert.notEqual(seal.seal('sk-provider-key ü'), sealed);
  assert.doesNotMatch(sealed, /provider/);
  assert.ok(Seal.isSealed(sealed));
});

test('another key does not open it, and a changed text does not open at all', () => {
  const sealed = new Seal(['salt']).seal('secret');
  assert.throws(() => new Seal(['other']).unseal(sealed), /LITELLM_SALT_KEY/);
  const last = sealed.at(-1) === 'A' ? 'B' : 'A';
  assert.throws(() => new Seal(['salt']).unseal(`${sealed.slice(0, -8)}${last.repeat(8)}`));
});

test('a key is changed by putting the new one before the old one', () => {
  const sealed = new Seal(['old']).seal('secret');
  const both = new Seal(['new', 'old']);
  assert.equal(both.unseal(sealed), 'secret');
  assert.equal(new Seal(['new']).unseal(both.seal('secret')), 'secret');
});
