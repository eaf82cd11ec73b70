import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { loadConfig } from '../config/load.ts';
import { addressOf, type BannerFacts, bannerText } from './banner.ts';

function configOf(...groups: string[]): GatewayConfig {
  const list = groups.map((group) => ({
    model_name: group,
    litellm_params: { model: 'acme/x', api_key: 'os.environ/K' },
  }));
  const { config } = loadConfig({
    files: ['a.yaml'],
    env: { K: 'k' },
    knownProviders: [{ name: 'acme', keyVariables: [], defaultBaseUrl: 'http://127.0.0.1:9' }],
    readFile: () => JSON.stringify({ model_list: list }),
  });
  assert.ok(config);
  return config;
}

const facts: BannerFacts = {
  version: '1.2.3',
  host: '0.0.0.0',
  port: 4000,
  config: configOf('text-embedding-3-small', 'acme/*', "o'clock"),
  origin: 'files',
  key: { from: 'file', key: 'sk-secret', path: "/var/it's/master-key", isNew: false },
  env: {},
  isTerminal: false,
};
const curlOf = (more: Partial<BannerFacts>): string => /curl .*/.exec(bannerText({ ...facts, ...more }))?.[0] ?? '';

test('an address can be reached from the same machine', () => {
  assert.equal(addressOf('0.0.0.0', 1), 'http://127.0.0.1:1');
  assert.equal(addressOf('::', 1), 'http://[::1]:1');
  assert.equal(addressOf('fe80::1', 1), 'http://[fe80::1]:1');
  assert.equal(addressOf('gateway.example.com', 80), 'http://gateway.example.com:80');
});

test('a key that was made before is shown on a terminal only', () => {
  assert.ok(!bannerText(facts).includes('sk-secret'));
  assert.ok(bannerText({ ...facts, isTerminal: true }).includes('Master key: sk-secret (kept in'));
  const isNew = { from: 'file', key: 'sk-secret', path: '/d/master-key', isNew: true } as const;
  assert.ok(bannerText({ ...facts, key: isNew }).includes('Master key: sk-secret (made now, kept in /d/master-key)'));
});

test('the curl line takes a group that chats, and survives quotes in names and paths', () => {
  assert.ok(curlOf({}).includes(`Bearer $(cat '/var/it'\\''s/master-key')"`));
  assert.ok(curlOf({}).includes(`"model":"o'\\''clock"`));
});

test('a configured key is never shown: the variable that holds it is named, where one does', () => {
  const key = { from: 'config', key: 'sk-configured' } as const;
  assert.ok(curlOf({ key, env: { GATEWAY_KEY: 'sk-configured' }, isTerminal: true }).includes('Bearer $GATEWAY_KEY"'));
  assert.ok(curlOf({ key, isTerminal: true }).includes('Bearer YOUR_MASTER_KEY"'));
  assert.ok(!bannerText({ ...facts, key, isTerminal: true }).includes('sk-configured'));
});

test('without a group named in full the curl line lists the models', () => {
  assert.match(curlOf({ config: configOf('acme/*') }), /^curl http:\/\/127\.0\.0\.1:4000\/v1\/models /);
});
