import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, editDistance } from './did-you-mean.ts';

test('the distance counts inserted, deleted, replaced and swapped letters', () => {
  assert.equal(editDistance('model', 'model', 3), 0);
  assert.equal(editDistance('modle', 'model', 3), 1);
  assert.equal(editDistance('mdel', 'model', 3), 1);
  assert.equal(editDistance('moddel', 'model', 3), 1);
  assert.equal(editDistance('nodel', 'model', 3), 1);
  assert.equal(editDistance('kitten', 'sitting', 3), 3);
  assert.equal(editDistance('', 'abc', 3), 3);
});

test('the distance stops counting beyond its limit', () => {
  assert.equal(editDistance('abcdef', 'uvwxyz', 2), 3);
  assert.equal(editDistance('a', 'abcdefgh', 2), 3);
});

test('the nearest word is suggested, and none where all are far', () => {
  assert.deepEqual(didYouMean('api_bse', ['api_key', 'api_base']), { word: 'api_base', distance: 1 });
  assert.equal(didYouMean('Master-Key', ['master_key'])?.distance, 0);
  assert.equal(didYouMean('rpm', ['tpm', 'weight'])?.word, 'tpm');
  assert.equal(didYouMean('zzz', ['model_list']), undefined);
  assert.equal(didYouMean('same', ['same']), undefined);
});
