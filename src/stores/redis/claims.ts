/** Claims of all instances that share a Redis. */
import type { Clock } from '../../core/clock.ts';
import type { PicoUsd } from '../../core/money.ts';
import type {
  ClaimAccount,
  ClaimOutcome,
  ClaimRequest,
  Claims,
  MoneyLimit,
  MoneyState,
  OrphanedClaim,
  Refusal,
  Seed,
  Settlement,
} from '../contracts/claims.ts';
import type { News } from '../contracts/news.ts';
import { type AloneClaim, AwayClaims } from './claims-away.ts';
import { Backlog, cancelling, correcting, settling, type Telling } from './claims-backlog.ts';
import { LastKnown } from './claims-known.ts';
import { Seeds } from './claims-seeds.ts';
import {
  type Answer,
  inTwo,
  numberIn,
  type Reserve,
  readGrant,
  readRefusal,
  readState,
  readUnknown,
  reservesOf,
  writeAccounts,
  writeAmounts,
} from './claims-wire.ts';
import type { RedisAddress, RedisStatus } from './link.ts';
import { type Entry, type Found, MEMBERSHIP_TIMES, Membership, type MembershipTimes, orphansIn } from './membership.ts';

/** What claims in Redis are made with. */
export interface RedisClaimsOptions {
  readonly address: RedisAddress;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly seed: Seed;
  /** Writes to the ledger, now, everything that was settled before and is not there yet; asked before counters are seeded anew. */
  readonly onEmptied?: () => Promise<void>;
  /** Books a claim whose instance died. It is told again where this rejects, or where we die before it resolves. */
  readonly onOrphan?: (orphan: OrphanedClaim) => void | Promise<void>;
  /** Hears that Redis is away, and when it is back. */
  readonly onStatus: (status: RedisStatus) => void;
  /** Hears once of a Redis that is not set up for counting. */
  readonly onWarning?: (message: string) => void;
  /** What all keys begin with; `sluice` by default. */
  readonly namespace?: string;
  readonly times?: MembershipTimes;
  /** Milliseconds by which rates go instead of the clock of Redis. */
  readonly rateClockMs?: () => number;
}

interface OpenClaim extends AloneClaim {
  readonly id: string;
  readonly words: readonly string[];
  readonly tokens: readonly string[];
  readonly note: string;
  readonly startedAtMs: number;
  hold: PicoUsd;
  exposure: PicoUsd;
  /** The outage in which it was granted here; undefined: Redis granted it. */
  readonly outage: AwayClaims | undefined;
  /** The entry since which Redis has it as it is here. */
  session: number;
  isGivenUp: boolean;
}

const STALE: Refusal = {
  account: '',
  limit: 'requests',
  max: 0n,
  used: 0n,
  held: 0n,
  retryAfterMs: 0,
  isTemporary: true,
  isStale: true,
};
const MOST_ROUNDS = 5;
const CHUNK = 100;
/** How long closing waits for what is being told. */
const LAST_MS = 500;
const GATE_PAUSE_MS = 50;
const LEDGER_PAUSE_MS = 500;

/** Claims by scripts in Redis, and by an equal part of what was left while it is away. */
export class RedisClaims implements Claims {
  readonly #options: RedisClaimsOptions;
  readonly #clock: Clock;
  readonly #membership: Membership;
  readonly #seeds: Seeds;
  readonly #known = new LastKnown();
  readonly #backlog: Backlog;
  readonly #open = new Map<string, OpenClaim>();
  readonly #asking = new Set<string>();
  #away: AwayClaims | undefined;
  /** The entry in which Redis was told everything: only then it decides. */
  #sharedSession = 0;
  #isClosed = false;

  constructor(options: RedisClaimsOptions) {
    const { address, clock, random, seed, namespace = 'sluice', times = MEMBERSHIP_TIMES, rateClockMs } = options;
    this.#options = options;
    this.#clock = clock;
    this.#backlog = new Backlog(times.keptMs, () => clock.monotonicMs());
    this.#membership = new Membership({
      address,
      random,
      prefix: `${namespace}:{claims}:`,
      times,
      clockMs: rateClockMs,
      onStatus: options.onStatus,
      onWarning: options.onWarning ?? (() => undefined),
      onEntry: (entry) => void this.#tellAll(entry),
      onBeat: (found) => void this.#hearBeat(found),
    });
    this.#seeds = new Seeds(this.#membership, seed, clock);
  }

  get isUp(): boolean {
    return this.#membership.isUp && this.#sharedSession === this.#membership.session;
  }

  get open(): number {
    return this.#open.size;
  }

  /** How many endings Redis has not confirmed. */
  get undelivered(): number {
    return this.#backlog.size;
  }

  /** How many instances share, as far as this one knows. */
  get instances(): number {
    return this.#membership.instances;
  }

  get news(): News {
    return this.#membership.news;
  }

  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    const { id } = request;
    if (this.#open.has(id) || this.#asking.has(id)) throw new RangeError('a claim with this id is open already');
    this.#asking.add(id);
    try {
      return this.isUp ? await this.#claimInRedis(request) : await this.#claimAlone(request);
    } finally {
      this.#asking.delete(id);
    }
  }

  async extend(id: string, reserve: Reserve & { readonly nowMs: number }): Promise<ClaimOutcome> {
    const claim = this.#open.get(id);
    if (claim === undefined) throw new RangeError('a claim that is not open cannot be extended');
    const words = [id, ...inTwo(reserve.hold), ...inTwo(reserve.exposure)];
    for (let round = 0; this.isUp && round < MOST_ROUNDS; round += 1) {
      const answer = await this.#membership.run('extend', words).catch(() => undefined);
      switch (answer?.[0]) {
        case 'granted': {
          claim.hold = reserve.hold;
          claim.exposure = reserve.exposure;
          const granted = readGrant(answer, claim.accounts);
          this.#known.remember(claim.accounts, granted.remaining, this.#clock.monotonicMs());
          return granted;
        }
        case 'refused':
          return { kind: 'refused', refusal: readRefusal(answer, claim.accounts, [reserve], reserve.nowMs) };
        case 'gone':
          if (!(await this.#succeeds(this.#register(claim)))) round = MOST_ROUNDS;
          break;
        case 'unknown':
          if (!(await this.#succeeds(this.#seeds.bring(readUnknown(answer))))) round = MOST_ROUNDS;
          break;
        default:
          round = MOST_ROUNDS;
      }
    }
    const outcome = this.#outage().extend(claim, reserve, reserve.nowMs);
    if (outcome.kind === 'granted') {
      claim.hold = reserve.hold;
      claim.exposure = reserve.exposure;
    }
    // What Redis made of it is unknown: it is told what is true here.
    claim.session = 0;
    if (this.isUp) await this.#succeeds(this.#register(claim));
    return outcome;
  }

  settle(settlement: Settlement): void | Promise<void> {
    const claim = this.#open.get(settlement.id);
    return this.#end(claim, settlement.cost, settling(settlement, claim?.words));
  }

  cancel(id: string, nowMs: number): void | Promise<void> {
    const claim = this.#open.get(id);
    return this.#end(claim, 0n, cancelling(id, nowMs, claim?.words));
  }

  async read(
    account: string,
    limits: readonly Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>[],
  ): Promise<MoneyState[]> {
    const states = (await this.#readInRedis(account, limits)) ?? limits.map(() => undefined);
    return Promise.all(
      limits.map(async (limit, index) => {
        const state = states[index] ?? this.#outage().state(account, limit.window);
        return state ?? { spent: await this.#options.seed(account, limit), held: 0n, exposed: 0n };
      }),
    );
  }

  async correct(account: string, window: string, spent: PicoUsd): Promise<void> {
    await this.#tell(correcting(account, window, spent));
  }

  async close(): Promise<void> {
    if (this.isUp)
      await Promise.race([Promise.all(this.#backlog.waiting().map(({ told }) => told.promise)), pause(LAST_MS)]);
    this.#isClosed = true;
    await this.#membership.close();
    for (const telling of this.#backlog.waiting()) telling.told.resolve();
  }

  async #readInRedis(
    account: string,
    limits: readonly Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>[],
  ): Promise<readonly MoneyState[] | undefined> {
    const words = limits.flatMap(({ window }) => [account, window]);
    for (let round = 0; this.isUp && round < MOST_ROUNDS; round += 1) {
      const answer = await this.#membership.run('read', words).catch(() => undefined);
      if (answer === undefined) return undefined;
      const states = answer.slice(2).map((state) => readState(state as Answer));
      const unknown = limits.filter((_, index) => states[index]?.isKnown === false);
      if (unknown.length === 0) return states.map(({ spent, held, exposed }) => ({ spent, held, exposed }));
      if (!(await this.#succeeds(this.#seeds.bring(unknown.map((limit) => ({ ...limit, account })))))) return undefined;
    }
    return undefined;
  }

  async #claimInRedis(request: ClaimRequest): Promise<ClaimOutcome> {
    const { id, accounts, amounts, nowMs, note = '' } = request;
    const words = writeAccounts(accounts, nowMs);
    const { news } = this.#membership;
    for (let round = 0; this.isUp && round < MOST_ROUNDS; round += 1) {
      const { session } = this.#membership;
      let answer: Answer;
      try {
        answer = await this.#membership.run('claim', [news.heard, id, ...writeAmounts(amounts, note), ...words]);
      } catch {
        return this.#claimUnsure(request, words);
      }
      switch (answer[0]) {
        case 'granted': {
          const granted = readGrant(answer, accounts);
          this.#keep(request, words, granted, undefined, session);
          this.#known.remember(accounts, granted.remaining, this.#clock.monotonicMs());
          return granted;
        }
        case 'refused':
          return { kind: 'refused', refusal: readRefusal(answer, accounts, reservesOf(amounts), nowMs) };
        case 'stale':
          news.catchUp(String(answer[1]), answer.slice(2).map(String));
          return { kind: 'refused', refusal: STALE };
        case 'duplicate':
          throw new RangeError('a claim with this id is open already');
        case 'unknown':
          if (!(await this.#succeeds(this.#seeds.bring(readUnknown(answer))))) return this.#claimAlone(request);
          break;
        default:
          return this.#claimAlone(request);
      }
    }
    return this.#claimAlone(request);
  }

  /** Whether Redis carried it out is unknown: it is told afterwards, by id, what became of it. */
  async #claimUnsure(request: ClaimRequest, words: readonly string[]): Promise<ClaimOutcome> {
    const outcome = await this.#claimAlone(request);
    if (outcome.kind !== 'granted') {
      const undo = cancelling(request.id, request.nowMs, words);
      void this.#tell(undo);
    }
    return outcome;
  }

  async #claimAlone(request: ClaimRequest): Promise<ClaimOutcome> {
    const outage = this.#outage();
    const outcome = await outage.claim(request.accounts, request.amounts, request.nowMs);
    if (outcome.kind !== 'granted') return outcome;
    const claim = this.#keep(request, writeAccounts(request.accounts, request.nowMs), outcome, outage, 0);
    if (this.isUp) await this.#succeeds(this.#register(claim));
    return outcome;
  }

  #keep(
    request: ClaimRequest,
    words: readonly string[],
    { hold, exposure }: Reserve,
    outage: AwayClaims | undefined,
    session: number,
  ): OpenClaim {
    const { id, accounts, amounts, note = '' } = request;
    const tokens = [String(amounts.inputTokens), String(amounts.outputTokens)];
    const startedAtMs = this.#clock.monotonicMs();
    const claim = { id, accounts, words, tokens, note, hold, exposure, startedAtMs, outage, session, isGivenUp: false };
    this.#open.set(id, claim);
    return claim;
  }

  #end(claim: OpenClaim | undefined, cost: PicoUsd, telling: Telling): Promise<void> {
    if (claim !== undefined) {
      this.#open.delete(claim.id);
      this.#away?.end(claim, cost, claim.outage === this.#away);
    }
    // An earlier ending of this claim waits still: it is the one that counts.
    if (claim === undefined && this.#backlog.has(telling.key)) return Promise.resolve();
    return this.#tell(telling);
  }

  #tell(telling: Telling): Promise<void> {
    this.#backlog.add(telling);
    if (this.isUp) void this.#deliver(telling);
    // While an entry goes on the caller waits with us, so that its row does not reach the ledger in between.
    else if (!this.#membership.isUp) this.#backlog.keep(telling);
    return telling.told.promise;
  }

  /** Tells Redis one thing. It stays in the backlog where that cannot be done now. Never rejects. */
  async #deliver(telling: Telling): Promise<void> {
    if (telling.isUnderWay) return;
    telling.isUnderWay = true;
    try {
      let kind: string = telling.kind;
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const isCorrection = telling.kind === 'correct';
        const words = isCorrection ? telling.words : [telling.key, kind, ...telling.words];
        const answer = await this.#membership.run(isCorrection ? 'correct' : 'end', words);
        if (answer[0] === 'done') {
          this.#backlog.confirm(telling);
          return;
        }
        if (answer[0] !== 'unknown') break;
        if (telling.isKept) {
          // The ledger may have it already. Now it certainly has, and so will the seed.
          await this.#options.onEmptied?.();
          kind = 'booked';
        } else await this.#seeds.bring(readUnknown(answer));
      }
    } catch {
      // Redis or the ledger is away: told again with the next entry or beat.
    } finally {
      telling.isUnderWay = false;
    }
    this.#backlog.keep(telling);
  }

  /** After each entry: what Redis lost or never heard, and only then it decides again. */
  async #tellAll({ isOtherEpoch, wasGivenUp }: Entry): Promise<void> {
    const { session } = this.#membership;
    const isCurrent = (): boolean => this.#membership.isUp && this.#membership.session === session && !this.#isClosed;
    if (wasGivenUp) for (const claim of this.#open.values()) claim.isGivenUp ||= claim.outage === undefined;
    try {
      if (isOtherEpoch) {
        const before = this.#backlog.waiting();
        await this.#emptyToLedger(isCurrent);
        this.#backlog.drop(before);
      } else this.#backlog.repeatConfirmed();
      await this.#registerAll(session);
      while (isCurrent() && (await this.#membership.ready()) === 'closed') await pause(GATE_PAUSE_MS);
      const tried = new Set<Telling>();
      while (isCurrent()) {
        await this.#registerAll(session);
        const waiting = this.#backlog.waiting().filter((telling) => !tried.has(telling));
        const late = [...this.#open.values()].some((claim) => claim.session !== session);
        if (waiting.length === 0 && !late) break;
        for (const chunk of chunksOf(waiting)) {
          for (const telling of chunk) tried.add(telling);
          await Promise.all(chunk.map((telling) => this.#deliver(telling)));
        }
      }
      if (!isCurrent()) return;
      this.#sharedSession = session;
      this.#away = undefined;
    } catch {
      // The next entry begins anew.
    } finally {
      if (!this.isUp) for (const telling of this.#backlog.waiting()) this.#backlog.keep(telling);
    }
  }

  async #emptyToLedger(isCurrent: () => boolean): Promise<void> {
    while (isCurrent()) {
      if (await this.#succeeds(this.#options.onEmptied?.() ?? Promise.resolve())) return;
      await pause(LEDGER_PAUSE_MS);
    }
    throw new Error('Redis left before the ledger was up');
  }

  async #registerAll(session: number): Promise<void> {
    const missing = [...this.#open.values()].filter((claim) => claim.session !== session);
    for (const chunk of chunksOf(missing)) await Promise.all(chunk.map((claim) => this.#register(claim)));
  }

  async #register(claim: OpenClaim): Promise<void> {
    const { session } = this.#membership;
    const ageSeconds = Math.floor((this.#clock.monotonicMs() - claim.startedAtMs) / 1_000);
    const answer = await this.#membership.run('register', [
      claim.id,
      claim.isGivenUp ? '1' : '',
      ...inTwo(claim.hold),
      ...inTwo(claim.exposure),
      String(ageSeconds),
      ...claim.tokens,
      claim.note,
      ...claim.words,
    ]);
    if (answer[0] === 'orphan') claim.isGivenUp = true;
    claim.session = session;
  }

  async #hearBeat({ dead, orphans }: Found): Promise<void> {
    this.#backlog.sweep();
    if (!this.isUp) return;
    for (const telling of this.#backlog.waiting()) if (telling.isKept) void this.#deliver(telling);
    try {
      await this.#book(orphans);
      for (const instance of dead) await this.#reap(instance);
    } catch {
      // Redis or the ledger is away; another beat, or another instance, goes on.
    }
  }

  async #reap(instance: string): Promise<void> {
    const { leaseMs } = this.#options.times ?? MEMBERSHIP_TIMES;
    for (let left = 1; left > 0; ) {
      const answer = await this.#membership.run('reap', [instance, String(leaseMs)]);
      if (answer[0] === 'unknown') await this.#seeds.bring(readUnknown(answer));
      else if (answer[0] !== 'reaped') return;
      else {
        await this.#book(orphansIn(answer, 3));
        left = numberIn(answer, 2);
      }
    }
  }

  async #book(orphans: readonly OrphanedClaim[]): Promise<void> {
    const booked: string[] = [];
    for (const orphan of orphans) {
      if (await this.#succeeds(Promise.resolve(orphan).then((one) => this.#options.onOrphan?.(one))))
        booked.push(orphan.id);
    }
    if (booked.length > 0) await this.#membership.run('booked', booked);
  }

  #outage(): AwayClaims {
    this.#away ??= new AwayClaims({
      known: this.#known,
      seed: this.#options.seed,
      instances: this.#membership.instances,
      nowMs: () => this.#clock.monotonicMs(),
      openOn: (account) => this.#openOn(account),
    });
    return this.#away;
  }

  #openOn(account: string): number {
    let open = 0;
    const isOn = ({ id }: ClaimAccount): boolean => id === account;
    for (const claim of this.#open.values()) if (claim.accounts.some(isOn)) open += 1;
    return open;
  }

  async #succeeds(work: Promise<unknown>): Promise<boolean> {
    return work.then(
      () => true,
      () => false,
    );
  }
}

function* chunksOf<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += CHUNK) yield items.slice(at, at + CHUNK);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
