import type { CacheConfig, RedisConfig, SemanticCacheConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import { permitNotice } from '../pipeline/money/permits.ts';
import type {
  Alike,
  Partition,
  Remembered,
  Search,
  VectorStore,
  VectorStoreStatus,
} from '../stores/contracts/vectors.ts';
import { MemoryVectors } from '../stores/memory/vectors.ts';
import { QdrantVectors } from '../stores/qdrant/vectors.ts';
import type { RedisVectors } from '../stores/redis/vectors.ts';
import type { Log } from '../telemetry/log.ts';
import { callJson } from '../upstream/call-json.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** What the store is opened with. */
interface Tools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly upstream: Upstream;
}

const MEBIBYTE = 1_048_576;
const MOST_ANSWER_BYTES = 1_048_576;

/** The store where the configuration says that the directions of questions are kept. */
export function openVectors(cache: CacheConfig, semantic: SemanticCacheConfig, tools: Tools): VectorStore {
  const memory = new MemoryVectors(tools.clock, semantic.maxEntries, semantic.memoryMib * MEBIBYTE);
  switch (semantic.place) {
    case 'redis':
      return cache.redis === undefined
        ? memory
        : new SpareVectors(openInRedis(cache.redis, cache, semantic, tools), memory);
    case 'qdrant':
      return semantic.qdrantUrl === undefined ? memory : openInQdrant(semantic.qdrantUrl, semantic, tools);
    default:
      return memory;
  }
}

function openInQdrant(address: string, semantic: SemanticCacheConfig, { clock, log, upstream }: Tools): VectorStore {
  const base = address.replace(/\/+$/u, '');
  const { qdrantKey, qdrantCollection: collection, quantization, maxEntries: mostEntries } = semantic;
  const headers = qdrantKey === undefined ? [] : ['api-key', qdrantKey];
  const call = (method: 'GET' | 'POST' | 'PUT', path: string, body: JsonObject | undefined, timeoutMs: number) =>
    callJson(upstream, permitNotice(), {
      ...{ method, headers, timeoutMs, mostBytes: MOST_ANSWER_BYTES },
      url: new URL(base + path),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  const onStatus = statusLog(log, 'The Qdrant of the semantic cache');
  return new QdrantVectors({ collection, quantization, mostEntries, clock, call, onStatus });
}

/** Loaded only here: the client library takes time and memory that a gateway without Redis need not spend. */
async function openInRedis(
  address: RedisConfig,
  { namespace }: CacheConfig,
  { indexName, maxEntries: mostEntries }: SemanticCacheConfig,
  { random, log }: Tools,
): Promise<RedisVectors> {
  const { RedisVectors } = await import('../stores/redis/vectors.ts');
  const onStatus = statusLog(log, 'The Redis of the semantic cache');
  return new RedisVectors({ address, namespace, indexName, mostEntries, random, onStatus });
}

function statusLog(log: Log, what: string) {
  return ({ isUp, reason }: { readonly isUp: boolean; readonly reason?: string }): void => {
    if (isUp) log.app.info(`${what} is back`);
    else log.app.warn({ reason }, `${what} is unavailable: requests go on without similar questions`);
  };
}

/** Directions in a Redis; in memory if that cannot search, or its code is still being loaded. */
class SpareVectors implements VectorStore {
  readonly #memory: VectorStore;
  #redis: RedisVectors | undefined;
  #isClosed = false;

  constructor(opening: Promise<RedisVectors>, memory: VectorStore) {
    this.#memory = memory;
    opening.then(
      (store) => {
        this.#redis = store;
        if (this.#isClosed) store.close();
      },
      // Without the library there is memory.
      () => undefined,
    );
  }

  get #store(): VectorStore {
    return this.#redis === undefined || this.#redis.canSearch === false ? this.#memory : this.#redis;
  }

  search(search: Search): readonly Alike[] | Promise<readonly Alike[]> {
    return this.#store.search(search);
  }

  keep(partition: Partition, direction: Float32Array, remembered: Remembered, ttlMs: number): void | Promise<void> {
    return this.#store.keep(partition, direction, remembered, ttlMs);
  }

  forget(partition: Partition, key: string): void | Promise<void> {
    return this.#store.forget(partition, key);
  }

  async erase(scope: string): Promise<void> {
    await this.#memory.erase(scope);
    await this.#redis?.erase(scope);
  }

  status(): VectorStoreStatus {
    const status = this.#store.status();
    const { reason } = this.#redis?.status() ?? {};
    return status.place === 'redis' || reason === undefined ? status : { ...status, reason };
  }

  close(): void {
    this.#isClosed = true;
    this.#memory.close();
    this.#redis?.close();
  }
}
