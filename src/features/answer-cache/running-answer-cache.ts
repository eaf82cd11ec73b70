import type { CacheConfig, GatewayConfig } from '../../config/gateway-config.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { AnswerView, OutputGuard, RecalledAnswer, StateSlot } from '../../exchange/slots.ts';
import { formatParts } from '../../formats/index.ts';
import type { AnswerStore, FoundAnswer } from '../../stores/contracts/answers.ts';
import type { Invalidation } from '../../stores/contracts/invalidation-bus.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { CacheDesk } from './cache-desk.ts';
import { type Entry, readEntry, writeEntry } from './entry.ts';
import { eraseDeleted } from './erase-deleted.ts';
import { inFormat } from './in-format.ts';
import { mayBeKept } from './may-be-kept.ts';
import { isBound, type Place, Places } from './places.ts';
import { sealBytes, unsealBytes } from './sealed-bytes.ts';

/** What is known of one request between the slots. */
interface State {
  /** The answer belongs to one client. */
  isBound: boolean;
  place: Place | undefined;
  /** The life of the scope that the store told; undefined: it was not asked, or did not answer. */
  life: string | undefined;
  taken: AnswerView | undefined;
}

type Recalled = RecalledAnswer | undefined;

const NO_GUARDS: readonly OutputGuard[] = [];

/** The cache of answers in a gateway. */
export class RunningAnswerCache implements RunningFeature {
  readonly #world: World;
  readonly #states: StateSlot<State>;
  readonly #places: Places;
  readonly #entrySecret: Buffer;
  #config: CacheConfig | undefined;
  #store: AnswerStore | undefined;
  #counts = { hits: 0, misses: 0, kept: 0, failures: 0 };

  readonly cachedAnswers: CacheDesk;
  readonly readings = {
    sluice_answer_cache_hits_total: () => this.#counts.hits,
    sluice_answer_cache_misses_total: () => this.#counts.misses,
    sluice_answer_cache_kept_total: () => this.#counts.kept,
    sluice_answer_cache_store_failures_total: () => this.#counts.failures,
    sluice_answer_cache_up: () => Number(this.#store?.status().isUp === true),
  };

  constructor(world: World) {
    this.#world = world;
    this.#states = world.stateSlot(() => ({ isBound: false, place: undefined, life: undefined, taken: undefined }));
    this.#places = new Places(world.seal.derive('answer cache'));
    this.#entrySecret = world.seal.derive('answer cache entries');
    this.cachedAnswers = new CacheDesk(this.#places, () => {
      const [config, store] = [this.#config, this.#store];
      return config === undefined || store === undefined ? undefined : { config, store };
    });
  }

  hooks(_: unknown, { cache: config }: GatewayConfig): Hooks | undefined {
    this.#config = config;
    if (config === undefined) return undefined;
    this.#store ??= this.#world.openAnswers(config);
    const store = this.#store;
    return {
      // Before another feature makes a request of its own out of it.
      prepare: (exchange) => {
        if (isBound(exchange)) exchange.of(this.#states).isBound = true;
        return undefined;
      },
      recall: (exchange) => this.#guarded(exchange, () => this.#recall(exchange, config, store)),
      guardOutput: (exchange) => this.#watch(exchange, config),
      settled: (exchange) => this.#keep(exchange, config, store),
    };
  }

  /** A fault of the cache costs a request its cached answer, and nothing else. */
  #guarded(exchange: Exchange, recall: () => Recalled | Promise<Recalled>): Recalled | Promise<Recalled> {
    const failed = (thrown: unknown): undefined => {
      if (thrown instanceof GatewayError) throw thrown;
      exchange.of(this.#states).life = undefined;
      this.#world.onFault(`the cache failed in request ${exchange.callId}`, thrown);
    };
    try {
      const recalled = recall();
      return recalled instanceof Promise ? recalled.catch(failed) : recalled;
    } catch (thrown) {
      return failed(thrown);
    }
  }

  #recall(exchange: Exchange, config: CacheConfig, store: AnswerStore): Recalled | Promise<Recalled> {
    const state = exchange.of(this.#states);
    const place = state.isBound ? undefined : this.#places.of(exchange, config);
    state.place = place;
    state.life = undefined;
    if (place === undefined) return undefined;
    const found = store.find(place.scope, [place.key]);
    if (!(found instanceof Promise)) return this.#found(exchange, config, place, found[0]);
    return found.then(
      ([answer]) => this.#found(exchange, config, place, answer),
      () => {
        // Without the store the request goes on as if nothing were kept, and keeps nothing.
        this.#counts.failures += 1;
        return undefined;
      },
    );
  }

  #found(exchange: Exchange, config: CacheConfig, place: Place, found: FoundAnswer | undefined): Recalled {
    exchange.of(this.#states).life = found?.life;
    const value =
      isSealed(config) && found?.value !== undefined
        ? unsealBytes(this.#entrySecret, place.key, found.value)
        : found?.value;
    const entry = value === undefined ? undefined : readEntry(value);
    const answer = entry !== undefined && place.controls.mayRecall ? answerOf(exchange, place, entry) : undefined;
    if (answer === undefined) this.#counts.misses += 1;
    else this.#counts.hits += 1;
    return answer;
  }

  #watch(exchange: Exchange, config: CacheConfig): readonly OutputGuard[] {
    const state = exchange.of(this.#states);
    if (state.life === undefined || state.place?.controls.mayKeep !== true || exchange.recalled !== undefined)
      return NO_GUARDS;
    const take = (answer: AnswerView): void => {
      state.taken = answer;
    };
    return [{ sees: 'copy', maxBytes: config.largestBytes, take }];
  }

  changed(changed: Invalidation): void {
    const store = this.#store;
    if (store === undefined || changed === 'all') return;
    eraseDeleted(changed, this.#world.directory, (scope) => store.erase(this.#places.nameOf(scope))).catch((error) =>
      this.#world.onFault('the cached answers of a deleted object could not be erased', error),
    );
  }

  async close(): Promise<void> {
    this.#store?.close();
  }

  #keep(exchange: Exchange, config: CacheConfig, store: AnswerStore): void {
    const { place, life, taken } = exchange.of(this.#states);
    if (place === undefined || life === undefined || taken === undefined || !isOwnAnswer(exchange)) return;
    const { endpoint, usage, clock, streamUsage, outline, admission } = exchange;
    const { format } = endpoint;
    const { body, isStream } = taken;
    const mayEndAtLimit = typeof outline.limit === 'number' && admission?.claim?.cap === undefined;
    if (!mayBeKept(format, body, isStream, { mayEndAtLimit, keepsToolCalls: config.keepsToolCalls })) return;
    const entry = writeEntry({ keptAtMs: clock.nowMs(), format, isStream, streamUsage, usage, body });
    const value = isSealed(config) ? sealBytes(this.#entrySecret, place.key, entry) : entry;
    const ttlMs = Math.min(place.controls.ttlMs ?? config.ttlMs, config.longestTtlMs);
    if (ttlMs <= 0) return;
    const done = (): void => {
      this.#counts.kept += 1;
    };
    const kept = store.keep(place.scope, [{ key: place.key, value, ttlMs, life }]);
    if (!(kept instanceof Promise)) done();
    else
      kept.then(done, () => {
        this.#counts.failures += 1;
      });
  }
}

/** What is in the memory of this process is not at rest. */
const isSealed = ({ isEncrypted, redis }: CacheConfig): boolean => isEncrypted && redis !== undefined;

/** Whether the answer is what the group that was asked gave: no error, no fallback, nothing made up. */
function isOwnAnswer({ error, servedGroup, group, attempts, otherBodies }: Exchange): boolean {
  if (error !== undefined || servedGroup !== group?.name || otherBodies !== undefined) return false;
  return attempts.every(({ mockedBy }) => mockedBy === undefined);
}

function answerOf(exchange: Exchange, { controls, key }: Place, entry: Entry): RecalledAnswer | undefined {
  const { endpoint, stream, streamUsage, clock } = exchange;
  const ageMs = Math.max(0, clock.nowMs() - entry.keptAtMs);
  if (controls.oldestMs !== undefined && ageMs >= controls.oldestMs) return undefined;
  const isAsWanted =
    entry.format === endpoint.format && entry.isStream === stream && (!stream || entry.streamUsage === streamUsage);
  const body = isAsWanted ? entry.body : written(exchange, entry);
  if (body === undefined) return undefined;
  const age = String(Math.floor(ageMs / 1_000));
  return { body, isStream: stream, usage: entry.usage, headers: hitHeaders(key, age) };
}

const hitHeaders = (key: string, age: string): readonly string[] => [
  ...['x-litellm-cache-key', key, 'x-litellm-cache-hit', 'True'],
  ...['x-sluice-cache', 'hit', 'age', age],
];

function written(exchange: Exchange, entry: Entry): Buffer | undefined {
  const { callId, askedModel, startedAtMs, streamUsage, stream, endpoint, body, mostParsedBytes } = exchange;
  // What has to be parsed for it must not hold up everybody else.
  if (Math.max(entry.body.length, body.length) > mostParsedBytes) return undefined;
  const { format } = endpoint;
  const repeatedOf = formatParts(format).conversation?.repeatedOf;
  const facts = {
    id: callId,
    model: askedModel ?? '',
    createdSeconds: Math.floor(startedAtMs / 1_000),
    streamUsage,
    ...(repeatedOf !== undefined && { asked: () => repeatedOf(JSON.parse(body.toString('utf8'))) }),
  };
  return inFormat(entry, { format, isStream: stream, facts });
}
