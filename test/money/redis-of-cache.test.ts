/** LiteLLM's configuration for several instances: a cache in Redis, in which limits are counted too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import { loadConfig } from '../../src/config/load.ts';
import { providers } from '../../src/providers/index.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestRedis } from '../support/redis.ts';

const fileWith = (settings: string): string =>
  `
model_list:
  - { model_name: fast, litellm_params: { model: openai/gpt-4o-mini, api_base: "os.environ/SIMULATOR_URL/openai/v1", api_key: os.environ/PROVIDER_KEY } }
user_api_key_list:
  - { key: sk-limited-to-three, rpm_limit: 3 }
${settings}
general_settings: { master_key: os.environ/TEST_MASTER_KEY }
`.replaceAll('"os.environ/SIMULATOR_URL/openai/v1"', '"$' + '{SIMULATOR_URL}/openai/v1"');

const ask = async ({ post }: TestGateway): Promise<number> => {
  const body = { model: 'fast', messages: [{ role: 'user', content: 'Hello' }] };
  const response = await post('/v1/chat/completions', body, { authorization: 'Bearer sk-limited-to-three' });
  await response.arrayBuffer();
  return response.status;
};

/** The statuses of four requests, to two instances in turn. */
async function shared(settings: string, env: Readonly<Record<string, string>>): Promise<readonly number[]> {
  const options = { config: fileWith(settings), env };
  const instances = [await startTestGateway(options), await startTestGateway(options)];
  try {
    const statuses: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) statuses.push(await ask(instances[turn % 2] as TestGateway));
    return statuses;
  } finally {
    for (const instance of instances) await instance.close();
  }
}

const OVER_THE_LIMIT = [200, 200, 200, 429];
const APART = [200, 200, 200, 200];

test('instances with a cache in Redis count limits together in it', async () => {
  const redis = await startTestRedis();
  try {
    const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) };
    const named = `litellm_settings: { cache: true, cache_params: { type: redis, host: 127.0.0.1, port: ${redis.port} } }`;
    assert.deepEqual(await shared(named, {}), OVER_THE_LIMIT, 'host and port in cache_params');
    await redis.command('FLUSHALL');
    assert.deepEqual(await shared('litellm_settings: { cache: true }', env), OVER_THE_LIMIT, 'from the environment');
    await redis.command('FLUSHALL');
    const url = `litellm_settings: { cache: true, cache_params: { type: redis, url: "${redis.url}/2" } }`;
    assert.deepEqual(await shared(url, {}), OVER_THE_LIMIT, 'by its URL');
    await redis.command('FLUSHALL');
    assert.deepEqual(await shared(named.replace('cache: true', 'cache: false'), env), APART, 'switched off');
    const local = 'litellm_settings: { cache: true, cache_params: { type: local } }';
    assert.deepEqual(await shared(local, env), APART, 'a cache in memory');
  } finally {
    await redis.close();
  }
});

test('a cache that may drop counters is refused for counting, unless it is allowed by name or never full', async () => {
  const redis = await startTestRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
  const sharedSimulator = await startSimulator();
  try {
    const named = `litellm_settings: { cache: true, cache_params: { type: redis, host: 127.0.0.1, port: ${redis.port} } }`;
    const start = (more = '') => startTestGateway({ sharedSimulator, config: fileWith(`${named}\n${more}`) });
    await assert.rejects(start(), /maxmemory-policy is allkeys-lru.*allow_evicting_redis/s);
    assert.match(await redis.command('DBSIZE'), /^:0/, 'nothing was written');
    const allowed = await start('budget_settings: { allow_evicting_redis: true }');
    assert.equal(await ask(allowed), 200);
    assert.match((await allowed.close()).join('\n'), /may evict counters/);
    const byName = await start(`router_settings: { redis_host: 127.0.0.1, redis_port: ${redis.port} }`);
    await byName.close();
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await (await start()).close();
    await redis.command('CONFIG', 'SET', 'maxmemory', '100mb');
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await (await start()).close();
  } finally {
    await sharedSimulator.close();
    await redis.close();
  }
});

test('a cache in Redis without an address is reported, and one whose variable is not set ends the start', () => {
  const load = (settings: string) =>
    loadConfig({
      files: ['config.yaml'],
      env: { SIMULATOR_URL: 'http://127.0.0.1:1', PROVIDER_KEY: 'k', TEST_MASTER_KEY: 'sk-0123456789abcdef' },
      knownProviders: providers,
      readFile: () => fileWith(settings),
    });
  const nowhere = load('litellm_settings: { cache: true, cache_params: { type: redis } }');
  assert.equal(nowhere.config?.redis, undefined);
  assert.match(JSON.stringify(nowhere.findings), /counts limits for itself; set litellm_settings.cache_params.host/);
  const unset = load('litellm_settings: { cache: true, cache_params: { type: redis, host: os.environ/NOT_SET } }');
  assert.equal(unset.config, undefined);
  assert.match(JSON.stringify(unset.findings), /litellm_settings.cache_params.host needs it/);
  const wrong = load('litellm_settings: { cache: true, cache_params: { type: redis, url: "http://cache" } }');
  assert.match(JSON.stringify(wrong.findings), /litellm_settings.cache_params.url must be redis:/);
});
