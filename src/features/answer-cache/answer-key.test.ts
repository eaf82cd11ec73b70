import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { AnswerKeys, type KeyParts } from './answer-key.ts';

const SECRET = Buffer.alloc(32, 7);
const keys = new AnswerKeys(SECRET);
const PARTS: KeyParts = {
  scopeKind: 'team',
  scopeId: 'team:a',
  namespace: '',
  ownNamespace: '',
  operation: 'chat',
  asked: 'fast',
  group: 'fast',
  groupMark: 'openai gpt-4o',
  way: '',
  request: '{}',
};

test('a key is the same for the same parts, another one for every other part, and says nothing of them', () => {
  const key = keys.keyOf(PARTS);
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal(keys.keyOf({ ...PARTS }), key);
  for (const part of Object.keys(PARTS) as (keyof KeyParts)[]) {
    assert.notEqual(keys.keyOf({ ...PARTS, [part]: `${PARTS[part]}x` }), key, part);
  }
  assert.notEqual(new AnswerKeys(Buffer.alloc(32, 8)).keyOf(PARTS), key, 'another secret');
});

test('parts that run together into the same text are different keys', () => {
  const names = Object.keys(PARTS) as (keyof KeyParts)[];
  const different = new Set<string>();
  let made = 0;
  for (const [index, left] of names.entries()) {
    const right = names[index + 1];
    if (right === undefined) continue;
    for (let at = 0; at <= 6; at += 1) {
      different.add(keys.keyOf({ ...PARTS, [left]: 'aaaaaa'.slice(0, at), [right]: 'aaaaaa'.slice(at) }));
      made += 1;
    }
  }
  // A part that is empty where it is anyway may make the same list of parts twice.
  assert.ok(different.size >= made - names.length, `${different.size} of ${made}`);
});

test('millions of pairs of requests that differ in their scope alone share no key, ids that run together alike among them', () => {
  const letters = '0123456789:|\n"u,\\';
  let state = 1;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const scopes = new Map<string, KeyParts>();
  while (scopes.size < 5_000) {
    const word = Array.from({ length: 3 + next(4) }, () => letters[next(letters.length)]).join('');
    // Every way to cut the same letters into the kind, the id and the two namespaces: all of them run together alike.
    const cuts = [next(word.length + 1), next(word.length + 1), next(word.length + 1)].sort();
    const [first = 0, second = 0, third = 0] = cuts;
    const [scopeKind, scopeId, namespace, ownNamespace] = [
      word.slice(0, first),
      word.slice(first, second),
      word.slice(second, third),
      word.slice(third),
    ];
    for (const turned of [word, scopeId]) {
      const parts = { ...PARTS, scopeKind, scopeId: turned, namespace, ownNamespace };
      scopes.set(JSON.stringify([scopeKind, turned, namespace, ownNamespace]), parts);
    }
  }
  const made = new Set([...scopes.values()].map((parts) => keys.keyOf(parts)));
  const pairs = (scopes.size * (scopes.size - 1)) / 2;
  assert.ok(pairs > 1_000_000, `${pairs} pairs`);
  assert.equal(made.size, scopes.size, 'each pair has two keys');
});

test('different halves of surrogate pairs make different keys', () => {
  const ids = ['\ud800', '\ud801', '\udfff', '\ufffd', '"\\ud800"'];
  assert.equal(new Set(ids.map((scopeId) => keys.keyOf({ ...PARTS, scopeId }))).size, ids.length);
});

test('a name of a scope is an HMAC, and ids that run together alike have different ones', () => {
  const text = ['answer-1', 'scope', 'team', 'ä1'].map((part) => `u${Buffer.byteLength(part)}:${part}`).join('');
  assert.equal(keys.nameOf({ kind: 'team', id: 'ä1' }), createHmac('sha256', SECRET).update(text).digest('hex'));
  const scopes = [
    ['team', 'a'],
    ['team', 'a:b'],
    ['team:a', 'b'],
    ['user', 'a'],
  ].map(([kind = '', id = '']) => ({ kind, id }));
  const fresh = scopes.map((scope) => keys.nameOf(scope));
  assert.equal(new Set(fresh).size, scopes.length);
});
