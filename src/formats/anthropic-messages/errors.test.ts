import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readError, writeError } from './errors.ts';

test('an error body tells its type, its words and the status that goes with them', () => {
  const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' };
  assert.deepEqual(readError(body), { type: 'overloaded_error', message: 'Overloaded', status: 529 });
  const detailed = {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'Too large',
      details: { error_code: 'image_dimensions_too_large' },
    },
  };
  assert.deepEqual(readError(detailed), {
    type: 'invalid_request_error',
    message: 'Too large',
    code: 'image_dimensions_too_large',
    details: { error_code: 'image_dimensions_too_large' },
    status: 400,
  });
});

test('a type that is not known has no status, and a missing message is not invented', () => {
  assert.deepEqual(readError({ type: 'error', error: { type: 'toString' } }), {
    type: 'toString',
    message: 'toString',
  });
});

test('what is no error of this format is not read as one', () => {
  for (const body of [
    null,
    'error',
    [],
    {},
    { type: 'message' },
    { error: 'x' },
    { error: { message: 'x', type: 'server_error' } },
  ]) {
    assert.equal(readError(body), undefined);
  }
});

test('an error is written in the envelope that the SDKs read', () => {
  const error = {
    status: 404,
    message: 'No such model.',
    type: 'x',
    reason: 'unknown_model' as const,
    code: 'y',
    param: null,
  };
  assert.deepEqual(writeError(error), { type: 'error', error: { type: 'not_found_error', message: 'No such model.' } });
});
