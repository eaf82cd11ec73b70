import type { CacheConfig, GatewayConfig } from '../../config/gateway-config.ts';
import { GatewayError } from '../../core/errors.ts';
import type { CacheForecasts } from '../../exchange/cache-forecasts.ts';
import type { CacheScope } from '../../exchange/cached-answers.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { AnswerView, OutputGuard, RecalledAnswer, StateSlot } from '../../exchange/slots.ts';
import type { AnswerStore } from '../../stores/contracts/answers.ts';
import type { Invalidation } from '../../stores/contracts/invalidation-bus.ts';
import type { VectorStore } from '../../stores/contracts/vectors.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { answerFor } from './answer-for.ts';
import { CacheDesk } from './cache-desk.ts';
import { DeclaredScopes } from './declared-scopes.ts';
import { type Batch, handlesOf, joinBatch, newEntries, openBatch, recallBatch } from './embedding-batch.ts';
import type { Entry } from './entry.ts';
import { eraseDeleted } from './erase-deleted.ts';
import { Erasures } from './erasures.ts';
import { foretellAnswer } from './foretell.ts';
import { mayBeKept, mayLongBeKept, PART_BYTES } from './may-be-kept.ts';
import { isBound, type Place, Places, ttlOf } from './places.ts';
import { keepSemantic, SemanticCache, type SemanticKept } from './semantic/semantic-cache.ts';
import { type Found, Shelf } from './shelf.ts';
import { type Leading, UnderWay } from './under-way.ts';

/** What is known of one request between the slots. */
interface State {
  /** The answer belongs to one client. */
  isBound: boolean;
  place: Place | undefined;
  /** The life of the scope that the store gave. */
  life: string | undefined;
  taken: AnswerView | undefined;
  /** A request for vectors, taken apart. */
  batch: Batch | undefined;
  /** Others may wait for its answer. */
  leading: Leading | undefined;
}

/** What follows from a configuration. */
interface Open {
  readonly config: CacheConfig;
  readonly store: AnswerStore;
  readonly shelf: Shelf;
  /** Undefined: off. */
  readonly semantic: SemanticCache | undefined;
}

type Recalled = RecalledAnswer | undefined;

const RETRY_MS = 1_000;
/** Vectors of a larger answer are not kept. */
const MOST_BATCH_BYTES = 4_194_304;
const NO_GUARDS: readonly OutputGuard[] = [];
const NEW_STATE = {
  isBound: false,
  place: undefined,
  life: undefined,
  taken: undefined,
  batch: undefined,
  leading: undefined,
};

/** The cache of answers in a gateway. */
export class RunningAnswerCache implements RunningFeature {
  readonly #world: World;
  readonly #states: StateSlot<State>;
  readonly #places: Places;
  readonly #entrySecret: Buffer;
  readonly #underWay = new UnderWay();
  readonly #erasures: Erasures;
  readonly #declared: DeclaredScopes;
  /** Kept while the cache is off, so that it is found again when it is on. */
  #store: AnswerStore | undefined;
  readonly #semantic: SemanticKept;
  #vectors: VectorStore | undefined;
  #open: Open | undefined;
  readonly #counts = { hits: 0, misses: 0, joined: 0, kept: 0, failures: 0 };

  readonly cachedAnswers: CacheDesk;
  readonly forecasts: CacheForecasts = {
    answer: (exchange) => foretellAnswer(exchange, this.#places, this.#open?.config),
  };
  readonly readings = {
    sluice_answer_cache_hits_total: () => this.#counts.hits,
    sluice_answer_cache_misses_total: () => this.#counts.misses,
    sluice_answer_cache_joined_total: () => this.#counts.joined,
    sluice_answer_cache_kept_total: () => this.#counts.kept,
    sluice_answer_cache_store_failures_total: () => this.#counts.failures,
    sluice_semantic_cache_hits_total: () => this.#semantic.counts.hits,
    sluice_semantic_cache_refused_total: () => this.#semantic.counts.refused,
    sluice_semantic_cache_compared_total: () => this.#semantic.counts.compared,
    sluice_semantic_cache_unembedded_total: () => this.#semantic.counts.unembedded,
    sluice_semantic_cache_store_failures_total: () => this.#semantic.counts.failures,
    sluice_answer_cache_up: () => Number(this.#open?.store.status().isUp === true),
  };

  constructor(world: World) {
    this.#world = world;
    this.#states = world.stateSlot(() => ({ ...NEW_STATE }));
    this.#semantic = keepSemantic(world);
    this.#places = new Places(world.seal.derive('answer cache'));
    this.#entrySecret = world.seal.derive('answer cache entries');
    const notes = world.openNotes('cache');
    const targets = () => [this.#store, this.#vectors].filter((each) => each !== undefined);
    this.#erasures = new Erasures(notes, targets, world.onFault);
    this.#declared = new DeclaredScopes(notes, (scope) => this.#places.nameOf(scope));
    this.cachedAnswers = new CacheDesk(this.#places, this.#erasures, () => this.#open);
  }

  hooks(_: unknown, whole: GatewayConfig): Hooks | undefined {
    const { cache: config } = whole;
    const isFirst = this.#store === undefined;
    this.#open = config === undefined ? undefined : this.#openFor(config);
    const open = this.#open;
    if (open === undefined) return undefined;
    this.#eraseUndeclared(whole);
    if (isFirst) this.#erasures.resume();
    return {
      // Before another feature makes a request of its own out of it.
      prepare: (exchange) => this.#prepare(exchange, open),
      recall: (exchange) => this.#guarded(exchange, () => this.#recall(exchange, open)),
      guardOutput: (exchange) => this.#watch(exchange, open),
      settled: (exchange) => this.#settled(exchange, open),
    };
  }

  changed(changed: Invalidation): void {
    if (this.#store === undefined || changed === 'all') return;
    const erase = (scope: CacheScope): Promise<void> => this.#erasures.erase(this.#places.nameOf(scope));
    eraseDeleted(changed, this.#world.directory, erase).catch((error) =>
      this.#world.onFault('the cached answers of a deleted object could not be erased', error),
    );
  }

  /** The answers of what no file declares any more. */
  #eraseUndeclared(config: GatewayConfig): void {
    const failed = (error: unknown): void =>
      this.#world.onFault('the cached answers of what is no longer declared could not be erased yet', error);
    try {
      for (const scope of this.#declared.removed(config)) this.#erasures.erase(scope).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  async close(): Promise<void> {
    this.#erasures.close();
    this.#store?.close();
    this.#vectors?.close();
  }

  #openFor(config: CacheConfig): Open {
    this.#store ??= this.#world.openAnswers(config);
    // What is in the memory of this process is not at rest.
    const isSealed = config.isEncrypted && this.#store.status().place === 'redis';
    const shelf = new Shelf(this.#store, isSealed ? this.#entrySecret : undefined, this.#counts);
    return { config, store: this.#store, shelf, semantic: this.#semanticFor(config) };
  }

  #semanticFor(cache: CacheConfig): SemanticCache | undefined {
    const { semantic: config } = cache;
    if (config === undefined) return undefined;
    this.#vectors ??= this.#world.openVectors(cache, config);
    return new SemanticCache({ world: this.#world, config, vectors: this.#vectors, kept: this.#semantic });
  }

  #prepare(exchange: Exchange, { config, shelf }: Open): undefined | Promise<Buffer | undefined> {
    const state = exchange.of(this.#states);
    if (isBound(exchange)) state.isBound = true;
    if (exchange.endpoint.operation.id !== 'embedding') return undefined;
    const opening = openBatch(exchange, { places: this.#places, shelf, config });
    const noted = opening.then((batch) => {
      state.batch = batch;
      return batch?.body;
    });
    return noted.catch((thrown: unknown) => this.#failed(exchange, thrown));
  }

  /** A fault of the cache costs a request its cached answer, and nothing else. */
  #failed(exchange: Exchange, thrown: unknown): undefined {
    if (thrown instanceof GatewayError) throw thrown;
    exchange.of(this.#states).life = undefined;
    this.#world.onFault(`the cache failed in request ${exchange.callId}`, thrown);
  }

  #guarded(exchange: Exchange, recall: () => Recalled | Promise<Recalled>): Recalled | Promise<Recalled> {
    try {
      const recalled = recall();
      return recalled instanceof Promise ? recalled.catch((thrown) => this.#failed(exchange, thrown)) : recalled;
    } catch (thrown) {
      return this.#failed(exchange, thrown);
    }
  }

  #recall(exchange: Exchange, open: Open): Recalled | Promise<Recalled> {
    const state = exchange.of(this.#states);
    if (state.batch !== undefined) return this.#recallBatch(exchange, state.batch, open);
    const place = state.isBound ? undefined : this.#places.of(exchange, open.config);
    state.place = place;
    state.life = undefined;
    exchange.cacheKeys = place?.controls.mayKeep === true ? place.key : undefined;
    if (place === undefined) return undefined;
    const found = open.shelf.find(place.scope, [place.key]);
    return found instanceof Promise
      ? found.then((now) => this.#found(exchange, open, place, now))
      : this.#found(exchange, open, place, found);
  }

  /** The place for a further look-up, by likeness: exact first. */
  #found(exchange: Exchange, open: Open, place: Place, { entries, life }: Found): Recalled | Promise<Recalled> {
    exchange.of(this.#states).life = life;
    const [entry] = entries;
    const answer = entry !== undefined && place.controls.mayRecall ? answerFor(exchange, place, entry) : undefined;
    if (answer !== undefined) return this.#counted(exchange, answer);
    if (open.semantic === undefined || life === undefined || life === '') return this.#missed(exchange, open, place);
    return this.#foundAlike(exchange, open, open.semantic, { place, life });
  }

  async #foundAlike(
    exchange: Exchange,
    open: Open,
    semantic: SemanticCache,
    { place, life }: { readonly place: Place; readonly life: string },
  ): Promise<Recalled> {
    const { keyOf } = this.#places.shelfOf(exchange, open.config) ?? {};
    const find = (keys: readonly string[]) => open.shelf.find(place.scope, keys);
    const answer = keyOf === undefined ? undefined : await semantic.recall(exchange, { place, life, keyOf, find });
    return answer === undefined ? this.#missed(exchange, open, place) : this.#counted(exchange, answer);
  }

  #missed(exchange: Exchange, { config }: Open, place: Place): Recalled | Promise<Recalled> {
    if (config.joinsRequests && mayJoin(place)) return this.#join(exchange, place);
    return this.#counted(exchange, undefined);
  }

  #recallBatch(exchange: Exchange, batch: Batch, { config }: Open): Recalled {
    // Who asks may have changed since its vectors were looked for.
    if (this.#places.shelfOf(exchange, config)?.scope !== batch.place.scope) {
      exchange.of(this.#states).batch = undefined;
      if (batch.body === undefined) return undefined;
      throw new GatewayError('store_unavailable', 'This key was changed while its request was read. Try again.', {
        retryAfterMs: RETRY_MS,
      });
    }
    const answer = recallBatch(batch, exchange);
    if (batch.place.controls.mayKeep) exchange.cacheKeys = handlesOf(batch).join(',');
    return this.#counted(exchange, answer);
  }

  #counted(exchange: Exchange, answer: Recalled): Recalled {
    exchange.cached = answer === undefined ? 'miss' : 'hit';
    this.#counts[answer === undefined ? 'misses' : 'hits'] += 1;
    return answer;
  }

  async #join(exchange: Exchange, place: Place): Promise<Recalled> {
    const state = exchange.of(this.#states);
    // A request that is planned again leads already.
    if (state.leading?.key === place.key) return this.#counted(exchange, undefined);
    state.leading?.end('gone');
    state.leading = undefined;
    const joined = await this.#underWay.join(place.key, exchange.client);
    if (joined !== undefined && 'end' in joined) state.leading = joined;
    else if (joined !== undefined) {
      const answer = answerFor(exchange, place, joined);
      if (answer !== undefined) this.#counts.joined += 1;
      return this.#counted(exchange, answer);
    }
    return this.#counted(exchange, undefined);
  }

  #watch(exchange: Exchange, { config }: Open): readonly OutputGuard[] {
    const state = exchange.of(this.#states);
    if (state.batch !== undefined)
      return exchange.recalled === undefined ? watchBatch(exchange, state.batch) : NO_GUARDS;
    if (state.place?.controls.mayKeep !== true || exchange.recalled !== undefined) return NO_GUARDS;
    if (state.life === undefined && state.leading === undefined) return NO_GUARDS;
    const take = (answer: AnswerView): void => {
      state.taken = answer;
    };
    return [{ sees: 'copy', maxBytes: config.largestBytes, take }];
  }

  #settled(exchange: Exchange, open: Open): void {
    const { place, taken, leading, batch } = exchange.of(this.#states);
    if (batch !== undefined) keepBatch(exchange, batch, open);
    const entry = place === undefined || taken === undefined ? undefined : entryOf(exchange, taken, open.config);
    if (!(entry instanceof Promise)) {
      this.#keep(exchange, open, entry);
      return;
    }
    entry.then(
      (made) => this.#keep(exchange, open, made),
      (error: unknown) => {
        leading?.end('none');
        this.#world.onFault(`the answer to request ${exchange.callId} could not be cached`, error);
      },
    );
  }

  #keep(exchange: Exchange, { config, shelf, semantic }: Open, entry: Entry | undefined): void {
    const { place, life, taken, leading } = exchange.of(this.#states);
    leading?.end(entry ?? (exchange.error?.code === 'client_gone' ? 'gone' : 'none'));
    const kept =
      place === undefined || life === undefined || entry === undefined
        ? undefined
        : { life, ttlMs: ttlOf(place, config) };
    semantic?.settled(exchange, taken, kept);
    if (place === undefined || entry === undefined || kept === undefined) return;
    shelf.keep(place.scope, kept.life, kept.ttlMs, [{ key: place.key, entry }]);
  }
}

/** A batch of which some was found is joined before the client gets any of it; of another one the answer is looked at afterwards. */
function watchBatch(exchange: Exchange, batch: Batch): readonly OutputGuard[] {
  if (batch.body !== undefined) return [{ sees: 'whole', check: ({ body }) => joinBatch(batch, body, exchange) }];
  const { life, items, place } = batch;
  if (life === undefined || !place.controls.mayKeep) return NO_GUARDS;
  const take = ({ body }: AnswerView): void => {
    batch.answered = items.readAnswer(body);
  };
  return [{ sees: 'copy', maxBytes: MOST_BATCH_BYTES, take }];
}

function keepBatch(exchange: Exchange, batch: Batch, { config, shelf }: Open): void {
  const { life, place } = batch;
  if (life === undefined || !place.controls.mayKeep || !isOwnAnswer(exchange)) return;
  const kept = newEntries(batch, exchange).filter(({ entry }) => entry.body.length <= config.largestBytes);
  shelf.keep(place.scope, life, ttlOf(place, config), kept);
}

/** Not for a request that wants an answer of its own, or one that is not kept. */
const mayJoin = ({ controls: { mayRecall, mayKeep, oldestMs } }: Place): boolean =>
  mayRecall && mayKeep && oldestMs !== 0;

/** The answer as it is kept; undefined if it is not one that may be given again. */
function entryOf(
  exchange: Exchange,
  { body, isStream }: AnswerView,
  config: CacheConfig,
): Entry | undefined | Promise<Entry | undefined> {
  if (!isOwnAnswer(exchange)) return undefined;
  const { endpoint, usage, clock, streamUsage, outline, admission, mostParsedBytes } = exchange;
  const { format } = endpoint;
  const mayEndAtLimit = typeof outline.limit === 'number' && admission?.claim?.cap === undefined;
  const keeping = { mayEndAtLimit, keepsToolCalls: config.keepsToolCalls };
  const entry = { keptAtMs: clock.nowMs(), format, isStream, streamUsage, usage, body };
  if (isStream && body.length > PART_BYTES)
    return mayLongBeKept(format, body, keeping).then((may) => (may ? entry : undefined));
  // What has to be parsed in one piece must not hold up everybody else.
  return body.length <= mostParsedBytes && mayBeKept(format, body, isStream, keeping) ? entry : undefined;
}

/** Whether the answer is what the group that was asked gave: no error, no fallback, nothing made up. */
function isOwnAnswer({ error, servedGroup, group, attempts, otherBodies }: Exchange): boolean {
  if (error !== undefined || servedGroup !== group?.name || otherBodies !== undefined) return false;
  return attempts.every(({ mockedBy }) => mockedBy === undefined);
}
