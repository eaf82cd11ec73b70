import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeId, unescapeId } from './escape-id.ts';

test('an id comes back, and two pairs of ids are never one name', () => {
  const id = fc.string({ unit: fc.constantFrom('a', 'b', '/', '%', '2', 'F', '5') });
  fc.assert(
    fc.property(id, id, id, id, (one, two, three, four) => {
      assert.equal(unescapeId(escapeId(one)), one);
      assert.ok(!escapeId(one).includes('/'));
      const isSame = `${escapeId(one)}/${escapeId(two)}` === `${escapeId(three)}/${escapeId(four)}`;
      assert.equal(isSame, one === three && two === four);
    }),
    { numRuns: 5_000 },
  );
});

test('an ordinary id stays as it is', () => {
  assert.equal(escapeId('auth0|user@example.com'), 'auth0|user@example.com');
});
