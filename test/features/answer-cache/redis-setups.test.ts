/** A cache in Redis over Sentinel and TLS, over a kill of its gateway, and what Redis says of itself. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startSimulator } from '../../../simulator/start.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { temporaryFolder } from '../../cli/sluice-process.ts';
import { Instance, writeSite } from '../../money/instances.ts';
import { priced } from '../../money/tenants.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { MASTER_KEY } from '../../support/gateway.ts';
import { freePort, startTestRedis, startTestSentinel, type TestRedis } from '../../support/redis.ts';
import { type CachedGateway, chat, startCached } from './cached-gateway.ts';

const TIME = { timeout: 90_000 };

async function redisFor(context: TestContext, ...options: string[]): Promise<TestRedis> {
  const redis = await startTestRedis(...options);
  context.after(() => redis.close());
  return redis;
}

async function start(context: TestContext, cache: JsonObject): Promise<CachedGateway> {
  const cached = await startCached({
    cache: { type: 'redis', ...cache },
    further: { budget_settings: { allow_evicting_redis: true } },
  });
  context.after(() => cached.gateway.close());
  return cached;
}

const isUp = async ({ gateway }: CachedGateway): Promise<boolean> =>
  (await (await gateway.get('/metrics')).text()).includes('sluice_answer_cache_up 1\n');

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail(`not in time: ${what}`);
    await wait(20);
  }
}

/** Asks until there is a hit: an answer is kept after it was sent. */
const hits = async (cached: CachedGateway, question: string): Promise<void> =>
  until('a hit', async () => (await cached.ask(chat(question))).isHit);

test(
  '`/cache/redis/info` shows what Redis says of itself, to admins, and a 503 if it is dead',
  TIME,
  async (context) => {
    const redis = await redisFor(context);
    const cached = await start(context, { host: '127.0.0.1', port: redis.port });
    await until('up', () => isUp(cached));
    const get = async (key = cached.gateway.masterKey) => {
      const answer = await cached.gateway.get('/cache/redis/info', { authorization: `Bearer ${key}` });
      return { status: answer.status, body: (await answer.json()) as { num_clients?: number; info?: JsonObject } };
    };
    const { status, body } = await get();
    assert.equal(status, 200);
    assert.ok((body.num_clients ?? 0) >= 1);
    assert.match(String(body.info?.redis_version), /^\d+\.\d+/);
    assert.equal(body.info?.tcp_port, String(redis.port));
    assert.equal((await get('key-of-a')).status, 403);
    await redis.kill();
    await until('a 503', async () => (await get()).status === 503);
    const { status: asked } = await cached.ask(chat());
    assert.equal(asked, 200, 'requests go on');
  },
);

test('the sentinels say which Redis is the master, also after it moved', TIME, async (context) => {
  const [first, second] = [await redisFor(context), await redisFor(context)];
  const sentinel = await startTestSentinel(first.port, 'answers', 'sentinels only');
  context.after(() => sentinel.close());
  const nextPort = await freePort();
  const cached = await start(context, {
    service_name: 'answers',
    sentinel_nodes: [
      ['127.0.0.1', nextPort],
      ['127.0.0.1', sentinel.port],
    ],
    sentinel_password: 'sentinels only',
  });
  await until('up', () => isUp(cached));
  await hits(cached, 'Of rivers.');
  assert.match(await first.command('DBSIZE'), /^:[1-9]/);
  // What sentinels do in a failover: they name another master, and the old one is gone.
  await first.kill();
  const moved = await startTestSentinel(second.port, 'answers', 'sentinels only', nextPort);
  context.after(() => moved.close());
  await sentinel.close();
  await until('up at the new master', async () => (await cached.ask(chat('Of lakes.'))).isHit);
  assert.match(await second.command('DBSIZE'), /^:[1-9]/);
});

test('with TLS answers are kept at a Redis whose certificate it trusts, and nowhere else', TIME, async (context) => {
  const authority = makeAuthority();
  context.after(() => authority.remove());
  const { certificateFile, keyFile } = authority.issue('redis', 'IP:127.0.0.1');
  const port = await freePort();
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificateFile, '--tls-key-file', keyFile];
  const redis = await redisFor(context, ...tls, '--tls-ca-cert-file', authority.caFile, '--tls-auth-clients', 'no');
  const trusting = await start(context, { host: '127.0.0.1', port, ssl: true, ssl_ca_certs: authority.caFile });
  await hits(trusting, 'Of rivers.');
  const filled = await redis.command('DBSIZE');
  assert.match(filled, /^:[1-9]/);
  const byUrl = await start(context, { url: `rediss://127.0.0.1:${port}`, ssl_ca_certs: authority.caFile });
  await until('up', () => isUp(byUrl));
  // Another simulator is another address, and so another key: what it has of its own is kept in the same Redis.
  await hits(byUrl, 'Of rivers.');
  const distrusting = await start(context, { host: '127.0.0.1', port, ssl: true });
  for (let round = 0; round < 3; round += 1) {
    const { status, isHit } = await distrusting.ask(chat('Of rivers.'));
    assert.deepEqual([status, isHit], [200, false]);
    await wait(100);
  }
  assert.equal(await isUp(distrusting), false);
  assert.match((await distrusting.gateway.logLines()).join('\n'), /The Redis of the cache is unavailable/);
});

test(
  'a gateway that was killed finds its answers again, and nothing of a stream that was cut',
  TIME,
  async (context) => {
    const redis = await redisFor(context);
    const simulator = await startSimulator();
    context.after(() => simulator.close());
    const site = { ending: context, folder: temporaryFolder(context), simulatorUrl: simulator.url };
    const params = { type: 'redis', host: '127.0.0.1', port: redis.port, ttl: 600, scope: 'key', encrypt: true };
    writeSite(site, {
      model_list: [priced('m', 20), priced('slow', 200, { model: 'openai/sim-tokens-60+latency-20-20' })],
      litellm_settings: { cache: true, cache_params: params },
      budget_settings: { allow_evicting_redis: true },
    });
    const ask = async ({ url }: Instance, model: string, stream = false) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
      });
    const first = await new Instance(site, 'one').started();
    let text = '';
    await until('a hit', async () => {
      const answer = await ask(first, 'm');
      text = await answer.text();
      return answer.headers.get('x-litellm-cache-hit') === 'True';
    });
    const cut = await ask(first, 'slow', true);
    const reader = cut.body?.getReader();
    await reader?.read();
    await first.kill();
    await assert.rejects(async () => {
      while (!(await reader?.read())?.done);
    });
    const second = await new Instance(site, 'one').started();
    await until('up', async () => (await (await second.get('/metrics')).text()).includes('sluice_answer_cache_up 1\n'));
    const kept = await ask(second, 'm');
    assert.deepEqual([kept.headers.get('x-litellm-cache-hit'), await kept.text()], ['True', text]);
    const again = await ask(second, 'slow', true);
    assert.equal(again.headers.get('x-litellm-cache-hit'), null);
    assert.match(await again.text(), /\[DONE\]/);
  },
);
