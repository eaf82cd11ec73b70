/** Directions of questions in a Qdrant, over its REST interface (https://api.qdrant.tech/api-reference, 2026-11-29). */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Alike, Partition, Remembered, Search, VectorStore, VectorStoreStatus } from '../contracts/vectors.ts';

/** What the server answered to a call, or why it did not; never rejects. */
type QdrantAnswer = { readonly status: number; readonly text: string } | { readonly fault: string };

type Method = 'GET' | 'POST' | 'PUT';

/** Calls the server. */
type CallQdrant = (
  method: Method,
  path: string,
  body: JsonObject | undefined,
  timeoutMs: number,
) => Promise<QdrantAnswer>;

/** What it needs from outside. */
interface QdrantVectorsOptions {
  readonly collection: string;
  readonly quantization: 'binary' | 'scalar' | 'product';
  /** How many questions are kept at most. */
  readonly mostEntries: number;
  readonly clock: Clock;
  /** Gives up by itself after the time. */
  readonly call: CallQdrant;
  /** Called if it becomes unavailable, and when it is back. */
  readonly onStatus: (status: { readonly isUp: boolean; readonly reason?: string }) => void;
}

/** Qdrant is unavailable, did not answer in time, or refused. */
class QdrantUnavailableError extends Error {}

/** A request waits no longer for a search. */
const SEARCH_LIMIT_MS = 400;
const WRITE_LIMIT_MS = 5_000;
/** After a failure it is left alone for a while, which doubles up to the longest pause. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Ended questions are deleted, and the others counted, so often while questions are kept. */
const TIDY_EVERY_MS = 60_000;
const MOST_UNSENT = 10_000;
const SECOND_MS = 1_000;
/** Qdrant's own advice for quantised vectors, and what LiteLLM asks for. */
const OVERSAMPLING = 3;

/** LiteLLM's settings of quantisation, as Qdrant takes them (`qdrant_semantic_cache.py` of LiteLLM, 2026-11-29). */
const QUANTIZATION: Readonly<Record<QdrantVectorsOptions['quantization'], JsonObject>> = {
  binary: { binary: { always_ram: false } },
  scalar: { scalar: { type: 'int8', quantile: 0.99, always_ram: false } },
  product: { product: { compression: 'x16', always_ram: false } },
};

/** A collection that is filtered by a field needs an index on it where Qdrant is strict; `is_tenant` keeps a scope's points together. */
const INDEXES: readonly (readonly [field: string, schema: JsonValue])[] = [
  ['sluice_scope', { type: 'keyword', is_tenant: true }],
  ['sluice_partition', 'keyword'],
  ['sluice_life', 'keyword'],
  ['sluice_ends_at', 'integer'],
];

/**
 * Each question is a point whose payload says its scope, the life of that, its partition and when it ends. A search has all of them as
 * hard filters, and what it gives is compared with them once more. Fields have names of their own: points of other programs in the
 * same collection are never found.
 */
export class QdrantVectors implements VectorStore {
  readonly #options: QdrantVectorsOptions;
  readonly #path: string;
  readonly #unsent = new Set<string>();
  /** How long the directions of the collection are; undefined: not known, or not those that are to be kept. */
  #size: number | undefined;
  #opening: Promise<JsonObject> | undefined;
  /** Why it is not up. */
  #fault: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #pauseMs = PAUSE_MS;
  #tidiedAtMs = Number.NEGATIVE_INFINITY;
  #entries: number | undefined;
  #isClosed = false;

  constructor(options: QdrantVectorsOptions) {
    this.#options = options;
    this.#path = `/collections/${encodeURIComponent(options.collection)}`;
  }

  async search({ scope, name, size, life, direction, least, most }: Search): Promise<readonly Alike[]> {
    if (this.#unsent.has(scope)) return [];
    // A collection that is being made refuses filters.
    if (this.#size !== size) await inTime(this.#open(size), SEARCH_LIMIT_MS);
    const nowSeconds = this.#nowSeconds();
    const filter = {
      must: [
        isOf('sluice_scope', scope),
        isOf('sluice_life', life),
        isOf('sluice_partition', name),
        { key: 'sluice_ends_at', range: { gt: nowSeconds } },
      ],
    };
    const params = { quantization: { ignore: false, rescore: true, oversampling: OVERSAMPLING } };
    const body = { query: [...direction], filter, params, limit: most, with_payload: true, score_threshold: least };
    const answer = await this.#ask('POST', '/points/query', body, SEARCH_LIMIT_MS);
    const points = isJsonObject(answer.result) && Array.isArray(answer.result.points) ? answer.result.points : [];
    const found = points.flatMap((point): Alike[] => {
      const { score, payload } = isJsonObject(point) ? point : {};
      if (typeof score !== 'number' || !(score >= least) || !isJsonObject(payload)) return [];
      const isOwn =
        payload.sluice_scope === scope &&
        payload.sluice_life === life &&
        payload.sluice_partition === name &&
        Number(payload.sluice_ends_at) > nowSeconds;
      const { sluice_key: key, sluice_question: question } = payload;
      if (!isOwn || typeof key !== 'string' || typeof question !== 'string') return [];
      return [{ key, question, life, similarity: Math.min(1, score) }];
    });
    return found.sort((one, other) => other.similarity - one.similarity).slice(0, most);
  }

  async keep(partition: Partition, direction: Float32Array, remembered: Remembered, ttlMs: number): Promise<void> {
    const { scope, name, size } = partition;
    await this.#open(size);
    await this.#tidy();
    if (this.#unsent.has(scope) || this.#isFull) return;
    const payload = {
      sluice_scope: scope,
      sluice_life: remembered.life,
      sluice_partition: name,
      sluice_key: remembered.key,
      sluice_question: remembered.question,
      sluice_ends_at: this.#nowSeconds() + Math.ceil(ttlMs / SECOND_MS),
    };
    const point = { id: idOf(partition, remembered.key), vector: [...direction], payload };
    await this.#ask('PUT', '/points?wait=true', { points: [point] }, WRITE_LIMIT_MS);
    if (this.#entries !== undefined) this.#entries += 1;
  }

  async forget(partition: Partition, key: string): Promise<void> {
    await this.#ask('POST', '/points/delete', { points: [idOf(partition, key)] }, WRITE_LIMIT_MS);
  }

  async erase(scope: string): Promise<void> {
    // Remembered before it is sent: until it is done, this instance finds nothing of the scope.
    const [oldest] = this.#unsent;
    if (this.#unsent.size >= MOST_UNSENT && oldest !== undefined) this.#unsent.delete(oldest);
    this.#unsent.add(scope);
    await this.#ask(
      'POST',
      '/points/delete?wait=true',
      { filter: { must: [isOf('sluice_scope', scope)] } },
      WRITE_LIMIT_MS,
    );
    this.#unsent.delete(scope);
  }

  status(): VectorStoreStatus {
    const { mostEntries } = this.#options;
    const full = this.#isFull ? `${mostEntries} questions are kept, which is max_entries` : undefined;
    const [reason, entries] = [this.#fault ?? full, this.#entries];
    const facts = { ...(reason !== undefined && { reason }), ...(entries !== undefined && { entries }) };
    return { place: 'qdrant', isUp: this.#fault === undefined, ...facts };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }

  get #isFull(): boolean {
    return (this.#entries ?? 0) >= this.#options.mostEntries;
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.nowMs() / SECOND_MS);
  }

  /** Makes the collection if it is not there; rejects if it takes directions of another length. */
  async #open(size: number): Promise<void> {
    if (this.#size === size) return;
    this.#opening ??= this.#make(size).finally(() => {
      this.#opening = undefined;
    });
    const { size: kept, distance } = await this.#opening;
    if (kept === size && distance === 'Cosine') {
      this.#size = size;
      return;
    }
    const name = JSON.stringify(this.#options.collection);
    const takes = `${String(distance ?? 'several')} vectors of ${String(kept ?? 'several')} numbers`;
    this.#refuse(`the collection ${name} takes ${takes}, and the embedding model gives ${size}`);
  }

  async #make(size: number): Promise<JsonObject> {
    let found = await this.#ask('GET', '', undefined, WRITE_LIMIT_MS);
    if (found.isMissing) {
      const quantization = QUANTIZATION[this.#options.quantization];
      const made = { vectors: { size, distance: 'Cosine' }, quantization_config: quantization };
      // Another instance may have been first.
      await this.#ask('PUT', '', made, WRITE_LIMIT_MS);
      found = await this.#ask('GET', '', undefined, WRITE_LIMIT_MS);
    }
    for (const [field, schema] of INDEXES)
      await this.#ask('PUT', '/index?wait=true', { field_name: field, field_schema: schema }, WRITE_LIMIT_MS);
    return vectorsOf(found.result);
  }

  /** Qdrant has no lives of its own. */
  async #tidy(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#tidiedAtMs < TIDY_EVERY_MS) return;
    this.#tidiedAtMs = nowMs;
    const ended = { must: [{ key: 'sluice_ends_at', range: { lte: this.#nowSeconds() } }] };
    await this.#ask('POST', '/points/delete?wait=true', { filter: ended }, WRITE_LIMIT_MS);
    const { result } = await this.#ask('POST', '/points/count', { exact: false }, WRITE_LIMIT_MS);
    this.#entries = isJsonObject(result) && typeof result.count === 'number' ? result.count : undefined;
  }

  /** What a call gives. Rejects if the server does not answer in time, or refuses; then it is left alone for a while. */
  async #ask(
    method: Method,
    path: string,
    body: JsonObject | undefined,
    timeoutMs: number,
  ): Promise<{ readonly isMissing: boolean; readonly result?: JsonValue | undefined }> {
    const { clock, call } = this.#options;
    if (this.#isClosed || clock.monotonicMs() < this.#pausedUntilMs)
      throw new QdrantUnavailableError(this.#fault ?? 'Qdrant is closed');
    const called = inTime(call(method, this.#path + path, body, timeoutMs), timeoutMs);
    const answer = await called.catch((error: Error) => ({ fault: error.message }));
    if ('fault' in answer) return this.#refuse(answer.fault);
    const { status, text } = answer;
    // The collection is not there yet, or was deleted.
    if (status === NOT_FOUND) this.#size = undefined;
    const isFirst = method === 'PUT' && path === '' && (status === CONFLICT || /already exists/i.test(text));
    if (status !== OK && status !== NOT_FOUND && !isFirst)
      return this.#refuse(`it answered with the status ${status}: ${errorOf(text)}`);
    this.#pauseMs = PAUSE_MS;
    if (this.#fault !== undefined) this.#options.onStatus({ isUp: true });
    this.#fault = undefined;
    return { isMissing: status === NOT_FOUND, result: status === OK ? parsed(text)?.result : undefined };
  }

  #refuse(reason: string): never {
    if (this.#fault === undefined) this.#options.onStatus({ isUp: false, reason });
    this.#fault = reason;
    const { clock } = this.#options;
    this.#pausedUntilMs = clock.monotonicMs() + this.#pauseMs;
    if (this.#unsent.size > 0) this.#eraseLater();
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    throw new QdrantUnavailableError(reason);
  }

  /** Scopes that could not be erased are erased as soon as the server is back. */
  #eraseLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#eraseUnsent(), this.#pauseMs + 1);
    this.#retry.unref();
  }

  async #eraseUnsent(): Promise<void> {
    try {
      for (const scope of [...this.#unsent]) await this.erase(scope);
    } catch {
      // It is tried again after the pause that begins now.
      if (!this.#isClosed) this.#eraseLater();
    }
  }
}

/** A condition that a point has to meet. */
const isOf = (key: string, value: string): JsonObject => ({ key, match: { value } });

const OK = 200;
const NOT_FOUND = 404;
const CONFLICT = 409;

/** Points have unsigned numbers or UUIDs for ids: the same question is the same point. */
function idOf({ scope, name }: Partition, key: string): string {
  const digest = createHash('sha256').update(`${scope.length}:${scope}${name.length}:${name}${key}`).digest('hex');
  return [8, 12, 16, 20, 32].map((end, at, all) => digest.slice(all[at - 1] ?? 0, end)).join('-');
}

function vectorsOf(found: JsonValue | undefined): JsonObject {
  const at = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
    isJsonObject(value) ? value[name] : undefined;
  const vectors = at(at(at(found, 'config'), 'params'), 'vectors');
  return isJsonObject(vectors) ? vectors : {};
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const LONGEST_SAID = 200;

/** What an answer says is wrong: it is for the log, and names no text of anybody. */
function errorOf(text: string): string {
  const { status } = parsed(text) ?? {};
  const said = isJsonObject(status) && typeof status.error === 'string' ? status.error : 'without a reason';
  return said.slice(0, LONGEST_SAID);
}

/** What the work resolves to; rejects if that takes too long. */
async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new QdrantUnavailableError(`it did not answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  // What is late may still fail.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
