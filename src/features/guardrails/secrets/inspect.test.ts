import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { inspectSecrets } from './inspect.ts';
import { KnownSecrets } from './known-secrets.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Looks random and is the same in every run; no secret of anybody stands in this file. */
function random(length: number, letters = LETTERS): string {
  let text = '';
  for (let round = 0; text.length < length; round += 1)
    for (const byte of createHash('sha256').update(`${length} ${round}`).digest())
      text += letters[byte % letters.length];
  return text.slice(0, length);
}
const hex = (length: number): string => random(length, '0123456789abcdef');

const SOME: readonly (readonly [string, string])[] = [
  ['OPENAI_KEY', `sk-proj-${random(120)}`],
  ['OPENAI_KEY', `sk-${random(20)}T3BlbkFJ${random(20)}`],
  ['ANTHROPIC_KEY', `sk-ant-api03-${random(93)}AA`],
  ['GATEWAY_KEY', `sk-${random(22)}`],
  ['AWS_ACCESS_KEY', `AKIA${random(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`],
  ['GITHUB_TOKEN', `ghp_${random(36)}`],
  ['GITHUB_TOKEN', `github_pat_${random(82)}`],
  ['GITLAB_TOKEN', `glpat-${random(20)}`],
  ['GOOGLE_KEY', `AIza${random(35)}`],
  ['SLACK_TOKEN', `xoxb-123456789012-1234567890123-${random(24)}`],
  ['STRIPE_KEY', `sk_live_${random(24)}`],
  ['HUGGING_FACE_TOKEN', `hf_${random(34, LETTERS.slice(0, 52))}`],
  ['SENDGRID_KEY', `SG.${random(22)}.${random(43)}`],
  ['NPM_TOKEN', `npm_${random(36)}`],
  ['TELEGRAM_TOKEN', `123456789:AA${random(33)}`],
  ['AZURE_CLIENT_SECRET', `abc8Q~${random(34)}`],
  ['DATABRICKS_TOKEN', `dapi${hex(32)}`],
  ['JWT', `eyJ${random(33)}.eyJ${random(40)}.${random(43)}`],
  ['PRIVATE_KEY', `-----BEGIN RSA PRIVATE KEY-----\n${random(64)}\n${random(64)}\n-----END RSA PRIVATE KEY-----`],
];

test('finds the keys of models, clouds, code, talk and money by their form, whole', () => {
  for (const [type, secret] of SOME) {
    const text = `It is ${secret} as agreed.`;
    assert.deepEqual(inspectSecrets(text).spans, [{ type, start: 6, end: 6 + secret.length }], secret);
  }
});

test('finds values that a name calls secret', () => {
  const value = random(40);
  for (const text of [
    `password = "Tr0ub4dor&3"`,
    `"api_key": "${value}"`,
    `CLIENT_SECRET=${value}`,
    `aws_secret_access_key = ${value}`,
    `Authorization: Bearer ${value}`,
    'postgres://bob:s3cr3t@db.example.com/x',
    'Server=db;User=bob;Password=hunter2x;',
  ])
    assert.equal(inspectSecrets(text).spans.length, 1, text);
});

test('passes hashes, ids, images and talk about secrets', () => {
  for (const text of [
    `sha ${hex(40)}, md5 ${hex(32)}, integrity sha512-${random(86)}==`,
    'id 550e8400-e29b-41d4-a716-446655440000',
    `data:image/png;base64,${random(4000)}`,
    'password: required; the password must contain 8 characters',
    'token = process.env.TOKEN; const token = getToken()',
    'api_key: YOUR_API_KEY, secret: {{SECRET}}, token: <token>',
    'max_tokens: 123456789, tokenCount = 1234567890, nextPageToken: abcdefgh',
    `-----BEGIN PUBLIC KEY-----\n${random(64)}`,
    'A file that begins with -----BEGIN PRIVATE KEY----- is a private key.',
    'sk-learn is great, sk-some-model-name-v2 too',
    'http://localhost:8080/@me and ftp://host:21/x',
  ])
    assert.deepEqual(inspectSecrets(text).spans, [], text);
});

test('finds every secret that it was given, wherever it stands', () => {
  const secrets = fc.array(fc.string({ minLength: 8, maxLength: 24 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(secrets, fc.string(), fc.string(), fc.nat(), (given, head, tail, pick) => {
      const secret = given[pick % given.length] ?? '';
      const spans = new KnownSecrets(given).find(head + secret + tail);
      assert.ok(spans.some(({ start, end }) => start === head.length && end === head.length + secret.length));
    }),
  );
  assert.deepEqual(new KnownSecrets(['short', '']).find('short'), []);
});

test('a key behind many beginnings of keys is found, and they cost no more than their length', () => {
  const begin = '-----BEGIN RSA PRIVATE KEY-----';
  const text = `${begin.repeat(4_000)}\n${random(64)}\n-----END RSA PRIVATE KEY-----`;
  const before = process.threadCpuUsage().user;
  assert.deepEqual(
    inspectSecrets(text).spans.map(({ type, end }) => [type, end]),
    [['PRIVATE_KEY', text.length]],
  );
  // Reading all that follows each of them took ten times as long.
  assert.ok(process.threadCpuUsage().user - before < 150_000);
});
