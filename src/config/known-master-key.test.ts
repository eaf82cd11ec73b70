import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isKnownMasterKey, isLoopback } from './known-master-key.ts';

test('keys of documentation, templates and keyboards are known, however they are spelled', () => {
  for (const key of [
    'sk-1234',
    'SK-1234',
    'sk_1234',
    'sk1234',
    '1234',
    'sk-12345678',
    'sk-1234567890',
    'sk-0000',
    'sk-xxxxxxxxxxxxxxxx',
    'sk-master',
    'sk-master-key',
    'sk-litellm-master-key',
    'sk-litellm-1234',
    'sk-admin',
    'sk-test-1234',
    'sk-my-master-key',
    'sk-your-key-here',
    'your_gateway_master_key',
    'YOUR-MASTER-KEY',
    '<your-master-key>',
    'changeme',
    'change-me',
    'sk-CHANGE_ME',
    'password',
    'password123',
    'secret',
    'sk-secret-key-2026',
    'sk-',
    '',
    'admin',
    'sk-abc123',
    'letmein',
  ]) {
    assert.ok(isKnownMasterKey(key), key);
  }
});

test('keys that were made by chance or by a person with care are not', () => {
  for (let round = 0; round < 2_000; round++) {
    assert.ok(!isKnownMasterKey(`sk-${randomBytes(12).toString('hex')}`));
    assert.ok(!isKnownMasterKey(randomBytes(16).toString('base64url')));
  }
  for (const key of ['sk-a-long-enough-master-key-0123456789-q7', 'correct horse battery staple', 'sk-7f3Q']) {
    assert.ok(!isKnownMasterKey(key), key);
  }
});

test('loopback addresses are those that only this machine reaches', () => {
  for (const host of ['127.0.0.1', '127.1', '127.9.9.9', 'localhost', 'LOCALHOST', '::1', '[::1]', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '[::]', '10.0.0.1', '127.evil.example', 'localhost.example', '', '*', '0'])
    assert.ok(!isLoopback(host), host);
});
