import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../core/errors.ts';
import { readCredential } from './credential.ts';

const read = (headers: Readonly<Record<string, string>>, keyHeaderName?: string): string =>
  readCredential({ rawHeaders: Object.entries(headers).flat() }, keyHeaderName);

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
  }
  return 'none';
}

test('the key is found in every header a client library uses', () => {
  assert.equal(read({ authorization: 'Bearer sk-1' }), 'sk-1');
  assert.equal(read({ authorization: 'bearer  sk-1 ' }), 'sk-1');
  assert.equal(read({ authorization: 'sk-1' }), 'sk-1');
  for (const name of ['x-api-key', 'api-key', 'x-goog-api-key', 'x-litellm-api-key', 'ocp-apim-subscription-key']) {
    assert.equal(read({ [name]: 'tenant-a-key' }), 'tenant-a-key', name);
  }
  assert.equal(read({ 'x-company-key': 'Bearer sk-1' }, 'x-company-key'), 'sk-1');
});

test('the same key in two headers is one key; two different ones are refused', () => {
  assert.equal(read({ authorization: 'Bearer sk-1', 'x-api-key': 'sk-1' }), 'sk-1');
  assert.equal(
    codeOf(() => read({ authorization: 'Bearer sk-1', 'x-api-key': 'sk-2' })),
    'conflicting_keys',
  );
});

test('one header sent twice counts as two, whatever the case of its name', () => {
  const twice = (one: string, other: string): string =>
    codeOf(() => readCredential({ rawHeaders: ['Authorization', `Bearer ${one}`, 'authorization', other] }, undefined));
  assert.equal(twice('sk-1', 'Bearer sk-2'), 'conflicting_keys');
  assert.equal(twice('sk-1', 'sk-1'), 'none');
  assert.equal(twice('sk-1', ''), 'none');
});

test('a key in the address is compared with the one in the headers, and is never accepted alone', () => {
  const rawHeaders = ['x-goog-api-key', 'sk-1'];
  const withQuery = (query: string): string => codeOf(() => readCredential({ rawHeaders, query }, undefined));
  assert.equal(withQuery('key=sk-2'), 'conflicting_keys');
  assert.equal(withQuery('alt=sse&Api-Key=sk-%32'), 'conflicting_keys');
  assert.equal(withQuery('key=sk-1&alt=sse'), 'none');
  assert.equal(
    codeOf(() => readCredential({ rawHeaders: [], query: 'key=sk-1' }, undefined)),
    'missing_key',
  );
});

test('no key, an empty one and a bare scheme are all missing', () => {
  for (const headers of [{}, { authorization: '' }, { authorization: 'Bearer ' }, { 'x-api-key': '' }]) {
    assert.equal(
      codeOf(() => read(headers)),
      'missing_key',
    );
  }
});
