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
  Refusal,
  Reserve,
  Seed,
  Settlement,
} from '../contracts/claims.ts';
import type { InvalidationBus } from '../contracts/invalidation-bus.ts';
import { reservesOf } from '../limits/budget.ts';
import { Backlog, cancellationUpdate, correctionUpdate, settlementUpdate, type Update } from './claims-backlog.ts';
import { Delivery, type OpenClaim } from './claims-delivery.ts';
import { LastKnown } from './claims-last-known.ts';
import { Marks } from './claims-marks.ts';
import { type BookOrphan, Orphans } from './claims-orphans.ts';
import { OutageClaims } from './claims-outage.ts';
import { Seeds } from './claims-seeds.ts';
import {
  type Answer,
  inTwo,
  numberIn,
  readGrant,
  readRefusal,
  readState,
  readUnknown,
  writeAccounts,
  writeAmounts,
} from './claims-wire.ts';
import { Hiccup } from './hiccup.ts';
import type { RedisAddress, RedisStatus } from './link.ts';
import { type Found, MEMBERSHIP_TIMES, Membership, type MembershipTimes } from './membership.ts';
import { pause, succeeds } from './waiting.ts';

/** What claims in Redis are made with. */
export interface RedisClaimsOptions {
  readonly address: RedisAddress;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly seed: Seed;
  /** Flushes everything that is settled to the ledger; called before counters are seeded again. */
  readonly onEmptied?: () => Promise<void>;
  /** Books a claim whose instance died, and says at what. Repeated if this rejects, or if we die before it resolves. */
  readonly onOrphan?: BookOrphan;
  /** Called if Redis becomes unavailable, and when it is back. */
  readonly onStatus: (status: RedisStatus) => void;
  /** Called once if Redis is not set up for counting. */
  readonly onWarning?: (message: string) => void;
  /** Called if Redis may drop counters, and is not used then; absent: it is used, with a warning. */
  readonly onEvicting?: (why: string) => void;
  /** The prefix of all keys; `sluice` by default. */
  readonly namespace?: string;
  readonly times?: MembershipTimes;
  /** Milliseconds that rates use instead of the clock of Redis; for tests. */
  readonly rateClockMs?: () => number;
}

const STALE: Refusal = {
  account: '',
  limit: 'requests',
  max: 0n,
  ...{ used: 0n, held: 0n, retryAfterMs: 0 },
  isTemporary: true,
  isStale: true,
};
const MOST_ROUNDS = 5;
/** How long closing waits for updates that are under way. */
const LAST_MS = 500;

/** Claims by scripts in Redis; while Redis is unavailable, by an equal share of what was left. */
export class RedisClaims implements Claims {
  readonly #options: RedisClaimsOptions;
  readonly #clock: Clock;
  readonly #membership: Membership;
  readonly #seeds: Seeds;
  readonly #known = new LastKnown();
  readonly #backlog: Backlog;
  readonly #open = new Map<string, OpenClaim>();
  readonly #asking = new Set<string>();
  readonly #delivery: Delivery;
  readonly #orphans: Orphans;
  #outageClaims: OutageClaims | undefined;
  readonly #hiccup: Hiccup;
  readonly #marks: Marks;
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
      ...{ clockMs: rateClockMs, onStatus: options.onStatus },
      ...{ onWarning: options.onWarning ?? (() => undefined), onEvicting: options.onEvicting },
      onEntry: (entry) => void this.#delivery.enter(entry),
      onBeat: (found) => void this.#hearBeat(found),
    });
    this.#seeds = new Seeds(this.#membership, seed, clock);
    this.#delivery = new Delivery({
      membership: this.#membership,
      seeds: this.#seeds,
      backlog: this.#backlog,
      open: this.#open,
      clock,
      onEmptied: options.onEmptied ?? (async () => undefined),
      onShared: () => {
        this.#outageClaims = undefined;
      },
    });
    const book = options.onOrphan ?? (({ hold }) => hold);
    this.#hiccup = new Hiccup(clock, () => this.isUp || this.#isClosed);
    this.#marks = new Marks(this.#membership, this.#open, clock);
    this.#orphans = new Orphans(this.#membership, this.#seeds, times.leaseMs, book);
  }

  get isUp(): boolean {
    return this.#delivery.isUp;
  }

  get open(): number {
    return this.#open.size;
  }

  /** How many updates Redis has not confirmed. */
  get undelivered(): number {
    return this.#backlog.size;
  }

  /** How many instances there are, as far as this one knows. */
  get instances(): number {
    return this.#membership.instances;
  }

  get invalidations(): InvalidationBus {
    return this.#membership.invalidations;
  }

  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    const { id } = request;
    if (this.#open.has(id) || this.#asking.has(id)) throw new RangeError('a claim with this id is open already');
    this.#asking.add(id);
    try {
      if (!this.isUp && needsRedis(request)) await this.#hiccup.wait();
      return this.isUp ? await this.#claimInRedis(request) : await this.#claimLocally(request);
    } finally {
      this.#asking.delete(id);
      if (this.isUp) this.#hiccup.end();
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
          claim.hasGrown = true;
          const granted = readGrant(answer, claim.accounts);
          this.#known.remember(claim.accounts, granted.remaining, this.#clock.monotonicMs());
          return granted;
        }
        case 'refused':
          return { kind: 'refused', refusal: readRefusal(answer, claim.accounts, [reserve], reserve.nowMs) };
        case 'gone':
          if (!(await succeeds(this.#delivery.register(claim)))) round = MOST_ROUNDS;
          break;
        case 'unknown':
          if (!(await succeeds(this.#seeds.bring(readUnknown(answer))))) round = MOST_ROUNDS;
          break;
        default:
          round = MOST_ROUNDS;
      }
    }
    const outcome = this.#outage().extend(claim, reserve, reserve.nowMs);
    if (outcome.kind === 'granted') {
      claim.hold = reserve.hold;
      claim.exposure = reserve.exposure;
      claim.hasGrown = true;
    }
    // Whether Redis carried it out is unknown: it gets the state that is true here.
    claim.session = 0;
    if (this.isUp) await succeeds(this.#delivery.register(claim));
    return outcome;
  }

  sent(id: string): void {
    this.#marks.sent(id);
  }

  aboutToSend(id: string): Promise<void> | undefined {
    return this.#marks.aboutToSend(id);
  }

  settle(settlement: Settlement): void | Promise<void> {
    const claim = this.#open.get(settlement.id);
    return this.#end(claim, settlement.cost, settlementUpdate(settlement, claim?.words));
  }

  async leave(id: string): Promise<void> {
    const claim = this.#open.get(id);
    if (!this.isUp || claim === undefined || claim.outage !== undefined) return;
    if (!claim.accounts.some(({ parallelRequests }) => parallelRequests !== undefined)) return;
    await succeeds(this.#membership.run('free', [id]));
  }

  async grantFree(counter: string, { count, limit, periodMs }: Parameters<Claims['grantFree']>[1]) {
    if (!this.isUp) return undefined;
    const words = [counter, count, limit, periodMs].map(String);
    const answer = await this.#membership.run('grant', words).catch(() => undefined);
    return answer && { count: numberIn(answer, 2), endsInMs: numberIn(answer, 3) };
  }

  cancel(id: string, nowMs: number): void | Promise<void> {
    const claim = this.#open.get(id);
    return this.#end(claim, 0n, cancellationUpdate(id, nowMs, claim?.words));
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
    await this.#delivery.send(correctionUpdate(account, window, spent));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#marks.stop();
    if (this.isUp) await Promise.race([this.#backlog.allReleased(), pause(LAST_MS)]);
    this.#delivery.stop();
    await this.#membership.close();
    for (const update of this.#backlog.waiting()) update.released.resolve();
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
      if (!(await succeeds(this.#seeds.bring(unknown.map((limit) => ({ ...limit, account })))))) return undefined;
    }
    return undefined;
  }

  async #claimInRedis(request: ClaimRequest): Promise<ClaimOutcome> {
    const { id, accounts, amounts, nowMs, note = '' } = request;
    const words = writeAccounts(accounts, nowMs);
    const { invalidations } = this.#membership;
    for (let round = 0; this.isUp && round < MOST_ROUNDS; round += 1) {
      const { session } = this.#membership;
      let answer: Answer;
      try {
        answer = await this.#membership.run('claim', [
          invalidations.heard,
          id,
          ...writeAmounts(amounts, note),
          ...words,
        ]);
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
          invalidations.catchUp(String(answer[1]), answer.slice(2).map(String));
          return { kind: 'refused', refusal: STALE };
        case 'duplicate':
          throw new RangeError('a claim with this id is open already');
        case 'unknown':
          if (!(await succeeds(this.#seeds.bring(readUnknown(answer))))) return this.#claimLocally(request);
          break;
        default:
          return this.#claimLocally(request);
      }
    }
    if (!this.isUp && needsRedis(request)) {
      await this.#hiccup.wait();
      if (this.isUp) return this.#claimInRedis(request);
    }
    return this.#claimLocally(request);
  }

  /** Whether Redis carried it out is unknown: it gets the outcome later, by the claim's id. */
  async #claimUnsure(request: ClaimRequest, words: readonly string[]): Promise<ClaimOutcome> {
    const outcome = await this.#claimLocally(request);
    if (outcome.kind !== 'granted') {
      const undo = cancellationUpdate(request.id, request.nowMs, words);
      void this.#delivery.send(undo);
    }
    return outcome;
  }

  async #claimLocally(request: ClaimRequest): Promise<ClaimOutcome> {
    const outage = this.#outage();
    const outcome = await outage.claim(request.accounts, request.amounts, request.nowMs);
    if (outcome.kind !== 'granted') return outcome;
    const claim = this.#keep(request, writeAccounts(request.accounts, request.nowMs), outcome, outage, 0);
    if (this.isUp) await succeeds(this.#delivery.register(claim));
    return outcome;
  }

  #keep(
    request: ClaimRequest,
    words: readonly string[],
    { hold, exposure }: Reserve,
    outage: OutageClaims | undefined,
    session: number,
  ): OpenClaim {
    const { id, accounts, amounts, note = '' } = request;
    const tokens = [String(amounts.inputTokens), String(amounts.outputTokens)];
    const startedAtMs = this.#clock.monotonicMs();
    const claim: OpenClaim = {
      ...{ id, accounts, words, tokens, note, hold, exposure, startedAtMs, outage, session },
      ...{ isGivenUp: false, sentAtMs: undefined, hasGrown: false },
    };
    this.#open.set(id, claim);
    return claim;
  }

  #end(claim: OpenClaim | undefined, cost: PicoUsd, update: Update): Promise<void> {
    if (claim !== undefined) {
      this.#open.delete(claim.id);
      this.#outageClaims?.end(claim, cost, claim.outage === this.#outageClaims);
    }
    // If an earlier ending of this claim still waits, that one counts.
    if (claim === undefined && this.#backlog.has(update.key)) return Promise.resolve();
    return this.#delivery.send(update);
  }

  async #hearBeat(found: Found): Promise<void> {
    this.#backlog.sweep();
    if (!this.isUp) return;
    this.#delivery.retry();
    await this.#orphans.see(found);
  }

  #outage(): OutageClaims {
    this.#outageClaims ??= new OutageClaims({
      known: this.#known,
      seed: this.#options.seed,
      instances: this.#membership.instances,
      nowMs: () => this.#clock.monotonicMs(),
      openOn: (account) => this.#openOn(account),
    });
    return this.#outageClaims;
  }

  #openOn(account: string): number {
    let open = 0;
    const isOn = ({ id }: ClaimAccount): boolean => id === account;
    for (const claim of this.#open.values()) if (claim.accounts.some(isOn)) open += 1;
    return open;
  }
}

/** Whether a budget would be divided among instances if Redis were unavailable, or the request refused. */
function needsRedis({ accounts }: ClaimRequest): boolean {
  return accounts.some(
    ({ money, whenAway = 'share' }) => whenAway === 'closed' || (money.length > 0 && whenAway === 'share'),
  );
}
