import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedIsAbsent, sharedRows } from '../../../../test/guardrails/shared-rows.ts';
import type { Span } from '../inspection.ts';
import { inspectPersonalData } from './inspect.ts';

const found = (text: string): string[] =>
  inspectPersonalData(text).spans.map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);

/** Each with what must be found in it, and nothing else. */
const SOME: readonly (readonly [string, ...string[]])[] = [
  ['Pay with 4111 1111 1111 1111 please', 'CREDIT_CARD 4111 1111 1111 1111'],
  ['5500-0000-0000-0004 or 378282246310005', 'CREDIT_CARD 5500-0000-0000-0004', 'CREDIT_CARD 378282246310005'],
  ['DE89 3704 0044 0532 0130 00 thanks', 'IBAN_CODE DE89 3704 0044 0532 0130 00'],
  ['to FR14 2004 1010 0505 0001 3M02 606.', 'IBAN_CODE FR14 2004 1010 0505 0001 3M02 606'],
  ["mail bob.o'neil+x@mail.example.co.uk.", "EMAIL_ADDRESS bob.o'neil+x@mail.example.co.uk"],
  ['an "<ann@bücher.example>"', 'EMAIL_ADDRESS ann@bücher.example'],
  ['2001:db8::1, 10.0.0.1:8080', 'IP_ADDRESS 2001:db8::1', 'IP_ADDRESS 10.0.0.1'],
  ['SSN 123456789 and 054-28-6917', 'US_SSN 123456789', 'US_SSN 054-28-6917'],
  ['Rufen Sie +49 (0)30 901820 an', 'PHONE_NUMBER +49 (0)30 901820'],
  ['(555) 234-5678, 020 7946 0958', 'PHONE_NUMBER (555) 234-5678', 'PHONE_NUMBER 020 7946 0958'],
  ['手机: 13800138000', 'PHONE_NUMBER 13800138000'],
  ['DNI 12345678Z, NIE X1234567L', 'ES_NIF 12345678Z', 'ES_NIE X1234567L'],
  ['RSSMRA85T10A562S', 'IT_FISCAL_CODE RSSMRA85T10A562S'],
  ['CPF 529.982.247-25', 'BR_CPF 529.982.247-25'],
  ['PESEL 44051401359', 'PL_PESEL 44051401359'],
  ['身份证 11010519491231002X', 'CN_RESIDENT_ID 11010519491231002X'],
  ['Aadhaar 2341 2341 2346', 'IN_AADHAAR 2341 2341 2346'],
  ['131052-308T, S1234567D', 'FI_PERSONAL_IDENTITY_CODE 131052-308T', 'SG_NRIC_FIN S1234567D'],
  ['811228-9874', 'SE_PERSONNUMMER 811228-9874'],
  ['NIR 2 55 08 14 168 025 38', 'FR_NIR 2 55 08 14 168 025 38'],
  ['AHV 756.9217.0769.85', 'CH_AHV 756.9217.0769.85'],
  ['tax id 86 095 742 719', 'DE_TAX_ID 86 095 742 719'],
  ['BSN 111222333', 'NL_BSN 111222333'],
  ['RUT 12.345.678-5', 'CL_RUT 12.345.678-5'],
];

/** What looks like personal data and is something else. */
const NONE: readonly string[] = [
  'Order number 4539578763621486 shipped',
  '4111 1111 1111 1112 fails its sum',
  'GB00HXDO88167774656119 fails mod 97',
  'version 1.2.3.4 of Chrome/120.0.0.0, released 10.0.19041.1',
  'timestamp 1700000000000 at 2024-01-15 10:33:12',
  'std::vector<int> a::b::c 12:34:56 00:1A:2B:3C:4D:5E',
  'order 123-45-6789, SKU 555-123-4567',
  'isbn 978-3-16-148410-0',
  'tracking 1Z999AA10123456784',
  'user@localhost, @mention, npm install foo@1.2.3, git@github.com:a/b.git',
  'pages 123-456 of 2001-2005, $1,234,567.89',
  'https://x.com/status/1234567890123456789',
  '550e8400-e29b-41d4-a716-446655440000 in commit 0123456789abcdef',
  'Lat 52.520008, lon 13.404954, 0.123456789012',
  'CPF 529.982.247-26, 12345678A, S1234567A, 2341 2341 2347',
];

test('finds what proves itself, where it stands', () => {
  for (const [text, ...expected] of SOME) assert.deepEqual(found(text), expected, text);
});

test('passes what looks alike', () => {
  for (const text of NONE) assert.deepEqual(found(text), [], text);
});

test('a changed digit makes a card, an account or a checked id pass unseen', () => {
  const checked = ['4111111111111111', 'DE89370400440532013000', '12345678Z', 'RSSMRA85T10A562S', '529.982.247-25'];
  for (const number of checked) {
    const at = number.search(/\d(?=\D*$)/);
    const changed = `${number.slice(0, at)}${(Number(number[at]) + 1) % 10}${number.slice(at + 1)}`;
    assert.deepEqual(
      inspectPersonalData(changed).spans.filter(({ type }) => type !== 'PHONE_NUMBER'),
      [],
      changed,
    );
  }
});

test('spans are ordered, disjoint and inside any text', () => {
  const part = fc.constantFrom(
    '4111 1111 1111 1111',
    'ann@example.org',
    '😀',
    ' ',
    '\n',
    '+1 212 555 0100',
    'card',
    ':',
    '::',
    '1',
    '@',
    'x',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      const text = parts.join('');
      let last = 0;
      for (const { start, end } of inspectPersonalData(text).spans) {
        assert.ok(start >= last && end > start && end <= text.length);
        last = end;
      }
    }),
  );
});

test('precision and recall on synthetic texts of others', { skip: sharedIsAbsent }, () => {
  const counts = new Map<string, { hits: number; misses: number; extra: number }>();
  const of = (type: string) =>
    counts.get(type) ?? counts.set(type, { hits: 0, misses: 0, extra: 0 }).get(type) ?? assert.fail();
  const key = ({ type, start, end }: Span): string => `${type}:${start}:${end}`;
  for (const { text, spans } of sharedRows<{ text: string; spans: Span[] }>('personal-data.jsonl')) {
    const [wanted, got] = [new Set(spans.map(key)), inspectPersonalData(text).spans];
    for (const span of got) of(span.type)[wanted.delete(key(span)) ? 'hits' : 'extra'] += 1;
    for (const left of wanted) of(left.split(':')[0] ?? '').misses += 1;
  }
  const least = { EMAIL_ADDRESS: 0.98, IBAN_CODE: 1, US_SSN: 1, IP_ADDRESS: 1, CREDIT_CARD: 0.97, PHONE_NUMBER: 0.8 };
  for (const [type, f1] of Object.entries(least)) {
    const { hits, misses, extra } = of(type);
    const measured = (2 * hits) / (2 * hits + misses + extra);
    assert.ok(measured >= f1, `${type}: ${measured}`);
  }
});
