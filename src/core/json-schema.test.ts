import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from './json.ts';
import { schemaProblem } from './json-schema.ts';

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    size: { type: ['integer', 'null'] },
    kind: { enum: ['a', 'b'] },
    parts: { type: 'array', items: { $ref: '#/$defs/part' }, maxItems: 2 },
    either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['name'],
  additionalProperties: false,
  $defs: { part: { type: 'object', properties: { of: { $ref: '#/$defs/part' } }, required: ['of'] } },
};
const cases: readonly (readonly [JsonValue, string | undefined])[] = [
  [{ name: 'x' }, undefined],
  [{ name: 'x', size: null, kind: 'b', parts: [], either: 4 }, undefined],
  [[], 'the answer must be of type object'],
  [{}, "'name' is missing"],
  [{ name: 1 }, "'name' must be of type string"],
  [{ name: 'x', size: 1.5 }, "'size' must be of type integer or null"],
  [{ name: 'x', kind: 'c' }, '\'kind\' must be one of ["a","b"]'],
  [{ name: 'x', more: 1 }, "'more' is not allowed"],
  [{ name: 'x', parts: [{}] }, "'parts[0].of' is missing"],
  [{ name: 'x', parts: [1, 2, 3] }, "'parts' has more than 2 items"],
  [{ name: 'x', either: true }, "'either' must be of type string"],
  [{ name: 'x', toString: 1 }, "'toString' is not allowed"],
];

test('the first problem is named by its path', () => {
  for (const [value, problem] of cases) assert.equal(schemaProblem(value, schema), problem, JSON.stringify(value));
});

test('a schema that refers to itself without end is not followed for ever', () => {
  assert.equal(schemaProblem({}, { $ref: '#' }), undefined);
});
