import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AnswerProblem } from '../answer-problem.ts';
import { SHORTEST_REPETITION } from './repetition.ts';
import { TextJoiner } from './text-joiner.ts';

function join(before: string, pieces: readonly string[], isPrefill = false, isCutBetweenWords = false): string {
  const joiner = new TextJoiner({ before, isPrefill, isCutBetweenWords });
  return before + pieces.map((piece) => joiner.push(piece)).join('') + joiner.flush();
}

function assertRefused(before: string, pieces: readonly string[], isPrefill = false, isCutBetweenWords = false): void {
  let joined: string | undefined;
  try {
    joined = join(before, pieces, isPrefill, isCutBetweenWords);
  } catch (error) {
    assert.ok(error instanceof AnswerProblem && error.problem.kind === 'other-answer');
  }
  assert.equal(joined, undefined);
}

/** Text in which no stretch is like another: every word is a number of its own. */
const numbered = fc
  .tuple(fc.nat(1000), fc.integer({ min: 20, max: 200 }))
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
const STYLES = [true, false];

describe('what is said again is said once, however it is cut', () => {
  test('its end, of any length', () => {
    fc.assert(
      fc.property(
        numbered,
        fc.nat(),
        fc.nat(),
        sizes,
        fc.constantFrom(...STYLES),
        (text, at, length, pieces, style) => {
          const split = 40 + (at % (text.length - 40));
          const before = text.slice(0, split);
          const overlap = Math.min(split, SHORTEST_REPETITION + 2 + (length % split));
          if (before.trimEnd() !== before) return;
          assert.equal(join(before, cut(text.slice(split - overlap), pieces), style), text);
        },
      ),
    );
  });

  test('all of it, by a model that starts over', () => {
    fc.assert(
      fc.property(numbered, fc.nat(), sizes, fc.constantFrom(...STYLES), (text, at, pieces, style) => {
        const split = 1 + (at % (text.length - 1));
        assert.equal(join(text.slice(0, split), cut(text, pieces), style), text);
      }),
    );
  });

  test('all of it and no more: the answer was whole', () => {
    assert.equal(
      join('The tide comes in twice a day.', ['The tide comes in ', 'twice a day.']),
      'The tide comes in twice a day.',
    );
  });

  test('with other white space', () => {
    assert.equal(join('One two\nthree ', ['One two three', ' four']), 'One two\nthree four');
  });

  test('behind an introduction', () => {
    const text = 'The tide comes in twice a day, and it goes out as often.';
    const before = text.slice(0, 40);
    assert.equal(join(before, ['Sure! Here is the whole answer:\n\n', text]), text);
    assert.equal(join(before, ['Of course. I continue: “', text.slice(10)]), text);
  });
});

describe('another answer is never written behind the first', () => {
  const text = 'A gateway earns trust only when its provider fails. It is then that retries, limits and books are';

  test('one that begins alike and goes another way', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 80 }), sizes, fc.constantFrom(...STYLES), (at, pieces, style) => {
        assertRefused(text, cut(`${text.slice(0, at)}# and so on, differently from here to its end`, pieces), style);
      }),
    );
  });

  test('one that begins alike and ends too early', () => {
    assertRefused(text, ['A gateway earns trust only when its provider fails.']);
  });

  test('one in other words, after every word', () => {
    const other = 'Trust in a gateway comes from the hours in which its provider fails, when limits and books hold.';
    const words = text.split(' ');
    for (let count = 1; count <= words.length; count += 1) {
      for (const space of ['', ' ']) {
        const before = words.slice(0, count).join(' ') + space;
        for (const style of STYLES) assertRefused(before, cut(other, [3, 9, 4]), style);
      }
    }
  });

  test('one that speaks of itself, or opens another block', () => {
    assertRefused(text, ['Sure! Here is a different take on trust in gateways.']);
    assertRefused(text, ["I'm sorry, but I can't help with that."]);
  });

  test('one in small letters, if it would be written into the last word or says the same once more', () => {
    assertRefused('w0 w1 w2 w3 w4 w5 w6 w7 w8 w9', ['v0 v1 v2'], false, true);
    assertRefused(`${text} `, ['a gateway is trusted when a provider fails: its retries, limits, books decide']);
  });
});

describe('what is new is left as it is, down to the last space', () => {
  for (const [before, pieces, isPrefill] of [
    ['The tide comes in', [' twice'], false],
    ['The tide comes in ', ['twice a day'], false],
    ['The tide comes in', [', twice'], false],
    ['The tide comes in twice.', [' Then it goes out.'], false],
    ['We went to', [' Paris'], false],
    ['The ti', ['de comes in'], false],
    ['He said “', ['Yes, I do.”'], false],
    ['- apples\n- pe', ['ars\n- plums'], false],
    ['今天天气', ['很好，我们出去走走。'], false],
    ['object.get', ['Name(1)'], true],
    ['The tide comes in.', [' It goes out.'], true],
    ['The tide comes in twice a d', ['ay.'], true],
  ] as const) {
    test(`${JSON.stringify(before)} and ${JSON.stringify(pieces[0])}`, () => {
      assert.equal(join(before, pieces, isPrefill), before + pieces.join(''));
    });
  }

  test('a run that goes on is no repetition', () => {
    assert.equal(join(`| a |\n${'-'.repeat(20)}`, ['-'.repeat(20), '\n']), `| a |\n${'-'.repeat(40)}\n`);
  });

  test('white space a prefill went without is not said twice, and not lost', () => {
    assert.equal(join('Hello ', [' world'], true), 'Hello world');
    assert.equal(join('Hello ', ['world'], true), 'Hello world');
    assert.equal(join('Hello', [' world'], true), 'Hello world');
    assert.equal(join('One.\n\n', ['\n', '\nTwo.'], true), 'One.\n\nTwo.');
    assert.equal(join('One.\n\n', ['\nTwo.'], true), 'One.\n\nTwo.');
  });

  test('the white space before a repetition belongs to it', () => {
    assert.equal(join('over the quick brown fox ', ['quick brown fox', ' jumps']), 'over the quick brown fox jumps');
    assert.equal(join('over the quick brown fox', ['quick brown fox ', 'jumps']), 'over the quick brown fox jumps');
  });
});

test('text is held only while it could be a repetition', () => {
  const joiner = new TextJoiner({ before: 'over the quick brown fox', isPrefill: false, isCutBetweenWords: false });
  assert.equal(joiner.push(' the quick'), '');
  assert.equal(joiner.push('sand'), ' the quicksand');
  assert.equal(joiner.push(' sinks'), ' sinks');
  assert.equal(joiner.newShare, 1);
});

test('a megabyte of one character is compared in time', () => {
  const before = '-'.repeat(1_000_000);
  const since = performance.now();
  join(before, ['-'.repeat(20_000), '!']);
  assert.ok(performance.now() - since < 3_000);
});
