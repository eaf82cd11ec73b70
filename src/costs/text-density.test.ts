import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { countTokens as countByCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countByO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { INPUT_MARGIN } from './input-estimate.ts';
import { textDensity } from './text-density.ts';

const repeat = (count: number, make: () => string): string => Array.from({ length: count }, make).join('');
const oneOf = (characters: string) => () => characters[Math.floor(Math.random() * characters.length)] ?? '';
const between = (first: number, last: number) => () =>
  String.fromCodePoint(first + Math.floor(Math.random() * (last - first)));
const letter = oneOf('abcdefghijklmnopqrstuvwxyz');

const DENSE: Readonly<Record<string, string>> = {
  digits: repeat(3_000, oneOf('0123456789')),
  'digits with spaces': repeat(1_500, () => `${oneOf('0123456789')()} `),
  'letters with spaces': repeat(1_500, () => `${letter()} `),
  'letters on lines': repeat(1_500, () => `${letter()}\n`),
  base64: randomBytes(2_000).toString('base64'),
  hexadecimal: randomBytes(2_000).toString('hex'),
  identifiers: repeat(60, () => `${crypto.randomUUID()} `),
  'random letters': repeat(3_000, letter),
  'random words': repeat(600, () => `${repeat(5, letter)} `),
  capitals: repeat(3_000, () => letter().toUpperCase()),
  marks: repeat(3_000, oneOf('!@#$%^&*()_+-=[]{}|;:,.<>/?~`')),
  pictures: repeat(600, between(0x1f300, 0x1f640)),
  'rare pictures': repeat(600, between(0x1f900, 0x1faf0)),
  Cherokee: repeat(700, between(0x13a0, 0x13f0)),
  Tifinagh: repeat(700, between(0x2d30, 0x2d60)),
  cuneiform: repeat(500, between(0x12000, 0x12300)),
  'rare Chinese': repeat(700, between(0x3400, 0x4db0)),
  'Korean syllables': repeat(900, between(0xac00, 0xd7a0)),
  'letters of mathematics': repeat(700, between(0x1d400, 0x1d7ff)),
};

/** The share of a difference that chance makes. */
const CHANCE = 0.05;

for (const [name, text] of Object.entries(DENSE)) {
  test(`a prompt of ${name} has no more tokens than it looks like`, () => {
    const bytes = Buffer.from(JSON.stringify([{ role: 'user', content: text }]));
    const looksLike = textDensity([bytes]) * bytes.length;
    for (const count of [countByO200k, countByCl100k]) {
      assert.ok(count(text) <= looksLike * (1 + CHANCE), `${count(text)} tokens, ${looksLike}`);
    }
  });
}

test('prose and programs look like no more than the margin of an estimate covers', () => {
  const root = join(import.meta.dirname, '..', '..');
  for (const file of ['ARCHITECTURE.md', 'docs/guides/overload.md', 'src/costs/claim-amounts.ts', 'package.json']) {
    const density = textDensity([readFileSync(join(root, file))]);
    assert.ok(density > 0.2 && density <= 0.25 * INPUT_MARGIN, `${file}: ${density}`);
  }
});

test('any bytes have a density between none and a token each', () => {
  for (let round = 0; round < 300; round += 1) {
    const density = textDensity([randomBytes(round), randomBytes(3)]);
    assert.ok(density > 0 && density <= 1, String(density));
  }
  assert.equal(textDensity([]), 0);
  for (const cut of ['\\', '\\u', '\\u12', 'a\\']) assert.ok(textDensity([Buffer.from(cut)]) <= 1, cut);
});
