import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { PartialArguments } from './partial-arguments.ts';

const spell = (pieces: readonly JsonObject[]): string => {
  const call = new PartialArguments();
  return pieces.map((piece) => call.add(piece)).join('') + call.end();
};

/** The pieces Google would send for a value: one a leaf, strings cut in two. Empty containers cannot be said. */
function piecesOf(value: JsonValue, path: string): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => piecesOf(item, `${path}[${index}]`));
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, member]) =>
      piecesOf(member ?? null, /^[a-z]+$/.test(name) ? `${path}.${name}` : `${path}[${quoted(name)}]`),
    );
  }
  if (value === null) return [{ jsonPath: path, nullValue: 'NULL_VALUE' }];
  if (typeof value === 'number') return [{ jsonPath: path, numberValue: value }];
  if (typeof value === 'boolean') return [{ jsonPath: path, boolValue: value }];
  const middle = Math.floor(value.length / 2);
  return [
    { jsonPath: path, stringValue: value.slice(0, middle), willContinue: true },
    { jsonPath: path, stringValue: value.slice(middle) },
  ];
}

const quoted = (name: string): string => `'${name.replace(/[\\']/g, (letter) => `\\${letter}`)}'`;

describe('arguments that stream in by path', () => {
  it('are the empty object without any piece', () => {
    assert.equal(spell([]), '{}');
  });

  it('close an open string and open containers at the end', () => {
    assert.equal(spell([{ jsonPath: '$.a[0].b', stringValue: 'x', willContinue: true }]), '{"a":[{"b":"x"}]}');
  });

  it('fill items that were left out, and refuse pieces that go back', () => {
    assert.equal(spell([{ jsonPath: '$.a[2]', boolValue: true }]), '{"a":[null,null,true]}');
    const refused: JsonObject[][] = [
      [
        { jsonPath: '$.a', numberValue: 1 },
        { jsonPath: '$.a', numberValue: 2 },
      ],
      [
        { jsonPath: '$.a[1]', numberValue: 1 },
        { jsonPath: '$.a[0]', numberValue: 2 },
      ],
      [
        { jsonPath: '$.a.b', numberValue: 1 },
        { jsonPath: '$.c', numberValue: 2 },
        { jsonPath: '$.a.d', numberValue: 3 },
      ],
      [
        { jsonPath: '$.a', numberValue: 1 },
        { jsonPath: '$.a.b', numberValue: 2 },
      ],
      [{ jsonPath: '$[0]', numberValue: 1 }],
      [{ jsonPath: '$', numberValue: 1 }],
      [{ jsonPath: 'a', numberValue: 1 }],
      [{ jsonPath: '$.a[999999999]', numberValue: 1 }],
      [{ stringValue: 'x' }],
    ];
    for (const pieces of refused) assert.throws(() => spell(pieces), FormatError, JSON.stringify(pieces));
  });

  it('spell the arguments they were cut from', () => {
    const name = fc.oneof(fc.stringMatching(/^[a-z]{1,5}$/), fc.string({ maxLength: 6, unit: 'grapheme' }));
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
        fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }), (given) => {
        assert.deepEqual(JSON.parse(spell(piecesOf(given, '$'))), given);
      }),
      { numRuns: 500 },
    );
  });
});
