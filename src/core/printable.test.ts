import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableLines } from './printable.ts';

/** What a terminal obeys: C0, DEL, C1, separators, direction, no width, half a surrogate pair. */
const OBEYED = [
  ...Array.from({ length: 32 }, (_, code) => code),
  ...Array.from({ length: 33 }, (_, index) => 0x7f + index),
  0x61c,
  0x200b,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0x202a,
  0x202e,
  0x2060,
  0x2066,
  0x2069,
  0xfeff,
  0xd800,
  0xdfff,
];

test('no character that a terminal obeys is left, and every one can still be recognised', () => {
  for (const code of OBEYED) {
    const shown = printable(`a${String.fromCharCode(code)}b`);
    assert.match(shown, /^a\\u[0-9a-f]{4}b$/, code.toString(16));
    assert.equal(Number.parseInt(shown.slice(3, -1), 16), code);
  }
  assert.equal(printable('\u001b]0;pwn\u0007\u001b[31m'), '\\u001b]0;pwn\\u0007\\u001b[31m');
});

test('text that shows itself stays as it is, and several lines keep their ends', () => {
  for (const text of ['', 'plain', 'Zürich 東京 🙂 é', '👩‍🔬', 'a → b — „c“']) assert.equal(printable(text), text);
  assert.equal(printableLines('one\ntwo\r\n\u001b[2J'), 'one\ntwo\\u000d\n\\u001b[2J');
  assert.equal(printable('one\ntwo'), 'one\\u000atwo');
});
