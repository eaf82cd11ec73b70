import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inspectPersonalData } from '../personal-data/inspect.ts';
import { KnownSecrets } from '../secrets/known-secrets.ts';
import { HoldBack, type Replace, type Sought } from './hold-back.ts';
import { SOUGHT_PERSONAL_DATA, soughtSecrets } from './sought.ts';
import { hashedWith, masked, TokenVault } from './substitutes.ts';

const SECRET = 'the-secret-of-this-process';
const SECRETS = soughtSecrets(new KnownSecrets([SECRET]));

const PARTS = [
  ...[
    '4111 1111 1111 1111',
    'ann@example.org',
    'DE89 3704 0044 0532 0130 00',
    '+49 (0)30 901820',
    '054-28-6917',
    '2001:db8::1',
  ],
  ...[
    'AB 12 34 56 C',
    'card',
    'phone',
    'order',
    SECRET,
    'password = "Tr0ub4dor&3"',
    'is',
    'the',
    ' ',
    ' ',
    '\n',
    '    ',
    '1',
    '22',
    '@',
    '::',
    '<',
    '.',
    '😀',
    'é',
  ],
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ maxLength: 12 })), { maxLength: 60 })
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(40), { minLength: 1, maxLength: 400 });

/** A text in pieces of these lengths, again and again. */
function pieces(whole: string, lengths: readonly number[]): string[] {
  const cut: string[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn += 1) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? 1);
    cut.push(whole.slice(at, at + length));
    at += length;
  }
  return cut;
}

function filtered(parts: readonly string[], sought: Sought, replace: Replace): string {
  const filter = new HoldBack(sought, replace);
  return parts.map((part) => filter.push(part)).join('') + filter.end();
}

test('any cutting of a stream gives the bytes of the whole', () => {
  for (const sought of [SOUGHT_PERSONAL_DATA, SECRETS, { ...SOUGHT_PERSONAL_DATA, longest: 24 }])
    fc.assert(
      fc.property(text, cuts, (whole, lengths) => {
        assert.equal(filtered(pieces(whole, lengths), sought, masked), filtered([whole], sought, masked));
      }),
      { numRuns: 300 },
    );
});

test('what is replaced in a stream is what is found in the whole text', () => {
  const whole =
    'Dear Ann, my card is 4111 1111 1111 1111, write to ann@example.org or call +49 (0)30 901820 today. IBAN DE89 3704 0044 0532 0130 00!';
  let expected = '';
  let at = 0;
  for (const { type, start, end } of inspectPersonalData(whole).spans) {
    expected += `${whole.slice(at, start)}[${type}]`;
    at = end;
  }
  expected += whole.slice(at);
  assert.equal(filtered(pieces(whole, [1]), SOUGHT_PERSONAL_DATA, masked), expected);
  assert.doesNotMatch(expected, /4111|ann@|901820|0532/);
});

test('plain text is passed on but for the word under way, and what is held has a bound', () => {
  const filter = new HoldBack(SOUGHT_PERSONAL_DATA, masked);
  assert.equal(filter.push('The quick brown fox ju'), 'The quick brown fox ');
  assert.equal(filter.push('mps over'), 'jumps ');
  const { longest, behind } = SOUGHT_PERSONAL_DATA;
  for (let round = 0; round < 2_000; round += 1) {
    filter.push('1 2 3 ');
    assert.ok(filter.held <= longest + behind + 8, String(filter.held));
  }
});

test('tokens come back as what they stand for, in any cutting', () => {
  fc.assert(
    fc.property(text, cuts, (whole, lengths) => {
      const vault = new TokenVault();
      const hidden = filtered(pieces(whole, lengths), SOUGHT_PERSONAL_DATA, vault.replace);
      const restoring = vault.restoring();
      const restored =
        pieces(hidden, lengths)
          .map((part) => restoring.push(part))
          .join('') + restoring.end();
      assert.equal(restored, whole);
    }),
  );
});

test('a private key that comes in pieces is hidden whole', () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEAq8Zt3kV9x1yQw7LmNpRs\n'.repeat(24)}-----END RSA PRIVATE KEY-----`;
  for (const lengths of [[1], [7], [4_000]])
    assert.equal(filtered(pieces(`It is ${key} so far.`, lengths), SECRETS, masked), 'It is [PRIVATE_KEY] so far.');
});

test('hashes are equal for equal texts and differ by key', () => {
  const [one, other] = [hashedWith('k1'), hashedWith('k2')];
  assert.equal(one('EMAIL_ADDRESS', 'a@b.io'), one('EMAIL_ADDRESS', 'a@b.io'));
  assert.notEqual(one('EMAIL_ADDRESS', 'a@b.io'), other('EMAIL_ADDRESS', 'a@b.io'));
});
