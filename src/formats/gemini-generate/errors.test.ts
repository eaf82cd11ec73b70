import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import { readError, writeError } from './errors.ts';

const withRetry = (retryDelay: JsonValue): JsonValue => ({
  error: { code: 429, message: 'slow', details: [{ retryDelay }] },
});

describe('errors of Google', () => {
  it('are read alone and as the only element of an array', () => {
    const body = {
      error: {
        code: 400,
        message: 'API key not valid.',
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
    };
    const facts = { message: 'API key not valid.', type: 'INVALID_ARGUMENT', code: 'API_KEY_INVALID', status: 400 };
    assert.deepEqual(readError(body), facts);
    assert.deepEqual(readError([body]), facts);
  });

  it('tell how long to wait, as text and as an object', () => {
    assert.equal(readError(withRetry('34.074824224s'))?.retryAfterMs, 34_075);
    assert.equal(readError(withRetry('7s'))?.retryAfterMs, 7000);
    assert.equal(readError(withRetry({ seconds: '2', nanos: 500_000_000 }))?.retryAfterMs, 2500);
    assert.equal(readError(withRetry('soon'))?.retryAfterMs, undefined);
  });

  it('are distinguished from what is not an error', () => {
    for (const body of [
      null,
      'x',
      [],
      {},
      { error: 'x' },
      { error: {} },
      { candidates: [] },
      [[{ error: { code: 1 } }]],
    ]) {
      assert.equal(readError(body), undefined);
    }
  });

  it('are written so that they read the same', () => {
    const error = {
      status: 429,
      message: 'Slow down.',
      type: 'None',
      reason: 'rate_limited' as const,
      code: '429',
      param: 'contents',
    };
    assert.deepEqual(readError(writeError(error)), {
      message: 'Slow down.',
      type: 'RESOURCE_EXHAUSTED',
      code: '429',
      param: 'contents',
      status: 429,
    });
  });
});
