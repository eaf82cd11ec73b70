import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerText } from '../formats/answer-text.ts';
import { parseJson } from './parse-json.ts';

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

test('what is nested so deep that a walk would overflow the stack is refused like text that is no JSON', () => {
  for (const levels of [501, 5_000, 1_000_000])
    assert.throws(() => parseJson(nested(levels)), SyntaxError, `${levels}`);
  assert.throws(() => parseJson(`{"a":${'{"b":'.repeat(600)}1${'}'.repeat(600)}}`), SyntaxError);
  assert.equal(answerText(parseJson(nested(500))), '');
  assert.deepEqual(parseJson(`{"a":[${'1,'.repeat(5_000)}1]}`), JSON.parse(`{"a":[${'1,'.repeat(5_000)}1]}`));
});
