import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerKey, type KeyParts } from './answer-key.ts';

const SECRET = Buffer.alloc(32, 7);
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
  const key = answerKey(SECRET, PARTS);
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal(answerKey(SECRET, { ...PARTS }), key);
  for (const part of Object.keys(PARTS) as (keyof KeyParts)[]) {
    assert.notEqual(answerKey(SECRET, { ...PARTS, [part]: `${PARTS[part]}x` }), key, part);
  }
  assert.notEqual(answerKey(Buffer.alloc(32, 8), PARTS), key, 'another secret');
});

test('parts that run together into the same text are different keys', () => {
  const names = Object.keys(PARTS) as (keyof KeyParts)[];
  const keys = new Set<string>();
  let made = 0;
  for (const [index, left] of names.entries()) {
    const right = names[index + 1];
    if (right === undefined) continue;
    for (let at = 0; at <= 6; at += 1) {
      keys.add(answerKey(SECRET, { ...PARTS, [left]: 'aaaaaa'.slice(0, at), [right]: 'aaaaaa'.slice(at) }));
      made += 1;
    }
  }
  // A part that is empty where it is anyway may make the same list of parts twice.
  assert.ok(keys.size >= made - names.length, `${keys.size} of ${made}`);
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
  const keys = new Set([...scopes.values()].map((parts) => answerKey(SECRET, parts)));
  const pairs = (scopes.size * (scopes.size - 1)) / 2;
  assert.ok(pairs > 1_000_000, `${pairs} pairs`);
  assert.equal(keys.size, scopes.size, 'each pair has two keys');
});

test('different halves of surrogate pairs make different keys', () => {
  const ids = ['\ud800', '\ud801', '\udfff', '\ufffd', '"\\ud800"'];
  assert.equal(new Set(ids.map((scopeId) => answerKey(SECRET, { ...PARTS, scopeId }))).size, ids.length);
});
