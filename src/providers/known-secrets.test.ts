import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KnownSecrets } from './known-secrets.ts';

const SECRET = 'canary/Provider+key-8b2e71"Qz';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const unicode = (text: string): string =>
  [...text].map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');

/** How a provider may write a credential that it echoes. */
const WRITTEN: Readonly<Record<string, string>> = {
  plain: SECRET,
  'in other letters': SECRET.toUpperCase(),
  'as JSON': JSON.stringify(SECRET),
  'as JSON in JSON': JSON.stringify(JSON.stringify({ key: SECRET })),
  'with every letter escaped': unicode(SECRET),
  'percent-encoded': encodeURIComponent(SECRET),
  'percent-encoded twice': encodeURIComponent(encodeURIComponent(SECRET)),
  'with every byte percent-encoded': percent(SECRET),
  'in base64': base64(SECRET),
  'in base64url': Buffer.from(SECRET).toString('base64url'),
  'in base64 after a scheme': base64(`Bearer ${SECRET}`),
  'in base64 as a password': base64(`user:${SECRET}`),
  'in base64 after letters': `token_${base64(`xy${SECRET}`)}`,
  'in base64 twice': base64(base64(SECRET)),
  'in base64 of JSON': base64(JSON.stringify({ authorization: `Bearer ${SECRET}` })),
  'in base64 with line breaks': base64(`padding padding ${SECRET}`).replaceAll(/.{20}/g, '$&\n'),
  'in base64, percent-encoded': encodeURIComponent(base64(SECRET)),
  'in base64 of UTF-16': Buffer.from(SECRET, 'utf16le').toString('base64'),
  'in hexadecimal': hex(SECRET),
  'in hexadecimal capitals': hex(SECRET).toUpperCase(),
  'in hexadecimal with colons': hex(SECRET).replaceAll(/..(?!$)/g, '$&:'),
  'as a dump': hex(SECRET).replaceAll(/..(?!$)/g, '$&, 0x'),
  'as escaped bytes': hex(SECRET).replaceAll(/../g, '\\x$&'),
  'as HTML entities': [...SECRET].map((each) => `&#${each.charCodeAt(0)};`).join(''),
  'as numbers': JSON.stringify([...Buffer.from(SECRET)]),
  reversed: [...SECRET].reverse().join(''),
  'with spaces': [...SECRET].join(' '),
  'without its end': SECRET.slice(0, 24),
  'without its beginning': SECRET.slice(-24),
};

describe('a known secret', () => {
  const secrets = new KnownSecrets([SECRET]);
  for (const [how, written] of Object.entries(WRITTEN)) {
    test(`is found and taken out: ${how}`, () => {
      const text = `Invalid credential ${written} for this organisation.`;
      assert.ok(secrets.holds(text), text);
      const clean = secrets.redact(text);
      assert.ok(!secrets.holds(clean), clean);
      assert.ok(!clean.includes(written), clean);
    });
  }

  test('is not seen in texts without it, and leaves them as they are', () => {
    for (const text of [
      'Rate limit reached for gpt-4o in organization org-abc123 on tokens per min (TPM): Limit 30000, Used 29000.',
      'The model `claude-sonnet-4-5-20250929` does not exist. req_011CSHoEeqs5C35K2UUqR7Fy',
      `data:image/png;base64,${base64('an image '.repeat(50))}`,
      JSON.stringify({ error: { message: 'canary', code: 'provider', param: 'key' } }),
      '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11',
    ]) {
      assert.ok(!secrets.holds(text), text);
    }
    assert.equal(secrets.redact('The canary is not a key.'), 'The canary is not a key.');
  });

  test('is looked for in a bounded time, and what takes longer counts as found', () => {
    const hostile = base64('A'.repeat(200_000));
    const startMs = performance.now();
    secrets.holds(hostile.repeat(1));
    secrets.holds('\\\\'.repeat(50_000));
    secrets.holds('1 '.repeat(50_000));
    secrets.holds('aa:'.repeat(50_000));
    assert.ok(performance.now() - startMs < 5_000);
  });

  test('that is only a word takes nothing out', () => {
    const none = new KnownSecrets(['', 'k', 'any']);
    assert.equal(none.redact('any key'), 'any key');
    assert.ok(!none.holds('any key'));
  });
});
