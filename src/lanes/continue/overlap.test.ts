import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LONGEST_OVERLAP, OverlapTrimmer, SHORTEST_OVERLAP } from './overlap.ts';

function join(before: string, pieces: readonly string[], dropsSpace = false): string {
  const trimmer = new OverlapTrimmer(before, dropsSpace);
  return before + pieces.map((piece) => trimmer.push(piece)).join('') + trimmer.flush();
}

/** Text in which no stretch is like another: every word is a number of its own. */
const numbered = fc
  .tuple(fc.nat(1000), fc.nat(60))
  .map(([from, count]) => Array.from({ length: count }, (_, index) => `word${from + index}`).join(' '));

function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const size of sizes) {
    pieces.push(text.slice(from, from + size));
    from += size;
  }
  return [...pieces, text.slice(from)];
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }));

test('what is said again is said once, however it is cut', () => {
  fc.assert(
    fc.property(numbered, fc.nat(), sizes, (text, at, pieces) => {
      const split = text.length === 0 ? 0 : at % text.length;
      const before = text.slice(0, split);
      for (const overlap of [SHORTEST_OVERLAP, 40, LONGEST_OVERLAP]) {
        if (before.trimEnd() !== before || before.length < overlap) continue;
        const again = text.slice(split - overlap);
        assert.equal(join(before, cut(again, pieces)), text);
      }
    }),
  );
});

test('what is not said again is left as it is, down to the last space', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), sizes, (before, after, pieces) => {
      // Random texts this short have no overlap of twelve characters.
      const joined = join(before, cut(after, pieces));
      if (before.length < SHORTEST_OVERLAP) assert.equal(joined, before + after);
    }),
  );
  assert.equal(join('The tide comes in', ['twice']), 'The tide comes intwice');
  assert.equal(join('The tide comes in ', [' twice']), 'The tide comes in  twice');
});

test('white space a prefill went without is not said twice, and not lost', () => {
  assert.equal(join('Hello ', [' world'], true), 'Hello world');
  assert.equal(join('Hello ', ['world'], true), 'Hello world');
  assert.equal(join('Hello', [' world'], true), 'Hello world');
  assert.equal(join('One.\n\n', ['\n', '\nTwo.'], true), 'One.\n\nTwo.');
  assert.equal(join('One.\n\n', ['\nTwo.'], true), 'One.\n\nTwo.');
  assert.equal(join('a ', ['  b'], true), 'a  b');
});

test('the white space before a repetition belongs to it', () => {
  assert.equal(join('over the quick brown fox ', ['quick brown fox', ' jumps']), 'over the quick brown fox jumps');
  assert.equal(join('over the quick brown fox', ['quick brown fox ', 'jumps']), 'over the quick brown fox jumps');
});

test('a run that goes on is no repetition', () => {
  assert.equal(join('-'.repeat(20), ['-'.repeat(20), '\n']), `${'-'.repeat(40)}\n`);
  assert.equal(join('ha '.repeat(8).trim(), [' ha ha ha ha ha ha', '!']), `${'ha '.repeat(14).trim()}!`);
});

test('text is held back only while it could be a repetition', () => {
  const trimmer = new OverlapTrimmer('the quick brown fox', false);
  assert.equal(trimmer.push('quick'), '');
  assert.equal(trimmer.push('sand'), 'quicksand');
  assert.equal(trimmer.push(' sinks'), ' sinks');
});
