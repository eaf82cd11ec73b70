/** Opens the store of cached answers. */
import type { CacheConfig, RedisConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { AnswerStore, AnswerStoreStatus, KeptAnswer } from '../stores/contracts/answers.ts';
import { MemoryAnswers } from '../stores/memory/answers.ts';
import type { RedisStatus } from '../stores/redis/link.ts';
import type { Log } from '../telemetry/log.ts';

/** What the store is opened with. */
interface Tools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** The store where the configuration says that answers are kept. */
export function openAnswers({ redis, namespace, memoryBytes }: CacheConfig, tools: Tools): AnswerStore {
  if (redis === undefined) return new MemoryAnswers(tools.clock, memoryBytes);
  return new LoadedAnswers(openInRedis(redis, namespace, tools));
}

/** Loaded only here: the client library takes time and memory that a gateway without Redis need not spend. */
async function openInRedis(address: RedisConfig, namespace: string, { clock, random, log }: Tools) {
  const { RedisAnswers } = await import('../stores/redis/answers.ts');
  const facts = { redis: `${address.host}:${address.port}` };
  let wasUp = true;
  const onStatus = ({ isUp, reason }: RedisStatus): void => {
    // Of a cluster several connections report the same.
    if (isUp === wasUp) return;
    wasUp = isUp;
    if (isUp) log.app.info(facts, 'The Redis of the cache is back: answers are cached again');
    else
      log.app.warn(
        { ...facts, reason },
        'The Redis of the cache is unavailable: requests go on without cached answers',
      );
  };
  return new RedisAnswers({ address, namespace, clock, random, onStatus });
}

/** A store whose code is still being loaded. */
class LoadedAnswers implements AnswerStore {
  readonly #opening: Promise<AnswerStore>;
  #store: AnswerStore | undefined;
  #isClosed = false;

  constructor(opening: Promise<AnswerStore>) {
    this.#opening = opening.then((store) => {
      this.#store = store;
      if (this.#isClosed) store.close();
      return store;
    });
    // The caller of each method gets it.
    this.#opening.catch(() => undefined);
  }

  async find(scope: string, keys: readonly string[]) {
    return (this.#store ?? (await this.#opening)).find(scope, keys);
  }

  async keep(scope: string, answers: readonly KeptAnswer[]): Promise<void> {
    return (this.#store ?? (await this.#opening)).keep(scope, answers);
  }

  async delete(scope: string, keys: readonly string[]): Promise<number> {
    return (await this.#opening).delete(scope, keys);
  }

  async erase(scope: string): Promise<void> {
    return (await this.#opening).erase(scope);
  }

  async ping(): Promise<void> {
    return (await this.#opening).ping();
  }

  status(): AnswerStoreStatus {
    return this.#store?.status() ?? { place: 'redis', isUp: false };
  }

  async info(): Promise<string | undefined> {
    return (await this.#opening).info();
  }

  close(): void {
    this.#isClosed = true;
    this.#store?.close();
  }
}
