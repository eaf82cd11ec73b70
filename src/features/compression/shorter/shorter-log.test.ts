import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorterLog } from './shorter-log.ts';

const line = (at: number, ms: number): string =>
  `2026-11-29T12:00:${String(at % 60).padStart(2, '0')}Z INFO request ${1000 + at} took ${ms} ms`;

test('lines that differ in numbers are shown once; errors, the first, the last and extremes stay', () => {
  const lines = Array.from({ length: 60 }, (_, at) => line(at, at === 33 ? 9_000 : at === 44 ? 1 : 20));
  lines.splice(20, 0, '2026-11-29T12:00:20Z ERROR request 1020 could not connect to 10.0.0.7');
  lines.splice(50, 0, '2026-11-29T12:00:49Z WARN retry 3 of 5');
  const shorter = shorterLog(lines.join('\n')) ?? assert.fail('a log');
  const left = shorter.split('\n');
  for (const kept of [lines[0], lines.at(-1), line(33, 9_000), line(44, 1), lines[20], lines[50]]) {
    assert.ok(left.includes(kept ?? ''), kept);
  }
  assert.match(shorter, /^\[… 5\d more lines like the one above, which differ in numbers only\]$/m);
  assert.ok(shorter.length < lines.join('\n').length / 4);
});

test('what is no log, and a log without repetitions, stays', () => {
  assert.equal(shorterLog(Array.from({ length: 40 }, (_, at) => `Row ${at} of a poem`).join('\n')), undefined);
  const words = 'alpha beta gamma delta'.split(' ');
  const different = Array.from(
    { length: 40 },
    (_, at) => `12:00:00 INFO ${words.map((word) => word.repeat(at + 1)).join(' ')}`,
  );
  assert.equal(shorterLog(different.join('\n')), undefined);
});
