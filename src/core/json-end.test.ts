import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonEnd } from './json-end.ts';

const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), fc.string());

test('the end of an object, an array or a string is found at its last character and not before', () => {
  fc.assert(
    fc.property(value, fc.nat({ max: 3 }), (any, indent) => {
      const text = JSON.stringify(any, null, indent);
      const end = new JsonEnd();
      for (const character of text.slice(0, -1)) {
        end.push(character);
        assert.equal(end.isWhole, false);
      }
      end.push(`${text.slice(-1)} {`);
      assert.equal(end.isWhole, true);
    }),
  );
});
