/** The notation parses back equal, whatever the value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../../core/json.ts';
import { toNotation } from './notation.ts';
import { readNotation } from './read-notation.ts';
import { shorterJson } from './shorter-json.ts';

const TEXTS = [
  '',
  'a',
  'two words',
  '1',
  '-1',
  '1e5',
  '1.',
  '.5',
  '+1',
  'true',
  'null',
  ' a',
  'a ',
  'a,b',
  'a:b',
  '{',
  '[x]',
  '(y)',
  'a\nb',
  '"',
  '\\',
  '…',
  'ä',
  '日本',
  '00:00:00+1',
  '2024-05-24',
  '__proto__',
  '😀',
  '\u2028',
  'x\u0000',
];

/** Numbers in [0, 1) that are the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomValue(random: () => number, depth: number): JsonValue {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const kind = random() * (depth > 3 ? 0.5 : 1);
  if (kind < 0.3) return pick(TEXTS);
  if (kind < 0.5) return pick([0, -1, 1.5, 1e21, 12_345_678, true, false, null]);
  if (kind < 0.65) return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, depth + 1));
  const names = TEXTS.filter(() => random() < 0.15);
  const row = (): JsonValue => {
    const object: Record<string, JsonValue> = {};
    for (const name of names) {
      if (random() < 0.85)
        Object.defineProperty(object, name, {
          value: randomValue(random, depth + 1),
          enumerable: true,
          writable: true,
          configurable: true,
        });
    }
    return object;
  };
  if (kind < 0.8) return row();
  const rows = Array.from({ length: 1 + Math.floor(random() * 4) }, row);
  return kind < 0.9 ? rows : Object.fromEntries(rows.map((each, at) => [`row ${at}`, each]));
}

test('5,000 values come back equal, with their members in the same order', () => {
  const random = seeded(7);
  for (let round = 0; round < 5_000; round += 1) {
    const value = randomValue(random, 0);
    const text = toNotation(value);
    assert.equal(JSON.stringify(readNotation(text)), JSON.stringify(value), text);
  }
});

test('tables name their members once, also inside of members, in lists of lists and in objects of rows', () => {
  const rows = [
    { id: 'a1', price: { net: 10, tax: 2 } },
    { id: 'a2', price: { net: 12 } },
  ];
  assert.equal(toNotation(rows), '{id,price{net,tax}}[a1,10,2\na2,12,]');
  assert.equal(toNotation([rows, rows.slice(1)]), '{id,price{net,tax}}[(a1,10,2\na2,12,)(a2,12,)]');
  assert.equal(toNotation({ one: rows[0], two: rows[1] } as JsonValue), '{{id,price{net,tax}}one:a1,10,2\ntwo:a2,12,}');
});

test('numbers that JavaScript writes otherwise and names that come twice stay as they were written', () => {
  const long = 'a text that makes it long enough to be worth while, and then some';
  for (const json of [
    `{"n": 1.0, "t": "${long}"}`,
    `{"n": 12345678901234567890, "t": "${long}"}`,
    `{"t": 1, "t": "${long}"}`,
  ]) {
    assert.equal(shorterJson(json), json.replaceAll('": ', '":').replaceAll(', "', ',"'));
  }
  assert.equal(shorterJson(`{"a": "${long}"`), undefined);
  assert.equal(shorterJson('x'.repeat(100)), undefined);
});

test('a text that is not in the notation is refused', () => {
  for (const text of ['{a', '{a}', '{a}[', '{a}[]', '[1,]', '{a:1', '{a:1}x', '{"a:1}', '{{a}}', ']']) {
    assert.throws(() => readNotation(text), SyntaxError, text);
  }
});
