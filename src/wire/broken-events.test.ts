import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenEvents } from './broken-events.ts';

const GOOD = 'data: {"a":{"b":[1]}}\n\n';
const BROKEN = 'data: {"a":{"b\n\n';
const find = (...chunks: string[]): number[] => {
  const events = new BrokenEvents();
  return chunks.map((chunk) => events.find(Buffer.from(chunk)));
};

test('a broken event is found where it begins, whatever stands before it in the chunk', () => {
  assert.deepEqual(find(BROKEN), [0]);
  assert.deepEqual(find(GOOD, GOOD + GOOD + BROKEN + GOOD), [-1, 2 * GOOD.length]);
  assert.deepEqual(find(`event: delta\n${BROKEN}`), [0]);
});

test('whole events, end marks, comments and events without data are left alone', () => {
  assert.deepEqual(find(`${GOOD}: ping\n\nevent: ping\n\ndata:\n\ndata: "text"\n\ndata: 12\n\ndata: [DONE]\n\n`), [-1]);
  assert.deepEqual(find(GOOD.replaceAll('\n', '\r\n')), [-1]);
  assert.deepEqual(find('data: {"a":\ndata: 1}\n\n', ''), [-1, -1]);
});

test('an event that comes in several chunks is not judged by its second half', () => {
  assert.deepEqual(find('data: {"a', '":"b\n', '"}\n\n', BROKEN), [-1, -1, -1, 0]);
  assert.deepEqual(find(GOOD.slice(0, -1), `\n${GOOD}`, BROKEN), [-1, -1, 0]);
});
