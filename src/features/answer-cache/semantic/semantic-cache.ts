import type { SemanticCacheConfig } from '../../../config/gateway-config.ts';
import { directionOf } from '../../../core/direction.ts';
import type { JsonObject } from '../../../core/json.ts';
import { costOf } from '../../../costs/price-of.ts';
import type { Embedded } from '../../../exchange/embedded.ts';
import type { Exchange } from '../../../exchange/exchange.ts';
import type { AnswerView, RecalledAnswer, StateSlot } from '../../../exchange/slots.ts';
import { formatParts } from '../../../formats/index.ts';
import { type Question, questionOf } from '../../../formats/question-of.ts';
import { nameOfLife } from '../../../stores/contracts/answers.ts';
import type { Alike, Partition, Search, VectorStore } from '../../../stores/contracts/vectors.ts';
import type { World } from '../../feature.ts';
import { answerFor } from '../answer-for.ts';
import type { Entry } from '../entry.ts';
import { readKept } from '../may-be-kept.ts';
import type { Place } from '../places.ts';
import type { Found } from '../shelf.ts';
import { agreementOf } from './agreement.ts';
import { EmbeddingLimits } from './embedding-limits.ts';
import { type Difference, differenceOf } from './guards/difference.ts';
import { readQuestion } from './guards/reading.ts';
import { ShadowReport } from './shadow-report.ts';

/** What is looked up, and where. */
interface Lookup {
  readonly place: Place;
  /** The key of a request of the scope. */
  readonly keyOf: (request: string) => string;
  /** The life of the scope. */
  readonly life: string;
  /** What there is in the store of answers. */
  readonly find: (keys: readonly string[]) => Found | Promise<Found>;
}

/** What was asked, embedded. */
interface Asked {
  readonly key: string;
  readonly partition: Partition;
  readonly question: string;
  readonly direction: Float32Array;
}

/** What would have been served, in shadow mode. */
interface Shadowed {
  readonly similarity: number;
  readonly difference: Difference | undefined;
  readonly entry: Entry;
}

interface State {
  asked: Asked | undefined;
  shadowed: readonly Shadowed[];
}

/** A larger request is no question. */
const MOST_BODY_BYTES = 65_536;
/** How many like questions are looked at. */
const MOST_CANDIDATES = 8;
/** What shadow mode still reports. */
const LEAST_REPORTED = 0.7;
const DEFAULT_TEMPERATURE = 1;

/** Finds answers to questions that mean the same. It is asked after the exact cache had none. */
export class SemanticCache {
  readonly #world: World;
  readonly #config: SemanticCacheConfig;
  readonly #vectors: VectorStore;
  readonly #states: StateSlot<State>;
  readonly #limits: EmbeddingLimits;
  readonly #counts: SemanticCounts;
  readonly #report: ShadowReport;

  constructor(parts: {
    readonly world: World;
    readonly config: SemanticCacheConfig;
    readonly vectors: VectorStore;
    readonly kept: SemanticKept;
  }) {
    const { world, config, vectors, kept } = parts;
    this.#world = world;
    this.#config = config;
    this.#vectors = vectors;
    this.#states = kept.states;
    this.#limits = kept.limits;
    this.#counts = kept.counts;
    this.#report = kept.report;
  }

  get report(): JsonObject {
    const { mode, threshold, guards, embeddingModel } = this.#config;
    const facts = {
      mode,
      threshold,
      guards,
      embedding_model: embeddingModel,
      is_embedding_paused: this.#limits.isPaused,
    };
    return { ...facts, vectors: { ...this.#vectors.status() }, ...this.#report.json };
  }

  /** The answer to a question that means the same; undefined: there is none, or it is not to be served. */
  async recall(exchange: Exchange, lookup: Lookup): Promise<RecalledAnswer | undefined> {
    const { place } = lookup;
    const state = exchange.of(this.#states);
    state.shadowed = [];
    if (!place.controls.mayRecall) return undefined;
    // A request that is planned again is not embedded again.
    if (state.asked?.key !== place.key) state.asked = await this.#ask(exchange, lookup);
    const { asked } = state;
    if (asked === undefined) return undefined;
    const { mode, threshold, checkedShare } = this.#config;
    const isShadow = mode === 'shadow' || (checkedShare > 0 && this.#world.random() < checkedShare);
    const least = isShadow ? Math.min(threshold, LEAST_REPORTED) : threshold;
    const { partition, direction } = asked;
    const life = nameOfLife(lookup.life);
    const alike = await this.#search({ ...partition, life, direction, least, most: MOST_CANDIDATES });
    const judged = alike.map((each) => ({ ...each, difference: this.#differenceOf(asked, each) }));
    if (isShadow) {
      await this.#shadow(state, judged, lookup, asked);
      return undefined;
    }
    return this.#serve(exchange, judged, lookup, asked);
  }

  /** An answer of the provider was booked: it is compared, and remembered if it was kept for so long. */
  settled(exchange: Exchange, taken: AnswerView | undefined, kept: { life: string; ttlMs: number } | undefined): void {
    const { asked, shadowed } = exchange.of(this.#states);
    if (taken !== undefined && exchange.error === undefined && exchange.recalled === undefined)
      for (const each of shadowed) this.#compare(exchange, taken, each);
    if (asked === undefined || kept === undefined || kept.ttlMs <= 0) return;
    const { key, partition, question, direction } = asked;
    const remembered = { key, question, life: nameOfLife(kept.life) };
    void this.#quietly(() => this.#vectors.keep(partition, direction, remembered, kept.ttlMs));
  }

  async #ask(exchange: Exchange, { place, keyOf }: Lookup): Promise<Asked | undefined> {
    const question = this.#questionOf(exchange);
    if (question === undefined) return undefined;
    const { embeddingModel: group, timeoutMs, embeddingsPerMinute } = this.#config;
    const { snapshot, regions } = exchange;
    const embedding = { snapshot, regions, group, text: question.text, timeoutMs };
    const ask = () => inTime(this.#world.embed(embedding), timeoutMs);
    const embedded = await this.#limits.ask<Embedded>(place.scope, embeddingsPerMinute, ask);
    const direction = embedded === undefined ? undefined : directionOf(embedded.vector);
    if (embedded === undefined || direction === undefined) {
      this.#counts.unembedded += 1;
      return undefined;
    }
    this.#report.looked(embedded.cost);
    const name = keyOf(`semantic\n${JSON.stringify([embedded.by, direction.length])}\n${question.rest}`);
    const partition = { scope: place.scope, name, size: direction.length };
    return { key: place.key, partition, question: question.text, direction };
  }

  #questionOf({ body, endpoint, outline, mostParsedBytes }: Exchange): Question | undefined {
    const { conversation } = formatParts(endpoint.format);
    if (conversation === undefined || outline.hasTools || body.length > Math.min(MOST_BODY_BYTES, mostParsedBytes))
      return undefined;
    const { maxTemperature, mostCharacters } = this.#config;
    try {
      const question = questionOf(conversation, JSON.parse(body.toString('utf8')) as JsonObject);
      const { text = '', temperature = DEFAULT_TEMPERATURE } = question ?? {};
      const isAsked =
        text.trim() !== '' && text.isWellFormed() && text.length <= mostCharacters && temperature <= maxTemperature;
      return isAsked ? question : undefined;
    } catch {
      // What the format cannot read is not compared.
      return undefined;
    }
  }

  async #search(search: Search): Promise<readonly Alike[]> {
    try {
      return await this.#vectors.search(search);
    } catch {
      this.#counts.failures += 1;
      return [];
    }
  }

  #differenceOf(asked: Asked, { question }: Alike): Difference | undefined {
    return differenceOf(readQuestion(asked.question), readQuestion(question), this.#config.guards === 'strict');
  }

  async #serve(
    exchange: Exchange,
    judged: readonly Judged[],
    lookup: Lookup,
    { partition }: Asked,
  ): Promise<RecalledAnswer | undefined> {
    for (const { key, similarity, life, difference } of judged) {
      if (difference !== undefined) {
        this.#counts.refused += 1;
        continue;
      }
      const entry = await this.#entryOf(lookup, partition, key, life);
      const answer = entry === undefined ? undefined : answerFor(exchange, { ...lookup.place, key }, entry);
      if (answer === undefined) continue;
      this.#counts.hits += 1;
      return { ...answer, headers: semanticHeaders(answer.headers ?? [], similarity) };
    }
    return undefined;
  }

  /** Of what would have been served and of what guards refused, the most similar one each. */
  async #shadow(state: State, judged: readonly Judged[], lookup: Lookup, { partition }: Asked): Promise<void> {
    const best = [
      judged.find(({ difference }) => difference === undefined),
      judged.find(({ difference }) => difference),
    ];
    const shadowed: Shadowed[] = [];
    for (const each of best) {
      if (each === undefined) continue;
      const entry = await this.#entryOf(lookup, partition, each.key, each.life);
      if (entry !== undefined) shadowed.push({ similarity: each.similarity, difference: each.difference, entry });
    }
    state.shadowed = shadowed;
  }

  /** The answer to a question that was found, if it is still there in the life in which it was kept. */
  async #entryOf(lookup: Lookup, partition: Partition, key: string, life: string): Promise<Entry | undefined> {
    const { entries, life: now } = await lookup.find([key]);
    if (now === undefined) return undefined;
    const [entry] = entries;
    if (nameOfLife(now) !== life) return undefined;
    if (entry === undefined) void this.#quietly(() => this.#vectors.forget(partition, key));
    return entry;
  }

  #compare(exchange: Exchange, { text }: AnswerView, { entry, similarity, difference }: Shadowed): void {
    const rates = exchange.group?.deployments[0]?.priced.ratesAt(exchange.startedAtMs);
    const saving = (entry.usage === undefined ? undefined : costOf(entry.usage, rates)?.total) ?? 0n;
    const agreement = agreementOf(text, wordsOfEntry(entry));
    this.#report.observe({ similarity, difference, agreement, saving });
    this.#counts.compared += 1;
  }

  /** What the store of directions cannot do costs a later hit, and nothing else. */
  async #quietly(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      this.#counts.failures += 1;
    }
  }
}

type Judged = Alike & { readonly difference: Difference | undefined };

/** What outlives a change of the configuration. */
export interface SemanticKept {
  readonly states: StateSlot<State>;
  readonly limits: EmbeddingLimits;
  readonly counts: SemanticCounts;
  readonly report: ShadowReport;
}

/** What is counted. */
interface SemanticCounts {
  hits: number;
  refused: number;
  compared: number;
  unembedded: number;
  failures: number;
}

/** Makes it, once for a gateway. */
export function keepSemantic(world: World): SemanticKept {
  return {
    states: world.stateSlot<State>(() => ({ asked: undefined, shadowed: [] })),
    limits: new EmbeddingLimits(world.clock),
    counts: { hits: 0, refused: 0, compared: 0, unembedded: 0, failures: 0 },
    report: new ShadowReport(),
  };
}

const SIMILARITY_DIGITS = 4;

function semanticHeaders(headers: readonly string[], similarity: number): readonly string[] {
  const at = headers.indexOf('x-sluice-cache');
  const own = headers.map((text, index) => (index === at + 1 ? 'semantic' : text));
  return [...own, 'x-litellm-semantic-similarity', similarity.toFixed(SIMILARITY_DIGITS)];
}

function wordsOfEntry({ format, body, isStream }: Entry): string {
  const parts = readKept(format, body, isStream)?.choices[0]?.parts ?? [];
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** What comes later is not waited for. */
function inTime<Value>(work: Promise<Value>, timeoutMs: number): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
