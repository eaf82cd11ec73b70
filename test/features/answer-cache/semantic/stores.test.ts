/** Similar questions in a Redis that can search, and in Qdrant: who finds them, and what a server that fails costs. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator } from '../../../../simulator/contract.ts';
import { startSimulator } from '../../../../simulator/start.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { startTestQdrant, type TestQdrant } from '../../../support/qdrant.ts';
import { startTestRedis, type TestRedis } from '../../../support/redis.ts';
import { type SearchModule, startSearchModule } from '../../../support/search-module.ts';
import { type Asked, type CachedGateway, chat } from '../cached-gateway.ts';
import { axis, type Embedder, startEmbedder } from './embedder.ts';
import { startSemantic } from './gateway.ts';

let embedder: Embedder;
let redis: TestRedis;
let simulator: Simulator | undefined;
const open: { close(): Promise<unknown> }[] = [];
beforeEach(async () => {
  embedder = await startEmbedder();
  embedder.vectorOf = () => axis(0);
  redis = await startTestRedis();
  open.push(embedder, redis);
});
afterEach(async () => {
  redis.thaw();
  simulator = undefined;
  for (const each of open.splice(0).reverse()) await each.close();
});

/** The one who fails, and a gateway in front of it. */
interface Kind {
  readonly name: string;
  readonly start: () => Promise<Server>;
}

interface Server {
  readonly cache: JsonObject;
  readonly kept: () => Promise<number>;
  readonly fail: (how: 'hang' | 'error' | 'slow' | 'none') => void;
  /** Changes the scope of everything that is found. */
  readonly mixUp: () => void;
}

const questionsIn = async (): Promise<number> =>
  Number(/^\*(\d+)/.exec(await redis.command('KEYS', '*sluice:{questions}:*'))?.[1]);

const KINDS: readonly Kind[] = [
  ...(['redis', 'valkey'] as const).map((kind) => ({
    name: kind,
    start: async (): Promise<Server> => {
      const module = await startSearchModule(redis.port, kind);
      open.push(module);
      return {
        cache: { type: `${kind}-semantic`, host: '127.0.0.1', port: module.port },
        kept: questionsIn,
        fail: (how) => failing(module, how),
        mixUp: () => {
          module.tamper = (fields) => void fields.set('scope', 'f'.repeat(64));
        },
      };
    },
  })),
  {
    name: 'qdrant',
    start: async () => {
      const qdrant = await startTestQdrant('its-key');
      open.push(qdrant);
      return {
        cache: {
          ...{ type: 'qdrant-semantic', host: '127.0.0.1', port: redis.port, qdrant_api_base: qdrant.url },
          ...{ qdrant_api_key: 'its-key', qdrant_collection_name: 'c', qdrant_quantization_config: 'scalar' },
        },
        kept: async () => qdrant.collections.get('c')?.points.size ?? 0,
        fail: (how) => failing(qdrant, how),
        mixUp: () => {
          qdrant.tamper = (payload) => {
            payload.sluice_scope = 'another';
          };
        },
      };
    },
  },
];

function failing(server: SearchModule | TestQdrant, how: 'hang' | 'error' | 'slow' | 'none'): void {
  server.delayMs = how === 'slow' ? 3_000 : 0;
  if ('commands' in server) server.failure = how === 'hang' ? how : how === 'error' ? { error: 'ERR no' } : undefined;
  else server.failure = how === 'hang' ? how : how === 'error' ? { status: 500 } : undefined;
}

const ONE = 'What is the capital of France?';
const SAME = 'Please tell me what the capital of France is.';
const isSemantic = ({ headers }: Asked): boolean => headers.get('x-sluice-cache') === 'semantic';

async function start(cache: JsonObject): Promise<CachedGateway & { readonly close: () => Promise<unknown> }> {
  // Instances with other addresses of providers share no answers.
  if (simulator === undefined) {
    simulator = await startSimulator();
    open.push(simulator);
  }
  const cached = await startSemantic(embedder, {}, { cache, simulator });
  let closing: Promise<unknown> | undefined;
  const close = (): Promise<unknown> => (closing ??= cached.gateway.close());
  open.push({ close });
  await cached.gateway.get('/cache/ping');
  return { ...cached, close };
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail(what);
    await wait(10);
  }
}

async function vectorsOf({ gateway }: CachedGateway): Promise<JsonObject> {
  const report = (await (await gateway.get('/cache/semantic/report')).json()) as JsonObject;
  return report.vectors as JsonObject;
}

/** Asks until the question is kept, which it is after its answer was sent, and not if Redis was late. */
async function keepOne(cached: CachedGateway): Promise<void> {
  await until('it is not kept', async () => {
    await cached.ask(chat(ONE));
    await wait(50);
    return (await vectorsOf(cached)).entries === 1;
  });
}

async function isReady(cached: CachedGateway, place: string): Promise<void> {
  await until(`${place} is not up`, async () => {
    const { place: now, isUp } = await vectorsOf(cached);
    return now === place && isUp === true;
  });
}

for (const { name, start: startServer } of KINDS) {
  const place = name === 'valkey' ? 'redis' : name;
  describe(`similar questions in ${name}`, { timeout: 120_000 }, () => {
    it('are found by their scope on every instance, also after a restart, and by no other tenant', async () => {
      const server = await startServer();
      const [first, second] = [await start(server.cache), await start(server.cache)];
      await Promise.all([isReady(first, place), isReady(second, place)]);
      await first.ask(chat(ONE));
      await until('nothing is kept', async () => (await server.kept()) === 1);
      assert.equal(isSemantic(await second.ask(chat(SAME))), true);
      assert.equal(isSemantic(await second.ask(chat(SAME), { key: 'second-key-of-a' })), true);
      assert.equal((await second.ask(chat(SAME), { key: 'key-of-b' })).isHit, false);
      await first.close();
      const third = await start(server.cache);
      await isReady(third, place);
      assert.equal(isSemantic(await third.ask(chat('Could you tell me what the capital of France is?'))), true);
      server.mixUp();
      assert.equal((await third.ask(chat('Can you tell me what the capital of France is?'))).isHit, false);
    });

    it('are erased with their scope, texts and all, and those of others are not', async () => {
      const server = await startServer();
      const cached = await start(server.cache);
      await isReady(cached, place);
      await cached.ask(chat(ONE));
      await cached.ask(chat(ONE), { key: 'key-of-b' });
      await until('nothing is kept', async () => (await server.kept()) === 2);
      await cached.gateway.post('/cache/flushall', {}, { authorization: 'Bearer key-of-a' });
      assert.equal(await server.kept(), 1);
      assert.equal((await cached.ask(chat(SAME))).isHit, false);
      assert.equal(isSemantic(await cached.ask(chat(SAME), { key: 'key-of-b' })), true);
    });

    it('of another embedding model are not compared', async () => {
      const server = await startServer();
      const cached = await start(server.cache);
      await isReady(cached, place);
      await cached.ask(chat(ONE));
      await until('nothing is kept', async () => (await server.kept()) === 1);
      embedder.vectorOf = () => [1, 0, 0];
      const other = await cached.ask(chat(SAME));
      assert.deepEqual([other.status, other.isHit], [200, false]);
      embedder.vectorOf = () => axis(0);
      await wait(1_100);
      assert.equal(isSemantic(await cached.ask(chat('Could you tell me what the capital of France is?'))), true);
    });

    for (const how of ['hang', 'slow', 'error'] as const) {
      it(`cost a request a miss and a bounded time if the server has the fault “${how}”, and are found when it has not`, async () => {
        const server = await startServer();
        const cached = await start(server.cache);
        await isReady(cached, place);
        await cached.ask(chat(ONE));
        await until('nothing is kept', async () => (await server.kept()) === 1);
        server.fail(how);
        const times: number[] = [];
        for (let round = 0; round < 5; round += 1) {
          const startedMs = performance.now();
          const { status, isHit } = await cached.ask(chat(SAME, { max_tokens: 50 + round }));
          times.push(performance.now() - startedMs);
          assert.deepEqual([status, isHit], [200, false]);
        }
        assert.ok(Math.max(...times) < 1_000, times.join());
        server.fail('none');
        // Each question is another one: an exact answer is not asked for.
        let round = 0;
        await until('it is not found again', async () => {
          round += 1;
          const words = `Please${' please'.repeat(round)} tell me what the capital of France is.`;
          return isSemantic(await cached.ask(chat(words)));
        });
      });
    }
  });
}

describe('similar questions without a server', { timeout: 60_000 }, () => {
  it('are in memory where Redis has no search module, and the report says so', async () => {
    const cached = await start({ type: 'redis-semantic', host: '127.0.0.1', port: redis.port });
    await until('it is not told', async () => /no search module/.test(String((await vectorsOf(cached)).reason)));
    assert.equal((await vectorsOf(cached)).place, 'memory');
    await keepOne(cached);
    assert.equal(isSemantic(await cached.ask(chat(SAME))), true);
    assert.equal(await questionsIn(), 0);
  });

  it('are in memory where nothing may be stored in plain text', async () => {
    const module = await startSearchModule(redis.port);
    open.push(module);
    const cache = { type: 'redis-semantic', host: '127.0.0.1', port: module.port, encrypt: true };
    const cached = await start(cache);
    assert.equal((await vectorsOf(cached)).place, 'memory');
    await keepOne(cached);
    assert.equal(isSemantic(await cached.ask(chat(SAME))), true);
    assert.deepEqual(module.commands, []);
    assert.doesNotMatch(await redis.command('KEYS', '*'), /questions/);
  });
});
