import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonEnd } from './json-end.ts';

const TEXTS = [
  ...['{}', '{"a":1}', '{"a":"}"}', '{"a":"\\"}"}', '[{"a":[1,2]}]', ' {"a":{"b":{}}} ', '"x"', '1', 'null', '', ' '],
  ...['{"a":"}}}', '{}{}', '{]', '{"a":1}x', '}', '{"a":\\"}', '[1,2', '"x', '{"a":"\\\\"}'],
];

test('says after each fragment what parsing the whole would say', () => {
  for (const text of TEXTS) {
    for (const size of [1, 2, 3, 100]) {
      const end = new JsonEnd();
      for (let at = 0; at < text.length; at += size) {
        end.push(text.slice(at, at + size));
        const soFar = text.slice(0, at + size);
        assert.equal(end.isReached(soFar), isWhole(soFar), JSON.stringify([text, soFar, size]));
      }
    }
  }
});

test('a text that seems to end with each fragment is not read again and again', () => {
  const end = new JsonEnd();
  let text = '{"a":"';
  end.push(text);
  const before = process.threadCpuUsage();
  for (let count = 0; count < 300_000; count += 1) {
    text += '"}'.repeat(1);
    end.push('"}');
    end.isReached(text);
  }
  const { user, system } = process.threadCpuUsage(before);
  assert.ok(user + system < 2_000_000, `${user + system} µs`);
});

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
