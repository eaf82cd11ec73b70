import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, isPlain } from './canonical-json.ts';

test('canonical JSON knows no order of members and no white space, and everything else', () => {
  const same = ['{"a":1,"b":[1,{"c":null,"d":"x"}]}', '{ "b": [1, {"d": "\\u0078", "c": null}], "a": 1.0 }'];
  assert.equal(canonicalJson(JSON.parse(same[0] ?? '')), canonicalJson(JSON.parse(same[1] ?? '')));
  const others = [
    '1',
    '"1"',
    'null',
    '[]',
    '{}',
    '[1,2]',
    '[2,1]',
    '{"a":[]}',
    '{"a":{}}',
    '{"a":""}',
    '{"a":0}',
    '"\\ud800"',
    '"\\ud801"',
  ];
  const texts = new Set(others.map((text) => canonicalJson(JSON.parse(text))));
  assert.equal(texts.size, others.length);
  assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}');
  assert.equal(
    canonicalJson(
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
    ),
    canonicalJson(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    ),
  );
});

test('a number that JSON cannot say has no canonical text', () => {
  assert.throws(() => canonicalJson(JSON.parse('[1e400]')), RangeError);
});

test('a text is plain if every reader understands it alike', () => {
  const plain = ['{"a":1,"b":[{"a":"x:y"}]}', '{"a":"\\"b\\":1","c":1.50}', '[]', '{"__proto__":{"a":1}}'];
  for (const text of plain) assert.equal(isPlain(text, JSON.parse(text)), true, text);
  const ambiguous = [
    '{"a":{"b":1,"b":2}}',
    '[{"a":1,"\\u0061":2}]',
    '{"seed":9007199254740993}',
    '{"t":0.1000000000000000055}',
    '{"a":{"__proto__":1,"__proto__":2}}',
  ];
  for (const text of ambiguous) assert.equal(isPlain(text, JSON.parse(text)), false, text);
});
