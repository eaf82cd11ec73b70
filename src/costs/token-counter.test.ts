import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { TokenCounter } from './token-counter.ts';
import { estimateTokens, windowsOf } from './token-estimate.ts';

const exactly = (text: string): number => countTokens(text, { disallowedSpecial: new Set() });

/** Numbers in [0, 1) that are the same in each run. */
function sameRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const random = sameRandom();
const randomText = (length: number, from: number, to: number): string =>
  Array.from({ length }, () => String.fromCodePoint(from + Math.floor(random() * (to - from)))).join('');

/** Texts whose words have no end. */
const HOSTILE: Readonly<Record<string, string>> = {
  spaces: ' '.repeat(400_000),
  marks: '!?'.repeat(200_000),
  'ends of lines': '\n'.repeat(400_000),
  'tabs and ends of lines': '\t\r\n'.repeat(130_000),
  'one long word': ` ${'a'.repeat(400_000)}`,
  'random letters': randomText(400_000, 97, 123),
  'capitals and small letters': 'aB'.repeat(200_000),
  digits: '0123456789'.repeat(40_000),
  Chinese: randomText(400_000, 0x4e00, 0x9000),
  Korean: randomText(400_000, 0xac00, 0xd7a0),
  emoji: randomText(200_000, 0x1f300, 0x1f600),
  'combining marks': `e${'\u0301'.repeat(400_000)}`,
  'halves of characters': '\ud83d'.repeat(400_000),
  'special tokens': '<|endoftext|>'.repeat(30_000),
  mixed: `${' '.repeat(90_000)}${'?'.repeat(90_000)}${randomText(90_000, 0x4e00, 0x9000)}${'\n'.repeat(90_000)}`,
};

const PROSE =
  'A claim reserves what one request may cost; a budget of 12.50 USD "per month" holds it until the answer is booked. It\'s\n' +
  'settled once, in every case:\n\n  - what was used is booked;\n  - the rest is released.\n今天天气很好，我们去公园散步。\n';

test('Texts are counted by the vocabulary, and after the end by rule of thumb without a thread', async () => {
  const counter = new TokenCounter();
  assert.equal(await counter.count(''), 0);
  assert.equal(await counter.count('hello world'), 2);
  await counter.close();
  assert.equal(await counter.count('hello world'), 4);
  assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'));
});

test('What is being counted at the end is answered, and what its answer leads to as well', async () => {
  const counter = new TokenCounter();
  const chain = counter.count('a b c d').then(() => counter.count('twelve chars'));
  await counter.close();
  assert.equal(await chain, 4);
  assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'));
});

describe('Counting tokens', () => {
  test('takes no more than 100 ms of computing time, whatever the text', () => {
    exactly(PROSE);
    for (const [name, text] of Object.entries(HOSTILE)) {
      const before = process.cpuUsage();
      const spentMs = (): number => {
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1_000;
      };
      const tools = { count: exactly, spentMs, limitMs: 50, random };
      const tokens = estimateTokens(windowsOf(text, random), tools);
      assert.ok(spentMs() < 100, `${name}: ${spentMs()} ms`);
      assert.ok(tokens > 0 && tokens <= Buffer.byteLength(text), `${name}: ${tokens} tokens`);
    }
  });

  test('is exact for ordinary texts of any length that is counted as a whole', () => {
    const text = PROSE.repeat(200);
    const tools = { count: exactly, spentMs: () => 0, limitMs: 50, random };
    assert.equal(estimateTokens(windowsOf(text, random), tools), exactly(text));
  });

  test('errs on the high side, and not by much, if the text is long or was not counted as a whole', () => {
    const text = PROSE.repeat(4_000) + `${randomText(50, 0x4e00, 0x9000)} `.repeat(1_000) + ' word'.repeat(60_000);
    const truth = exactly(PROSE) * 4_000 + exactly(text.slice(PROSE.length * 4_000));
    for (const pieces of [100, 1_000]) {
      for (let round = 0; round < 10; round++) {
        let counted = 0;
        const count = (piece: string): number => {
          counted++;
          return exactly(piece);
        };
        const tools = { count, spentMs: () => (counted >= pieces ? 51 : 0), limitMs: 50, random };
        const ratio = estimateTokens(windowsOf(text, random), tools) / truth;
        assert.ok(ratio > 0.97 && ratio < 1.6, `${pieces} pieces: ${ratio}`);
      }
    }
  });

  test('of small texts stays exact and quick beside hostile texts of another key', async () => {
    const counter = new TokenCounter();
    await counter.count('start');
    const hostile = Object.values(HOSTILE).map((text) => counter.count(text, 'attacker'));
    const order: string[] = [];
    const small = Array.from({ length: 3 }, async () => {
      assert.equal(await counter.count('hello world', 'other'), 2);
      order.push('small');
    });
    const large = hostile.map(async (answer) => {
      await answer;
      order.push('large');
    });
    await Promise.all([...small, ...large]);
    // They take turns: before the third small text at most three and the one under way were counted.
    assert.ok(order.lastIndexOf('small') <= 6, order.join(' '));
    await counter.close();
  });

  test('goes on in a new thread with the questions of others if one takes too long', async () => {
    const counter = new TokenCounter({ computingMs: 60_000, mostMs: 100 });
    await counter.count('start');
    const stuck = counter.count(HOSTILE.Chinese ?? '', 'attacker');
    const others = ['a', 'b', 'c'].map((owner) => counter.count('hello world', owner));
    assert.equal(await stuck, Math.ceil((400_000 * 3) / 3));
    assert.deepEqual(await Promise.all(others), [2, 2, 2]);
    await counter.close();
  });

  test('answers by rule of thumb beyond so many questions of one key, and exactly for another', async () => {
    const counter = new TokenCounter();
    const many = Array.from({ length: 200 }, () => counter.count('hello world', 'attacker'));
    const other = counter.count('hello world', 'other');
    const answers = await Promise.all(many);
    assert.ok(answers.filter((tokens) => tokens === 2).length >= 64);
    assert.equal(answers.at(-1), 4);
    assert.equal(await other, 2);
    await counter.close();
  });
});
