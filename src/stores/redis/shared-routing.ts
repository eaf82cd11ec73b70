/** Shared routing of instances that share a Redis. */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type {
  AttemptCounter,
  AttemptCounts,
  BreakerChange,
  HealthNews,
  HeldPrefixes,
  SharedRouting,
} from '../contracts/shared-routing.ts';
import { readHealth, type ToldHealth, writeHealth } from './health-news.ts';
import { HeldPrefixBatch, readHeldPrefixes } from './held-prefixes.ts';
import { type RedisAddress, type RedisClient, RedisLink, type RedisStatus } from './link.ts';

/** What it needs from outside. */
export interface RedisSharedRoutingOptions {
  readonly address: RedisAddress;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Called if Redis becomes unavailable, and when it is back. */
  readonly onStatus: (status: RedisStatus) => void;
}

/** The braces keep all keys in one slot of a Redis Cluster, where commands over several keys are allowed. */
const PREFIX = 'sluice:{routing}:';
const OPEN_IDS = `${PREFIX}open`;
const OPEN_IDS_TTL_SECONDS = 86_400;
/**
 * An open breaker is kept this much longer than its cooldown, so that a new instance begins with a probe, not with all
 * traffic.
 */
const KEPT_AFTER_MS = 60_000;
/** How long counts of an unused upstream are kept. */
const COUNTS_TTL_SECONDS = 60;
const BEAT_MS = 1_000;
/** How long news of what is held gathers before it goes out, together with what other requests have shown meanwhile. */
const GATHERED_MS = 20;
/** How many ids others may make us keep. */
const MOST_IDS = 20_000;
const LONGEST_OPEN_MS = 86_400_000;
const MOST_SENDERS = 10_000;

/** Deletes a lease only if it is still ours: it may have expired and belong to another instance by now. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

interface Unsent {
  readonly change: BreakerChange;
  readonly atMs: number;
}

interface Message extends BreakerChange {
  readonly from: string;
  /** Grows with each message of its sender. */
  readonly number: number;
  readonly id: string;
}

/** Connects the instances that use this Redis, and lets this one act alone while Redis is unavailable. */
export class RedisSharedRouting implements SharedRouting {
  readonly #clock: Clock;
  readonly #link: RedisLink;
  readonly #self = randomUUID();
  /** Pub/sub knows no databases; two clusters in two databases must not hear each other. */
  readonly #channel: string;
  readonly #prefixChannel: string;
  readonly #healthChannel: string;
  #onHealth: (id: string, news: HealthNews) => void = () => undefined;
  readonly #held = new HeldPrefixBatch();
  #tellsHeld: NodeJS.Timeout | undefined;
  #onHeld: (held: HeldPrefixes) => void = () => undefined;
  readonly #beat: NodeJS.Timeout;
  /** The last change of each breaker until Redis has it: what happened during an outage is sent after it. */
  readonly #unsent = new Map<string, Unsent>();
  /** The last message number of each sender: a Redis that was frozen carries out old commands after newer ones. */
  readonly #lastNumbers = new Map<string, number>();
  #lastNumber = 0;
  #wasUp = false;
  readonly #leases = new Map<string, string>();
  #lastLease = 0;
  #onChange: (id: string, change: BreakerChange) => void = () => undefined;
  #counter: AttemptCounter | undefined;
  /** The cluster's running totals when we last read them. Running totals need no common clock. */
  #totals = new Map<string, AttemptCounts>();
  #isExchanging = false;

  constructor({ address, clock, random, onStatus }: RedisSharedRoutingOptions) {
    this.#clock = clock;
    this.#channel = `${PREFIX}breakers:${address.database}`;
    this.#prefixChannel = `${PREFIX}prefixes:${address.database}`;
    this.#healthChannel = `${PREFIX}health:${address.database}`;
    this.#link = new RedisLink({ address, random, onStatus, prepare: (client) => this.#prepare(client) });
    this.#beat = setInterval(() => void this.exchange(), BEAT_MS);
    this.#beat.unref();
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  publish(id: string, change: BreakerChange): void {
    const unsent = { change, atMs: this.#clock.monotonicMs() };
    if (this.#unsent.size >= MOST_IDS) this.#unsent.clear();
    this.#unsent.set(id, unsent);
    if (this.#link.isUp) this.#link.run((client) => this.#send(client, id, unsent)).catch(linkReportsIt);
  }

  onChange(callback: (id: string, change: BreakerChange) => void): void {
    this.#onChange = callback;
    if (this.#link.isUp) this.#link.run((client) => this.#learnOpen(client, true)).catch(linkReportsIt);
  }

  announceHeld(held: HeldPrefixes): void {
    // What is not told during an outage is known here, and old by the time that the others could hear of it.
    if (!this.#link.isUp || !this.#held.add(held)) return;
    this.#tellsHeld = setTimeout(() => {
      const text = this.#held.take(this.#self);
      if (this.#link.isUp) this.#link.run((client) => client.publish(this.#prefixChannel, text)).catch(linkReportsIt);
    }, GATHERED_MS);
    this.#tellsHeld.unref();
  }

  onHeld(callback: (held: HeldPrefixes) => void): void {
    this.#onHeld = callback;
  }

  tellHealth(id: string, { error, latencyMs }: Omit<HealthNews, 'ageMs'>, keptMs: number): void {
    // What is found during an outage is found again by the others: they check for themselves then.
    if (!this.#link.isUp) return;
    const wholeMs = Math.max(1, Math.round(keptMs));
    const text = writeHealth({ from: this.#self, id, error, latencyMs, keptMs: wholeMs });
    this.#link
      .run((client) =>
        Promise.all([
          client.set(healthKey(id), text, { expiration: { type: 'PX', value: wholeMs } }),
          client.publish(this.#healthChannel, text),
        ]),
      )
      .catch(linkReportsIt);
  }

  onHealth(callback: (id: string, news: HealthNews) => void): void {
    this.#onHealth = callback;
  }

  async lastHealth(id: string): Promise<HealthNews | undefined> {
    if (!this.#link.isUp) return undefined;
    try {
      return await this.#link.run(async (client) => {
        const [text, leftMs] = await Promise.all([client.get(healthKey(id)), client.pTTL(healthKey(id))]);
        const told = text === null ? undefined : readHealth(text);
        return told === undefined || leftMs < 0 ? undefined : newsOf(told, Math.max(0, told.keptMs - leftMs));
      });
    } catch {
      return undefined;
    }
  }

  takeProbe(id: string, intervalMs: number): boolean | Promise<boolean> {
    // During an outage each instance probes for itself: its own breaker limits its probes.
    if (!this.#link.isUp) return true;
    const lease = `${this.#self}:${++this.#lastLease}`;
    const expiration = { type: 'PX', value: Math.max(1, Math.ceil(intervalMs)) } as const;
    return this.#link
      .run((client) => client.set(probeKey(id), lease, { condition: 'NX', expiration }))
      .then(
        (answer) => {
          if (answer === null) return false;
          if (this.#leases.size >= MOST_IDS) this.#leases.clear();
          this.#leases.set(id, lease);
          return true;
        },
        () => true,
      );
  }

  releaseProbe(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#leases.delete(id);
    if (!this.#link.isUp) return;
    this.#link.run((client) => client.eval(RELEASE, { keys: [probeKey(id)], arguments: [lease] })).catch(linkReportsIt);
  }

  countWith(counter: AttemptCounter): void {
    this.#counter = counter;
  }

  async exchange(): Promise<void> {
    if (this.#isExchanging) return;
    this.#isExchanging = true;
    try {
      // Drained even while Redis is unavailable: attempts of that time must not count as new ones when it is back.
      const drained = [...(this.#counter?.drain() ?? [])];
      if (this.#link.isUp) {
        await this.#link.run((client) => Promise.all([this.#exchangeAll(client, drained), this.#sendLeft(client)]));
      } else this.#totals.clear();
    } catch {
      // Whether the counts arrived is unknown. They are not sent again: too few for ten seconds is better than too
      // many.
      this.#totals.clear();
    } finally {
      this.#isExchanging = false;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    clearTimeout(this.#tellsHeld);
    this.#link.close();
  }

  async #prepare(client: RedisClient): Promise<void> {
    await Promise.all([
      client.subscribe(this.#channel, (text) => this.#hear(text)),
      client.subscribe(this.#prefixChannel, (text) => {
        for (const held of readHeldPrefixes(text, this.#self)) this.#onHeld(held);
      }),
      client.subscribe(this.#healthChannel, (text) => {
        const told = readHealth(text);
        if (told !== undefined && told.from !== this.#self) this.#onHealth(told.id, newsOf(told, 0));
      }),
      // A replica or a full Redis answers reads; only a write shows that it works.
      client.set(`${PREFIX}written`, '1', { expiration: { type: 'EX', value: COUNTS_TTL_SECONDS } }),
      ...[...this.#unsent].map(([id, unsent]) => this.#send(client, id, unsent)),
    ]);
    // After an outage we know better whether a cooldown is over: the breaker may have closed here since.
    await this.#learnOpen(client, !this.#wasUp);
    this.#wasUp = true;
  }

  /** Sends what was published while the connection was being made. */
  async #sendLeft(client: RedisClient): Promise<void> {
    const longAgoMs = this.#clock.monotonicMs() - BEAT_MS / 2;
    const left = [...this.#unsent].filter(([, { atMs }]) => atMs < longAgoMs);
    await Promise.all(left.map(([id, unsent]) => this.#send(client, id, unsent)));
  }

  async #send(client: RedisClient, id: string, unsent: Unsent): Promise<void> {
    const { state } = unsent.change;
    const passedMs = this.#clock.monotonicMs() - unsent.atMs;
    const forMs = Math.max(0, Math.round(unsent.change.forMs - passedMs));
    const text = JSON.stringify({ from: this.#self, number: ++this.#lastNumber, id, state, forMs } satisfies Message);
    const key = breakerKey(id);
    // Single commands and not a transaction: Redis 7.0 writes messages to ourselves into the middle of a transaction's
    // answer.
    await Promise.all([
      ...(state === 'closed'
        ? [client.del(key), client.sRem(OPEN_IDS, id)]
        : [
            client.set(key, text, { expiration: { type: 'PX', value: forMs + KEPT_AFTER_MS } }),
            client.sAdd(OPEN_IDS, id),
            client.expire(OPEN_IDS, OPEN_IDS_TTL_SECONDS),
          ]),
      client.publish(this.#channel, text),
    ]);
    if (this.#unsent.get(id) === unsent) this.#unsent.delete(id);
  }

  #hear(text: string): void {
    const message = readMessage(text);
    if (message === undefined || message.from === this.#self) return;
    const { from, number, id, state, forMs } = message;
    if (number <= (this.#lastNumbers.get(from) ?? 0)) return;
    if (this.#lastNumbers.size >= MOST_SENDERS) this.#lastNumbers.clear();
    this.#lastNumbers.set(from, number);
    // What we could not send is older than what we receive now.
    this.#unsent.delete(id);
    this.#onChange(id, { state, forMs });
  }

  /** Learns of breakers that were open before we connected; `withOver`: also of those whose cooldown is over. */
  async #learnOpen(client: RedisClient, withOver: boolean): Promise<void> {
    const ids = (await client.sMembers(OPEN_IDS)).slice(0, MOST_IDS);
    await Promise.all(ids.map((id) => this.#learnOne(client, id, withOver)));
  }

  async #learnOne(client: RedisClient, id: string, withOver: boolean): Promise<void> {
    const [text, leftMs] = await Promise.all([client.get(breakerKey(id)), client.pTTL(breakerKey(id))]);
    if (text === null) {
      await client.sRem(OPEN_IDS, id);
      return;
    }
    const message = readMessage(text);
    if (message === undefined || message.from === this.#self) return;
    const forMs = Math.max(0, Math.min(leftMs - KEPT_AFTER_MS, LONGEST_OPEN_MS));
    if (forMs > 0 || withOver) this.#onChange(id, { state: message.state, forMs });
  }

  async #exchangeAll(client: RedisClient, drained: readonly (readonly [string, AttemptCounts])[]): Promise<void> {
    const known = this.#totals;
    const totals = new Map<string, AttemptCounts>();
    const exchangeOne = async ([upstream, own]: readonly [string, AttemptCounts]): Promise<void> => {
      const total = await addAndRead(client, upstream, own);
      totals.set(upstream, total);
      const before = known.get(upstream);
      if (before === undefined) return;
      const others = {
        first: othersSince(before.first, total.first, own.first),
        further: othersSince(before.further, total.further, own.further),
      };
      if (others.first + others.further > 0) this.#counter?.addOthers(upstream, others);
    };
    // With nothing to count it still pings: that is how a frozen Redis is noticed.
    await (drained.length === 0 ? client.ping() : Promise.all(drained.map(exchangeOne)));
    this.#totals = totals;
  }
}

/** The link has closed the connection, and reports that once. */
function linkReportsIt(): void {}

function probeKey(id: string): string {
  return `${PREFIX}probe:${id}`;
}

function healthKey(id: string): string {
  return `${PREFIX}health:${id}`;
}

function newsOf({ error, latencyMs }: ToldHealth, ageMs: number): HealthNews {
  return { error, latencyMs, ageMs };
}

function breakerKey(id: string): string {
  return `${PREFIX}breaker:${id}`;
}

/** Adds our attempts to the cluster's totals, and returns the totals. */
async function addAndRead(client: RedisClient, upstream: string, own: AttemptCounts): Promise<AttemptCounts> {
  // An address may contain a login: only its digest is stored.
  const key = `${PREFIX}attempts:${createHash('sha256').update(upstream).digest('base64url').slice(0, 22)}`;
  if (own.first === 0 && own.further === 0) {
    const [first, further] = await client.hmGet(key, ['first', 'further']);
    return { first: Number(first ?? 0), further: Number(further ?? 0) };
  }
  const [first, further] = await Promise.all([
    client.hIncrBy(key, 'first', own.first),
    client.hIncrBy(key, 'further', own.further),
    client.expire(key, COUNTS_TTL_SECONDS),
  ]);
  return { first, further };
}

/** The growth of a total that is not ours. A total that shrank was lost (evicted, flushed) and counts from 0 again. */
function othersSince(before: number, total: number, own: number): number {
  return Math.max(0, (total >= before ? total - before : total) - own);
}

/** Reads what another instance wrote; undefined for anything else. */
function readMessage(text: string): Message | undefined {
  let read: Partial<Message> | null;
  try {
    read = JSON.parse(text) as Partial<Message> | null;
  } catch {
    return undefined;
  }
  const { from, number, id, state, forMs } = read ?? {};
  if (typeof from !== 'string' || typeof id !== 'string') return undefined;
  if (typeof number !== 'number' || typeof forMs !== 'number') return undefined;
  if (state !== 'closed' && state !== 'open' && state !== 'half-open') return undefined;
  return { from, number, id, state, forMs: Math.max(0, Math.min(forMs, LONGEST_OPEN_MS)) };
}
