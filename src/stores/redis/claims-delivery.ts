/** Brings to Redis what it has to know of this instance's claims, and says when it knows all of it. */
import type { Clock } from '../../core/clock.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { Backlog, Update } from './claims-backlog.ts';
import type { OutageClaims, ReservedClaim } from './claims-outage.ts';
import type { Seeds } from './claims-seeds.ts';
import { inTwo, readUnknown } from './claims-wire.ts';
import type { Entry, Membership } from './membership.ts';
import { pause, succeeds } from './waiting.ts';

/** An open claim of this instance. */
export interface OpenClaim extends ReservedClaim {
  readonly id: string;
  readonly words: readonly string[];
  readonly tokens: readonly string[];
  readonly note: string;
  readonly startedAtMs: number;
  hold: PicoUsd;
  exposure: PicoUsd;
  /** The outage in which it was granted here; undefined: Redis granted it. */
  readonly outage: OutageClaims | undefined;
  /** The entry since which Redis has it as it is here. */
  session: number;
  isGivenUp: boolean;
}

/** What delivery works with. */
export interface DeliveryParts {
  readonly membership: Membership;
  readonly seeds: Seeds;
  readonly backlog: Backlog;
  readonly open: ReadonlyMap<string, OpenClaim>;
  readonly clock: Clock;
  readonly onEmptied: () => Promise<void>;
  /** Redis knows everything: from now on it decides. */
  readonly onShared: () => void;
}

const MOST_ROUNDS = 5;
const CHUNK = 100;
const GATE_PAUSE_MS = 50;
const LEDGER_PAUSE_MS = 500;

/** Tells, and tells again until it is confirmed. */
export class Delivery {
  readonly #parts: DeliveryParts;
  /** The entry in which Redis was told everything: only then it decides. */
  #sharedSession = 0;
  #isClosed = false;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#parts.membership.isUp && this.#sharedSession === this.#parts.membership.session;
  }

  stop(): void {
    this.#isClosed = true;
  }

  /** Tells again what could not be told. */
  retry(): void {
    for (const update of this.#parts.backlog.waiting()) if (update.isKept) void this.#deliver(update);
  }

  /** Tells Redis one thing now or later. Resolves when it is told or kept; never rejects. */
  send(update: Update): Promise<void> {
    this.#parts.backlog.add(update);
    if (this.isUp) void this.#deliver(update);
    // While an entry goes on the caller waits with us, so that its row does not reach the ledger in between.
    else if (!this.#parts.membership.isUp) this.#parts.backlog.keep(update);
    return update.released.promise;
  }

  /** Tells Redis one thing. It stays in the backlog where that cannot be done now. Never rejects. */
  async #deliver(update: Update): Promise<void> {
    if (update.isUnderWay) return;
    update.isUnderWay = true;
    try {
      let kind: string = update.kind;
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const isCorrection = update.kind === 'correct';
        const words = isCorrection ? update.words : [update.key, kind, ...update.words];
        const answer = await this.#parts.membership.run(isCorrection ? 'correct' : 'end', words);
        if (answer[0] === 'done') {
          this.#parts.backlog.confirm(update);
          return;
        }
        if (answer[0] !== 'unknown') break;
        if (update.isKept) {
          // The ledger may have it already. Now it certainly has, and so will the seed.
          await this.#parts.onEmptied();
          kind = 'booked';
        } else await this.#parts.seeds.bring(readUnknown(answer));
      }
    } catch {
      // Redis or the ledger is away: told again with the next entry or beat.
    } finally {
      update.isUnderWay = false;
    }
    this.#parts.backlog.keep(update);
  }

  /** After each entry: what Redis lost or never heard, and only then it decides again. */
  async enter({ isOtherEpoch, wasGivenUp }: Entry): Promise<void> {
    const { session } = this.#parts.membership;
    const isCurrent = (): boolean =>
      this.#parts.membership.isUp && this.#parts.membership.session === session && !this.#isClosed;
    if (wasGivenUp) for (const claim of this.#parts.open.values()) claim.isGivenUp ||= claim.outage === undefined;
    try {
      if (isOtherEpoch) {
        const before = this.#parts.backlog.waiting();
        await this.#emptyToLedger(isCurrent);
        this.#parts.backlog.drop(before);
      } else this.#parts.backlog.repeatConfirmed();
      await this.#registerAll(session);
      while (isCurrent() && (await this.#parts.membership.ready()) === 'closed') await pause(GATE_PAUSE_MS);
      const tried = new Set<Update>();
      while (isCurrent()) {
        await this.#registerAll(session);
        const waiting = this.#parts.backlog.waiting().filter((update) => !tried.has(update));
        const late = [...this.#parts.open.values()].some((claim) => claim.session !== session);
        if (waiting.length === 0 && !late) break;
        for (const chunk of chunksOf(waiting)) {
          for (const update of chunk) tried.add(update);
          await Promise.all(chunk.map((update) => this.#deliver(update)));
        }
      }
      if (!isCurrent()) return;
      this.#sharedSession = session;
      this.#parts.onShared();
    } catch {
      // The next entry begins anew.
    } finally {
      if (!this.isUp) for (const update of this.#parts.backlog.waiting()) this.#parts.backlog.keep(update);
    }
  }

  async #emptyToLedger(isCurrent: () => boolean): Promise<void> {
    while (isCurrent()) {
      if (await succeeds(this.#parts.onEmptied())) return;
      await pause(LEDGER_PAUSE_MS);
    }
    throw new Error('Redis left before the ledger was up');
  }

  async #registerAll(session: number): Promise<void> {
    const missing = [...this.#parts.open.values()].filter((claim) => claim.session !== session);
    for (const chunk of chunksOf(missing)) await Promise.all(chunk.map((claim) => this.register(claim)));
  }

  /** Makes Redis know a claim as it is here. */
  async register(claim: OpenClaim): Promise<void> {
    const { session } = this.#parts.membership;
    const ageSeconds = Math.floor((this.#parts.clock.monotonicMs() - claim.startedAtMs) / 1_000);
    const answer = await this.#parts.membership.run('register', [
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
}

function* chunksOf<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += CHUNK) yield items.slice(at, at + CHUNK);
}
