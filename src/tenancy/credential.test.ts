import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../core/errors.ts';
import { readCredential } from './credential.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
  }
  return 'none';
}

test('the key is found in every header a client library uses', () => {
  assert.equal(readCredential({ authorization: 'Bearer sk-1' }, undefined), 'sk-1');
  assert.equal(readCredential({ authorization: 'bearer  sk-1 ' }, undefined), 'sk-1');
  assert.equal(readCredential({ authorization: 'sk-1' }, undefined), 'sk-1');
  for (const name of ['x-api-key', 'api-key', 'x-goog-api-key', 'x-litellm-api-key', 'ocp-apim-subscription-key']) {
    assert.equal(readCredential({ [name]: 'tenant-a-key' }, undefined), 'tenant-a-key', name);
  }
  assert.equal(readCredential({ 'x-company-key': 'Bearer sk-1' }, 'x-company-key'), 'sk-1');
});

test('the same key in two headers is one key; two different ones are refused', () => {
  assert.equal(readCredential({ authorization: 'Bearer sk-1', 'x-api-key': 'sk-1' }, undefined), 'sk-1');
  assert.equal(
    codeOf(() => readCredential({ authorization: 'Bearer sk-1', 'x-api-key': 'sk-2' }, undefined)),
    'conflicting_keys',
  );
});

test('no key, an empty one and a bare scheme are all missing', () => {
  for (const headers of [{}, { authorization: '' }, { authorization: 'Bearer ' }, { 'x-api-key': '' }]) {
    assert.equal(
      codeOf(() => readCredential(headers, undefined)),
      'missing_key',
    );
  }
});
