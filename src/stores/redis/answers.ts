import { createHash, randomBytes } from 'node:crypto';
import { RESP_TYPES } from 'redis';
import type { Clock } from '../../core/clock.ts';
import {
  type AnswerStore,
  type AnswerStoreStatus,
  type FoundAnswer,
  type KeptAnswer,
  NEW_LIFE,
  nameOfLife,
} from '../contracts/answers.ts';
import { inTime } from './in-time.ts';
import { type RedisAddress, type RedisClient, RedisLink, type RedisStatus, RedisUnavailableError } from './link.ts';

/** What it needs from outside. */
interface RedisAnswersOptions {
  readonly address: RedisAddress;
  /** Stands before all keys; may be empty. */
  readonly namespace: string;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Called if Redis becomes unavailable, and when it is back. */
  readonly onStatus: (status: RedisStatus) => void;
}

/**
 * Each scope has a salt, and each entry begins with the salt of its scope as it was when the request came: an entry with another
 * one is not there. So erasing a scope is one new salt, and a look-up is one command. A salt that Redis dropped is replaced by
 * another, which makes the entries of its scope unreadable and never readable again. It begins with the time when it was made.
 */
const SALT_BYTES = 16;
const TIME_BYTES = 6;
/** A salt that is used lives longer than its entries by this. */
const SALT_KEPT_MS = 3_600_000;
const ERASED_SALT_MS = 7 * 86_400_000;
const PROBE_MS = 10_000;
/**
 * The entries of a scope are in one slot of a Redis Cluster, where commands over several keys are allowed. A connection goes to one
 * node, so there are several connections, each for the scopes of some slots.
 */
const PARTS = 8;
/** How many erased scopes are remembered. */
const MOST_ERASED = 10_000;
const BYTES = { [RESP_TYPES.BLOB_STRING]: Buffer };

/** Answers in a Redis. */
export class RedisAnswers implements AnswerStore {
  readonly #links: readonly RedisLink[];
  readonly #prefix: string;
  /** When scopes were erased here: a Redis that was restored, or lost its last writes, has older salts. */
  readonly #erased = new Map<string, number>();
  /** Those of which Redis does not know yet. */
  readonly #unsent = new Set<string>();
  /** Why the last write was refused by a Redis that answers. */
  #refusal: string | undefined;
  #reason: string | undefined;

  readonly #clock: Clock;

  constructor({ address, namespace, clock, random, onStatus }: RedisAnswersOptions) {
    this.#clock = clock;
    this.#prefix = namespace === '' ? 'sluice:' : `${namespace}:sluice:`;
    const isCluster = address.startupNodes !== undefined;
    this.#links = Array.from(
      { length: isCluster ? PARTS : 1 },
      (_, part) =>
        new RedisLink({
          address,
          random,
          prepare: (client) => this.#prepare(client, part),
          onStatus: (status) => {
            this.#reason = status.reason;
            onStatus(status);
          },
        }),
    );
  }

  find(scope: string, keys: readonly string[]): Promise<readonly FoundAnswer[]> {
    const names = [this.#saltKey(scope), ...keys.map((key) => this.#entryKey(scope, key))];
    const looking = this.#linkOf(scope).run((client) => client.withTypeMapping(BYTES).mGet(names));
    return inTime(looking).then(([salt, ...values]) => {
      const life = this.#lifeOf(scope, salt ?? undefined);
      return values.map((value) => ({ value: entryOf(value ?? undefined, life), life }));
    });
  }

  async keep(scope: string, answers: readonly KeptAnswer[]): Promise<void> {
    const alive = answers.filter(({ life, ttlMs }) => life !== '' && ttlMs >= 1);
    const [first] = alive;
    if (first === undefined) return;
    const longestMs = Math.ceil(Math.max(...alive.map(({ ttlMs }) => ttlMs))) + SALT_KEPT_MS;
    const saltKey = this.#saltKey(scope);
    await this.#write(scope, (client) => [
      first.life.startsWith(NEW_LIFE)
        ? client.set(saltKey, saltOf(first.life), { condition: 'NX', expiration: { type: 'PX', value: longestMs } })
        : client.pExpire(saltKey, longestMs, 'GT'),
      ...alive.map(({ key, value, ttlMs, life }) =>
        client.set(this.#entryKey(scope, key), Buffer.concat([saltOf(life), value]), {
          expiration: { type: 'PX', value: Math.ceil(ttlMs) },
        }),
      ),
    ]);
  }

  async delete(scope: string, keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0;
    const found = await this.find(scope, keys);
    const names = keys.filter((_, index) => found[index]?.value !== undefined).map((key) => this.#entryKey(scope, key));
    return names.length === 0 ? 0 : this.#linkOf(scope).run((client) => client.del(names));
  }

  async erase(scope: string): Promise<void> {
    // Remembered before it is sent: until it arrives, this instance finds nothing of the scope.
    if (this.#erased.size >= MOST_ERASED) this.#forgetOldest();
    this.#erased.delete(scope);
    this.#erased.set(scope, this.#clock.nowMs());
    this.#unsent.add(scope);
    await this.#write(scope, (client) => [this.#setSalt(client, scope)]);
    this.#unsent.delete(scope);
  }

  async ping(): Promise<void> {
    await Promise.all(
      this.#links.map(async (link, part) => {
        const key = this.#probeKey(part);
        const told = await link.run(async (client) => {
          const expiration = { type: 'PX', value: PROBE_MS } as const;
          const [refusal] = await refusals([client.set(key, '1', { expiration })]);
          return refusal ?? ((await client.get(key)) === '1' ? undefined : 'what was written cannot be read');
        });
        this.#refusal = told;
        if (told !== undefined) throw new RedisUnavailableError(told);
      }),
    );
  }

  status(): AnswerStoreStatus {
    const isUp = this.#links.every((link) => link.isUp);
    const reason = isUp ? this.#refusal : this.#reason;
    return { place: 'redis', isUp, ...(reason !== undefined && { reason }) };
  }

  async info(): Promise<string | undefined> {
    return this.#links[0]?.run((client) => client.info());
  }

  close(): void {
    for (const link of this.#links) link.close();
  }

  /** A redirection to another node of a cluster is noticed here. A full Redis, or a replica, still answers look-ups. */
  async #prepare(client: RedisClient, part: number): Promise<void> {
    await client.get(this.#probeKey(part));
    // What was erased while Redis was unavailable.
    const unsent = [...this.#unsent].filter((scope) => this.#partOf(scope) === part);
    const refused = await refusals(unsent.map((scope) => this.#setSalt(client, scope)));
    if (refused.length === 0) for (const scope of unsent) this.#unsent.delete(scope);
  }

  #setSalt(client: RedisClient, scope: string): Promise<unknown> {
    return client.set(this.#saltKey(scope), this.#newSalt(), { expiration: { type: 'PX', value: ERASED_SALT_MS } });
  }

  #newSalt(): Buffer {
    const salt = randomBytes(SALT_BYTES);
    salt.writeUIntBE(Math.max(0, Math.floor(this.#clock.nowMs())), 0, TIME_BYTES);
    return salt;
  }

  /** The life of a scope whose salt Redis gave; a new one if it gave none, and none at all if it is older than an erasure. */
  #lifeOf(scope: string, salt: Buffer | undefined): string {
    if (salt === undefined) return `${NEW_LIFE}${this.#newSalt().toString('base64')}`;
    const erasedAtMs = this.#erased.get(scope) ?? 0;
    if (salt.length === SALT_BYTES && salt.readUIntBE(0, TIME_BYTES) >= erasedAtMs) return salt.toString('base64');
    // It is erased again; a failure is in the status, and the next look-up finds nothing either.
    this.erase(scope).catch(() => undefined);
    return '';
  }

  /** Rejects if Redis refuses one of the writes, and keeps the connection: it still answers look-ups. */
  async #write(scope: string, send: (client: RedisClient) => readonly Promise<unknown>[]): Promise<void> {
    const [refusal] = await this.#linkOf(scope).run((client) => refusals(send(client)));
    this.#refusal = refusal;
    if (refusal !== undefined) throw new RedisUnavailableError(refusal);
  }

  #linkOf(scope: string): RedisLink {
    const link = this.#links[this.#partOf(scope)];
    if (link === undefined) throw new RangeError('there is no connection for this part');
    return link;
  }

  #partOf(scope: string): number {
    return this.#links.length === 1 ? 0 : (createHash('sha256').update(scope).digest()[0] ?? 0) % PARTS;
  }

  #forgetOldest(): void {
    const [oldest] = this.#erased.keys();
    if (oldest === undefined) return;
    this.#erased.delete(oldest);
    this.#unsent.delete(oldest);
  }

  #saltKey(scope: string): string {
    return `${this.#prefix}{answers-${this.#partOf(scope)}}:salt:${scope}`;
  }

  #entryKey(scope: string, key: string): string {
    return `${this.#prefix}{answers-${this.#partOf(scope)}}:answer:${key}`;
  }

  #probeKey(part: number): string {
    return `${this.#prefix}{answers-${part}}:probe`;
  }
}

/** What Redis said against some commands; rejects if one failed for another reason than its answer. */
async function refusals(sent: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const results = await Promise.allSettled(sent);
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    // Redis is full (`OOM`) or cannot save (`MISCONF`). Everything else ends the connection, which may then lead to another node.
    const reason = result.reason instanceof Error ? result.reason.message : '';
    if (/^(?:OOM|MISCONF) /.test(reason)) return [reason];
    throw result.reason;
  });
}

function entryOf(value: Buffer | undefined, life: string): Buffer | undefined {
  if (value === undefined || value.length < SALT_BYTES || life === '' || life.startsWith(NEW_LIFE)) return undefined;
  return value.subarray(0, SALT_BYTES).equals(saltOf(life)) ? value.subarray(SALT_BYTES) : undefined;
}

const saltOf = (life: string): Buffer => Buffer.from(nameOfLife(life), 'base64');
