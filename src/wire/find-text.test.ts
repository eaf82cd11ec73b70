import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findText } from './find-text.ts';

test('finds what indexOf finds', () => {
  const bytes = fc.string({ unit: fc.constantFrom('"', 'a', 'b', 'é'), maxLength: 60 });
  const text = fc.string({ unit: fc.constantFrom('"', 'a', 'b'), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(bytes, text, fc.nat(8), (haystack, needle, from) => {
      const buffer = Buffer.from(haystack);
      assert.equal(findText(buffer, needle, from), buffer.indexOf(needle, from));
    }),
  );
});
