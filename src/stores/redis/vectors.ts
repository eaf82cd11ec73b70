/** Directions of questions in a Redis that can search: Redis 8, Redis Stack (RediSearch) or Valkey (valkey-search). */
import { createHash } from 'node:crypto';
import type { Alike, Partition, Remembered, Search, VectorStore, VectorStoreStatus } from '../contracts/vectors.ts';
import { inTime } from './in-time.ts';
import { type RedisAddress, type RedisClient, RedisLink, type RedisStatus, RedisUnavailableError } from './link.ts';
import { documentsOf, refusalOf } from './search-replies.ts';

/** What it needs from outside. */
interface RedisVectorsOptions {
  readonly address: RedisAddress;
  /** Stands before all keys; may be empty. */
  readonly namespace: string;
  /** What indexes are called; each length of directions has one of its own. */
  readonly indexName: string;
  /** How many questions are kept at most. */
  readonly mostEntries: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Called if Redis becomes unavailable, and when it is back. */
  readonly onStatus: (status: RedisStatus) => void;
}

const NO_MODULE = 'this Redis has no search module';
/** How many questions of a scope are erased with one command, and how many commands an erasure may take. */
const ERASED_AT_ONCE = 500;
const MOST_ROUNDS = 2_000;
/** How many scopes are remembered that could not be erased. */
const MOST_UNSENT = 10_000;
/** The number of questions is asked for once in so many that are kept. */
const COUNT_EVERY = 50;
/** Says that nothing is wrong with a command: somebody else was first. */
const EXISTS = /already exists/i;
const MISSING = /no such index|unknown index|not found/i;

/**
 * Each question is a hash whose fields are tags for the scope, its life and the partition. A search is one command, with all three as
 * hard filters; what it gives is compared with them once more. The index is flat, so that a search is exact: of a tenant's questions
 * only its own are compared. All keys are in one slot of a Redis Cluster, because a connection goes to one node.
 */
export class RedisVectors implements VectorStore {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #indexName: string;
  readonly #mostEntries: number;
  /** The lengths whose index is there, as far as this connection knows. */
  readonly #indexed = new Set<number>();
  readonly #unsent = new Set<string>();
  #canSearch: boolean | undefined;
  #reason: string | undefined;
  #refusal: string | undefined;
  #entries: number | undefined;
  #kept = 0;

  constructor({ address, namespace, indexName, mostEntries, random, onStatus }: RedisVectorsOptions) {
    this.#prefix = `${namespace === '' ? '' : `${namespace}:`}sluice:{questions}:`;
    this.#indexName = namespace === '' ? indexName : `${namespace}:${indexName}`;
    this.#mostEntries = mostEntries;
    this.#link = new RedisLink({
      address,
      random,
      prepare: (client) => this.#prepare(client),
      onUp: () => void this.#eraseUnsent(),
      onStatus: (status) => {
        this.#reason = status.reason;
        onStatus(status);
      },
    });
  }

  /** Whether the Redis can search; undefined: it was never reached. */
  get canSearch(): boolean | undefined {
    return this.#canSearch;
  }

  async search({ scope, name, size, life, direction, least, most }: Search): Promise<readonly Alike[]> {
    if (this.#unsent.has(scope)) return [];
    const filter = `(@scope:{${tagOf(scope)}} @life:{${tagOf(life)}} @partition:{${tagOf(name)}})`;
    const query = `${filter}=>[KNN ${most} @direction $direction AS distance]`;
    const fields = ['distance', 'scope', 'life', 'partition', 'key', 'question'];
    const words = ['FT.SEARCH', this.#index(size), query, 'RETURN', String(fields.length), ...fields];
    const further = ['LIMIT', '0', String(most), 'PARAMS', '2', 'direction', bytesOf(direction), 'DIALECT', '2'];
    const reply = await inTime(this.#send(size, [...words, ...further]));
    const found = documentsOf(reply).flatMap(({ fields: read }): Alike[] => {
      const { key, question, distance } = Object.fromEntries(read);
      const similarity = 1 - Number(distance ?? Number.NaN);
      const isOwn =
        read.get('scope') === tagOf(scope) && read.get('life') === tagOf(life) && read.get('partition') === tagOf(name);
      if (!isOwn || key === undefined || question === undefined || !(similarity >= least)) return [];
      return [{ key, question, life, similarity: Math.min(1, similarity) }];
    });
    return found.sort((one, other) => other.similarity - one.similarity).slice(0, most);
  }

  async keep(partition: Partition, direction: Float32Array, remembered: Remembered, ttlMs: number): Promise<void> {
    const { scope, name, size } = partition;
    if (this.#unsent.has(scope) || !(await this.#hasRoom(size))) return;
    await this.#makeIndex(size);
    const key = this.#key(partition, remembered.key);
    const fields = {
      scope: tagOf(scope),
      life: tagOf(remembered.life),
      partition: tagOf(name),
      key: remembered.key,
      question: remembered.question,
      direction: bytesOf(direction),
    };
    const refusal = await this.#link.run((client) =>
      refusalOf(
        client
          .multi()
          .hSet(key, fields)
          .pExpire(key, Math.max(1, Math.ceil(ttlMs)))
          .exec(),
      ),
    );
    this.#refusal = refusal;
    if (refusal !== undefined) throw new RedisUnavailableError(refusal);
  }

  async forget(partition: Partition, key: string): Promise<void> {
    await this.#link.run((client) => client.unlink(this.#key(partition, key)));
  }

  async erase(scope: string): Promise<void> {
    // Remembered before it is sent: until it is done, this instance finds nothing of the scope.
    const [oldest] = this.#unsent;
    if (this.#unsent.size >= MOST_UNSENT && oldest !== undefined) this.#unsent.delete(oldest);
    this.#unsent.add(scope);
    if (this.#canSearch !== false) await this.#eraseNow(scope);
    this.#unsent.delete(scope);
  }

  status(): VectorStoreStatus {
    const isUp = this.#link.isUp && this.#canSearch === true;
    const reason = this.#link.isUp ? this.#refusal : this.#reason;
    const entries = this.#entries;
    return { place: 'redis', isUp, ...(reason !== undefined && { reason }), ...(entries !== undefined && { entries }) };
  }

  close(): void {
    this.#link.close();
  }

  /** A redirection to another node of a cluster is noticed by the first command. What was lost is found out by asking again. */
  async #prepare(client: RedisClient): Promise<void> {
    await client.exists(`${this.#prefix}probe`);
    const refusal = await refusalOf(client.sendCommand(['FT._LIST']));
    this.#canSearch = refusal === undefined;
    this.#refusal = refusal === undefined ? undefined : /unknown command/i.test(refusal) ? NO_MODULE : refusal;
    this.#indexed.clear();
    this.#entries = undefined;
    this.#kept = 0;
  }

  /** What a command about an index gives; undefined if there is no such index. Rejects if it is refused for another reason. */
  async #send(size: number, words: readonly (string | Buffer)[]): Promise<unknown> {
    if (this.#canSearch === false) throw new RedisUnavailableError(this.#refusal ?? NO_MODULE);
    let reply: unknown;
    const refusal = await this.#link.run((client) =>
      refusalOf(
        client.sendCommand([...words]).then((given) => {
          reply = given;
        }),
      ),
    );
    if (refusal === undefined) return reply;
    if (!MISSING.test(refusal)) {
      this.#refusal = refusal;
      throw new RedisUnavailableError(refusal);
    }
    this.#indexed.delete(size);
    return undefined;
  }

  async #makeIndex(size: number): Promise<void> {
    if (this.#indexed.has(size)) return;
    if (this.#canSearch === false) throw new RedisUnavailableError(this.#refusal ?? NO_MODULE);
    const index = ['FT.CREATE', this.#index(size), 'ON', 'HASH', 'PREFIX', '1', `${this.#prefix}${size}:`, 'SCHEMA'];
    const tags = ['scope', 'TAG', 'life', 'TAG', 'partition', 'TAG'];
    const vector = ['TYPE', 'FLOAT32', 'DIM', String(size), 'DISTANCE_METRIC', 'COSINE'];
    const words = [...index, ...tags, 'direction', 'VECTOR', 'FLAT', String(vector.length), ...vector];
    const refusal = await this.#link.run((client) => refusalOf(client.sendCommand(words)));
    if (refusal !== undefined && !EXISTS.test(refusal)) {
      this.#refusal = refusal;
      throw new RedisUnavailableError(refusal);
    }
    this.#indexed.add(size);
  }

  /** What clients can make grow is bounded: beyond it nothing more is kept until older questions have ended. */
  async #hasRoom(size: number): Promise<boolean> {
    if (this.#kept % COUNT_EVERY === 0 || (this.#entries ?? 0) >= this.#mostEntries) await this.#count(size);
    this.#kept += 1;
    const isFull = (this.#entries ?? 0) >= this.#mostEntries;
    if (isFull) this.#refusal = `${this.#mostEntries} questions are kept, which is max_entries`;
    return !isFull;
  }

  async #count(size: number): Promise<void> {
    const any = await this.#send(size, ['FT.INFO', this.#index(size)]);
    const pairs = Array.isArray(any) ? any : Object.entries(any ?? {}).flat();
    const at = pairs.findIndex((each) => String(each) === 'num_docs');
    const count = Number(at === -1 ? 0 : pairs[at + 1]);
    this.#entries = Number.isFinite(count) ? count : undefined;
  }

  async #eraseUnsent(): Promise<void> {
    for (const scope of [...this.#unsent]) {
      try {
        await this.erase(scope);
      } catch {
        // The next connection tries again; until then nothing of it is found.
        return;
      }
    }
  }

  /** In the index of every length: a scope may have questions that another model embedded. */
  async #eraseNow(scope: string): Promise<void> {
    const listed = await this.#send(0, ['FT._LIST']);
    const names = Array.isArray(listed) || listed instanceof Set ? [...listed].map(String) : [];
    for (const name of names) {
      const size = Number(name.startsWith(`${this.#indexName}:`) ? name.slice(this.#indexName.length + 1) : Number.NaN);
      if (Number.isSafeInteger(size) && size > 0) await this.#eraseIn(scope, size);
    }
  }

  /** By a search for the nearest to any direction, because not every module searches by tags alone. */
  async #eraseIn(scope: string, size: number): Promise<void> {
    const any = new Float32Array(size).fill(1);
    const query = `(@scope:{${tagOf(scope)}})=>[KNN ${ERASED_AT_ONCE} @direction $direction]`;
    const further = ['NOCONTENT', 'LIMIT', '0', String(ERASED_AT_ONCE), 'PARAMS', '2', 'direction', bytesOf(any)];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const reply = await this.#send(size, ['FT.SEARCH', this.#index(size), query, ...further, 'DIALECT', '2']);
      const keys = documentsOf(reply, false).map(({ id }) => id);
      if (keys.length > 0) await this.#link.run((client) => client.unlink(keys));
      if (keys.length < ERASED_AT_ONCE) return;
    }
  }

  #index(size: number): string {
    return `${this.#indexName}:${size}`;
  }

  #key({ scope, name, size }: Partition, key: string): string {
    return `${this.#prefix}${size}:${tagOf(scope)}:${digestOf(`${name.length}:${name}${key}`)}`;
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As a tag: none of its letters means anything in a query. */
const tagOf = (text: string): string => (/^[\da-f]{64}$/.test(text) ? text : digestOf(text));

/** As Redis reads vectors: 32-bit numbers, little end first, which is how every machine has them that Node.js runs on. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
