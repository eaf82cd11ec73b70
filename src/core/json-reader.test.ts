import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from './json.ts';
import { JsonReader, type ReadingRules } from './json-reader.ts';

class Refused extends Error {}

const PLAIN: ReadingRules = { refuse: (path, problem) => new Refused(`${path} ${problem}`) };
const PROTOBUF: ReadingRules = {
  ...PLAIN,
  spelling: {
    second: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    first: (written) => written.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  },
  takesDigits: true,
};

const read = (body: JsonValue, rules = PLAIN, path = '') => new JsonReader(body, path, rules);
const parse = (text: string, rules = PLAIN) => read(JSON.parse(text) as JsonValue, rules);

describe('a reader of a JSON object', () => {
  it('gives members by their type, and undefined for those that are absent or null', () => {
    const reader = read({ a: 'x', b: 1.5, c: false, d: { e: 2 }, f: ['y'], g: [{ h: 3 }], n: null });
    assert.equal(reader.string('a'), 'x');
    assert.equal(reader.number('b'), 1.5);
    assert.equal(reader.boolean('c'), false);
    assert.equal(reader.object('d')?.integer('e', 1), 2);
    assert.deepEqual(reader.strings('f'), ['y']);
    assert.equal(reader.objects('g')?.[0]?.integer('h'), 3);
    assert.equal(reader.oneOf('a', ['w', 'x']), 'x');
    for (const name of ['n', 'absent']) {
      assert.equal(reader.string(name) ?? reader.number(name) ?? reader.boolean(name) ?? reader.array(name), undefined);
      assert.equal(reader.object(name) ?? reader.oneOf(name, ['x']), undefined);
    }
  });

  it('refuses a wrong member in a sentence that names its path, what it must be, and what it is', () => {
    const reader = read({ a: null, b: '5', c: 1.5, d: [1], e: 'purple', f: [{ g: '' }] }, PLAIN, 'top');
    const refusals: [() => unknown, string][] = [
      [() => reader.requiredString('a'), 'top.a must be a string, but it is null'],
      [() => reader.requiredString('absent'), 'top.absent must be a string, but it is missing'],
      [() => reader.number('b'), 'top.b must be a number, but it is a string. Send 5 without quotes'],
      [() => reader.integer('c'), 'top.c must be a whole number, but it is the number 1.5'],
      [() => reader.integer('c', 2), 'top.c must be a whole number of at least 2, but it is the number 1.5'],
      [() => reader.strings('d'), 'top.d[0] must be a string, but it is the number 1'],
      [() => reader.object('d'), 'top.d must be an object, but it is an array'],
      [() => reader.oneOf('e', ['red', 'green', 'blue']), "top.e must be 'red', 'green' or 'blue', but it is 'purple'"],
      [
        () => reader.objects('f')?.[0]?.requiredName('g'),
        'top.f[0].g must be a non-empty string, but it is an empty string',
      ],
      [() => read([]), 'body must be an object, but it is an empty array'],
    ];
    for (const [attempt, message] of refusals)
      assert.throws(attempt, (error: Error) => error.message === message, message);
  });

  it('tells a member that was sent as null from one that was not sent', () => {
    const reader = read({ a: null, b: 2 });
    const twice = (value: JsonValue) => (typeof value === 'number' ? value * 2 : undefined);
    assert.equal(reader.sent('a', 'must be a number', twice), null);
    assert.equal(reader.sent('absent', 'must be a number', twice), undefined);
    assert.equal(reader.sent('b', 'must be a number', twice), 4);
    assert.deepEqual([reader.has('a'), reader.has('absent')], [true, false]);
  });

  it('lists what nothing has read', () => {
    const reader = read({ a: 1, b: 2, c: null, d: 4 });
    reader.number('a');
    reader.ignore('d', 'absent');
    assert.deepEqual(reader.unread(), ['b', 'c']);
    assert.deepEqual(reader.rest(), { b: 2, c: null });
    assert.equal(read({}).rest(), undefined);
  });

  it('takes two spellings of a name, names the one that was sent, and prefers the first', () => {
    const reader = read(
      { top_k: 'x', maxTokens: '12', max_tokens: 1, other_name: 3, nullFirst: null, null_first: 4 },
      PROTOBUF,
    );
    assert.throws(() => reader.number('topK'), /^Error: top_k must be a number/);
    assert.equal(reader.integer('maxTokens'), 12);
    assert.equal(reader.integer('nullFirst'), 4);
    assert.deepEqual(reader.rest(), { otherName: 3 });
  });

  it('never finds a member on a prototype, whatever its name', () => {
    const names = [...Object.getOwnPropertyNames(Object.prototype), 'length'];
    for (const name of names) {
      for (const rules of [PLAIN, PROTOBUF]) {
        assert.equal(read({}, rules).get(name), undefined);
        assert.equal(read({}, rules).has(name), false);
      }
      const sent = parse(`{${JSON.stringify(name)}: "own"}`);
      assert.deepEqual(Object.entries(sent.rest() ?? {}), [[name, 'own']]);
      assert.equal(Object.getPrototypeOf(sent.rest()), Object.prototype);
      assert.equal(sent.string(name), 'own');
    }
  });

  it('answers or refuses for any value, and never fails otherwise', () => {
    const ways = [
      'string',
      'requiredName',
      'number',
      'integer',
      'boolean',
      'object',
      'array',
      'strings',
      'objects',
    ] as const;
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        fc.constantFrom(...ways),
        fc.constantFrom(PLAIN, PROTOBUF),
        (value, way, rules) => {
          try {
            read({ field: value as JsonValue }, rules)[way]('field');
          } catch (error) {
            assert.ok(error instanceof Refused && error.message.startsWith('field'), String(error));
          }
        },
      ),
    );
  });
});
