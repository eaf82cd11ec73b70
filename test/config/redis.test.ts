import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RedisConfig } from '../../src/config/gateway-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { providers } from '../../src/providers/index.ts';
import { makeAuthority } from '../support/certificates.ts';

function load(settings: string, env: Readonly<Record<string, string>> = {}) {
  const text = `
model_list: [{ model_name: a, litellm_params: { model: openai/gpt-4o, api_key: "\${KEY}" } }]
router_settings: { ${settings} }
`;
  const options = {
    files: ['config.yaml'],
    env: { KEY: 'k', ...env },
    knownProviders: providers,
    readFile: () => text,
  };
  return loadConfig(options);
}

const redisOf = (settings: string, env?: Readonly<Record<string, string>>): RedisConfig | undefined =>
  load(settings, env).config?.redis;

const PLAIN: RedisConfig = { host: 'cache', port: 6379, database: 0, isTls: false };

test('a Redis is named by its parts or by its URL, and all of it acts', () => {
  assert.deepEqual(redisOf('redis_host: cache'), PLAIN);
  assert.deepEqual(
    redisOf(
      'redis_host: cache, redis_port: os.environ/PORT_OF_IT, redis_password: os.environ/SECRET, redis_db: 3, redis_ssl: true',
      { PORT_OF_IT: '7000', SECRET: 's' },
    ),
    { ...PLAIN, port: 7000, password: 's', database: 3, isTls: true },
  );
  assert.deepEqual(redisOf('redis_url: os.environ/URL', { URL: 'rediss://user:p%40ss@cache:6380/2' }), {
    host: 'cache',
    port: 6380,
    username: 'user',
    password: 'p@ss',
    database: 2,
    isTls: true,
  });
  assert.deepEqual(redisOf('redis_url: "redis://[::1]", redis_password: os.environ/SECRET', { SECRET: '100%' }), {
    ...PLAIN,
    host: '::1',
    password: '100%',
  });
  const { config } = load('redis_host: cache, redis_url: "redis://cache"');
  assert.deepEqual(config?.notYetInEffect, []);
  assert.deepEqual(config?.routing.other, {});
});

test("LiteLLM's variables fill in what the file leaves out, and name no Redis by themselves", () => {
  const env = { REDIS_HOST: 'cache', REDIS_PORT: '7000', REDIS_PASSWORD: 's', REDIS_USERNAME: 'u', REDIS_SSL: 'True' };
  assert.equal(redisOf('', env), undefined);
  assert.deepEqual(redisOf('redis_port: 6379', env), { ...PLAIN, password: 's', username: 'u', isTls: true });
  assert.deepEqual(redisOf('redis_host: other', env), {
    host: 'other',
    port: 7000,
    password: 's',
    username: 'u',
    database: 0,
    isTls: true,
  });
  assert.deepEqual(redisOf('redis_db: 1', { REDIS_URL: 'redis://cache' }), { ...PLAIN, database: 1 });
  assert.deepEqual(
    redisOf('redis_host: cache', { REDIS_URL: 'redis://other', REDIS_PORT: 'tcp://10.0.0.1:6379' }),
    PLAIN,
  );
});

test('an invalid address is reported without its text', () => {
  for (const url of ['cache:6379', 'http://cache', 'redis://', 'redis://cache/main']) {
    const { config, findings } = load('redis_url: os.environ/URL', { URL: url });
    assert.equal(config, undefined, url);
    assert.match(findings.map(({ message }) => message).join(), /redis_url must be redis:\/\/HOST/);
  }
  const { findings } = load('redis_url: os.environ/URL', { URL: 'http://user:canary@cache' });
  assert.doesNotMatch(JSON.stringify(findings), /canary/);
});

test('sentinels, nodes of a cluster and certificates are read as LiteLLM writes them', (t) => {
  const authority = makeAuthority();
  t.after(() => authority.remove());
  const { caFile } = authority;
  const nodes = 'redis_sentinel_nodes: [[one, 26380], "two:26381", { host: three }]';
  const more = 'redis_service_name: main, redis_sentinel_password: os.environ/SECRET';
  assert.deepEqual(redisOf(`${nodes}, ${more}`, { SECRET: 's' })?.sentinels, {
    serviceName: 'main',
    nodes: [
      { host: 'one', port: 26380 },
      { host: 'two', port: 26381 },
      { host: 'three', port: 26379 },
    ],
    password: 's',
  });
  assert.deepEqual(redisOf('redis_startup_nodes: [{ host: one, port: 7001 }, { host: two, port: "7002" }]'), {
    ...PLAIN,
    host: 'one',
    port: 7001,
    startupNodes: [{ host: 'two', port: 7002 }],
  });
  const tls = `redis_host: cache, redis_ssl: true, redis_ssl_ca_certs: "${caFile}", redis_ssl_check_hostname: false`;
  assert.deepEqual(redisOf(tls), {
    ...PLAIN,
    isTls: true,
    tls: { caFile, isVerified: true, isHostChecked: false },
  });
  assert.equal(redisOf('redis_host: cache, redis_ssl_cert_reqs: none')?.tls?.isVerified, false);
});

test('invalid nodes and an authority that cannot be read are errors', () => {
  for (const settings of [
    'redis_sentinel_nodes: [[one, many]]',
    'redis_startup_nodes: [{ port: 7001 }]',
    'redis_host: cache, redis_ssl_ca_certs: /nowhere/ca.pem',
  ]) {
    const { findings } = load(settings);
    assert.ok(
      findings.some(({ severity }) => severity === 'error'),
      settings,
    );
  }
});

test('a Redis or a database whose settings name an unset variable, or are malformed, end the start at their line', () => {
  const errors = (settings: string, general = '') => {
    const text = `model_list: [{ model_name: a, litellm_params: { model: openai/gpt-4o, api_key: os.environ/KEY } }]
router_settings: { ${settings} }
general_settings: { ${general} }`;
    const options = { files: ['config.yaml'], env: { KEY: 'k' }, knownProviders: providers, readFile: () => text };
    const { config, findings } = loadConfig(options);
    assert.equal(config, undefined, settings + general);
    return findings.filter(({ severity }) => severity === 'error');
  };
  const rows = ['host', 'url', 'password', 'username', 'port', 'db', 'ssl', 'sentinel_password', 'ssl_ca_certs'];
  for (const row of rows) {
    const [error] = errors(
      `redis_host: cache, redis_${row}: os.environ/NOT_SET`.replace(/^redis_host: cache, (?=redis_host)/, ''),
    );
    assert.deepEqual([error?.code, error?.line], ['unset-variable', 2], row);
    assert.match(error?.message ?? '', /"NOT_SET" is not set/);
  }
  assert.equal(errors(`redis_url: "redis://$\{NOT_SET}:6379"`)[0]?.code, 'unset-variable');
  for (const host of ['redis://cache', 'cache:6379', 'cache/0', 'ca che', 'user@cache']) {
    const [error] = errors(`redis_host: ${JSON.stringify(host)}`);
    assert.deepEqual([error?.code, error?.line], ['wrong-type', 2], host);
  }
  const [unset] = errors('', 'database_url: os.environ/NOT_SET');
  assert.deepEqual([unset?.code, unset?.line], ['unset-variable', 3]);
  for (const url of ['postgres', 'mysql://h/d', 'postgresql://', 'postgresql://u:p@h:port/d']) {
    const [error] = errors('', `database_url: ${JSON.stringify(url)}`);
    assert.deepEqual([error?.code, error?.line], ['wrong-type', 3], url);
  }
});

test('certificates of Redis and Postgres are checked before the start, and the message names the setting and the file', (t) => {
  const authority = makeAuthority();
  t.after(() => authority.remove());
  const { certificateFile, keyFile, bothFile } = authority.issue('client');
  const stranger = authority.issue('stranger');
  const tls = { isVerified: true, isHostChecked: true };
  const plain = 'redis_host: cache, redis_ssl: true';
  for (const [settings, env, expected] of [
    [`redis_ssl_certfile: ${bothFile}`, {}, { ...tls, certificateFile: bothFile }],
    ['', { REDIS_SSL_CERTFILE: certificateFile, REDIS_SSL_KEYFILE: keyFile }, { ...tls, certificateFile, keyFile }],
    ['', { SSL_CERT_FILE: authority.caFile }, { ...tls, caFile: authority.caFile }],
    [`redis_ssl_ca_certs: ${authority.caFile}`, { SSL_CERT_FILE: '/nowhere' }, { ...tls, caFile: authority.caFile }],
    ['', {}, undefined],
  ] as const) {
    assert.deepEqual(redisOf(`${plain}, ${settings}`, env)?.tls, expected, settings);
  }
  for (const [settings, words] of [
    [
      'redis_ssl_ca_certs: /nowhere/ca.pem',
      /redis_ssl_ca_certs names the authorities, \/nowhere\/ca\.pem, that cannot be read/,
    ],
    [`redis_ssl_ca_certs: ${keyFile}`, /holds no certificate/],
    [`redis_ssl_certfile: ${certificateFile}`, /redis_ssl_certfile names the client certificate/],
    [`redis_ssl_certfile: ${certificateFile}, redis_ssl_keyfile: ${stranger.keyFile}`, /that TLS cannot use/],
    [`redis_ssl_keyfile: ${keyFile}`, /needs redis_ssl_certfile/],
  ] as const) {
    assert.match(JSON.stringify(load(`${plain}, ${settings}`).findings), words);
  }
  for (const [query, words] of [
    ['sslmode=verify-ca', /needs sslrootcert/],
    ['sslmode=verify', /must be one of/],
    ['sslrootcert=/nowhere/ca.pem', /sslrootcert, \/nowhere\/ca\.pem, that cannot be read/],
    [`sslcert=${certificateFile}`, /needs sslcert and sslkey together/],
    [`sslcert=${certificateFile}&sslkey=${stranger.keyFile}`, /that TLS cannot use/],
  ] as const) {
    const { config, findings } = load('', { DATABASE_URL: `postgresql://u:secret-word@db/name?${query}` });
    assert.equal(config, undefined);
    assert.match(JSON.stringify(findings), words);
    assert.doesNotMatch(JSON.stringify(findings), /secret-word/);
  }
});

test("LiteLLM's coordination_redis is the Redis that instances share, before those of the router and of the cache", () => {
  const read = (general: string, further = '', env: Readonly<Record<string, string>> = {}) => {
    const text = `
model_list: [{ model_name: a, litellm_params: { model: openai/gpt-4o, api_key: "\${KEY}" } }]
general_settings: { coordination_redis: ${general} }
${further}
`;
    return loadConfig({
      files: ['config.yaml'],
      env: { KEY: 'k', ...env },
      knownProviders: providers,
      readFile: () => text,
    });
  };
  const parts = '{ host: os.environ/RH, port: 7000, password: os.environ/RP, ssl: true }';
  const { config, findings } = read(parts, '', { RH: 'counts', RP: 's' });
  assert.deepEqual(config?.redis, { ...PLAIN, host: 'counts', port: 7000, password: 's', isTls: true });
  assert.deepEqual(
    findings.filter(({ severity }) => severity !== 'note'),
    [],
  );
  assert.deepEqual(read('{ url: "redis://:p@counts:7001/2" }').config?.redis, {
    ...PLAIN,
    host: 'counts',
    port: 7001,
    password: 'p',
    database: 2,
  });
  assert.deepEqual(read('{ startup_nodes: [{ host: n1, port: 7000 }, { host: n2, port: 7000 }] }').config?.redis, {
    ...PLAIN,
    host: 'n1',
    port: 7000,
    startupNodes: [{ host: 'n2', port: 7000 }],
  });
  const sentinels = read('{ sentinel_nodes: [[s1, 26379]], service_name: main, sentinel_password: p }').config?.redis;
  assert.deepEqual(sentinels?.sentinels, {
    serviceName: 'main',
    nodes: [{ host: 's1', port: 26_379 }],
    password: 'p',
  });

  const both = read('{ host: counts }', 'router_settings: { redis_host: routes }');
  assert.equal(both.config?.redis?.host, 'counts');
  assert.match(both.findings.map(({ message }) => message).join('\n'), /names another Redis than router_settings/);
  const cache = 'litellm_settings: { cache: true, cache_params: { type: redis, host: answers } }';
  const beside = read('{ host: counts }', cache).config;
  assert.deepEqual([beside?.redis?.host, beside?.redis?.isCache], ['counts', undefined]);
  assert.equal(beside?.cache?.redis?.host, 'answers');

  const wrong = (general: string) =>
    read(general)
      .findings.filter(({ severity }) => severity === 'error')
      .map(({ message, line }) => `${line} ${message}`)
      .join('\n');
  assert.match(wrong('{ host: os.environ/UNSET }'), /3 the variable "UNSET" is not set/);
  assert.match(wrong('{ port: 7000 }'), /3 general_settings.coordination_redis gives no address/);
  assert.match(wrong('{ host: "redis://counts" }'), /general_settings.coordination_redis.host must be the name/);
  assert.match(wrong('{ hots: counts }'), /hots/);
});
