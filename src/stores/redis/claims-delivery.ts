/** Delivers updates of this instance's claims to Redis, and knows when Redis has all of them. */
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
  /** When a provider got it. */
  sentAtMs: number | undefined;
  /** What it reserves has changed. */
  hasGrown: boolean;
  hold: PicoUsd;
  exposure: PicoUsd;
  /** The outage during which this instance granted it; undefined: Redis granted it. */
  readonly outage: OutageClaims | undefined;
  /** The session since which Redis has its present state. */
  session: number;
  isGivenUp: boolean;
}

/** What a delivery needs. */
interface DeliveryParts {
  readonly membership: Membership;
  readonly seeds: Seeds;
  readonly backlog: Backlog;
  readonly open: ReadonlyMap<string, OpenClaim>;
  readonly clock: Clock;
  readonly onEmptied: () => Promise<void>;
  /** Redis has everything: from now on it decides. */
  readonly onShared: () => void;
}

const MOST_ROUNDS = 5;
const CHUNK = 100;
const GATE_PAUSE_MS = 50;
const LEDGER_PAUSE_MS = 500;

/** Sends updates, and repeats them until they are confirmed. */
export class Delivery {
  readonly #parts: DeliveryParts;
  /** The session in which Redis got everything: only then it decides. */
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

  /** Sends again what could not be sent. */
  retry(): void {
    for (const update of this.#parts.backlog.waiting()) if (update.isKept) void this.#deliver(update);
  }

  /** Sends an update now or later. Resolves when it is confirmed or kept; never rejects. */
  send(update: Update): Promise<void> {
    this.#parts.backlog.add(update);
    if (this.isUp) void this.#deliver(update);
    // While a session begins the caller waits, so that its row does not reach the ledger in between.
    else if (!this.#parts.membership.isUp) this.#parts.backlog.keep(update);
    return update.released.promise;
  }

  /** Sends an update. It stays in the backlog if that is impossible now. Never rejects. */
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
          // The ledger may have it already. After this it has it for certain, and so will the seed.
          await this.#parts.onEmptied();
          kind = 'booked';
        } else await this.#parts.seeds.bring(readUnknown(answer));
      }
    } catch {
      // Redis or the ledger is unavailable: the next session or beat sends it again.
    } finally {
      update.isUnderWay = false;
    }
    this.#parts.backlog.keep(update);
  }

  /** Called at the begin of each session: sends what Redis lost or never got. Only then Redis decides again. */
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
      // The next session tries again.
    } finally {
      if (!this.isUp) for (const update of this.#parts.backlog.waiting()) this.#parts.backlog.keep(update);
    }
  }

  async #emptyToLedger(isCurrent: () => boolean): Promise<void> {
    while (isCurrent()) {
      if (await succeeds(this.#parts.onEmptied())) return;
      await pause(LEDGER_PAUSE_MS);
    }
    throw new Error('The connection to Redis was lost before the ledger was available');
  }

  async #registerAll(session: number): Promise<void> {
    const missing = [...this.#parts.open.values()].filter((claim) => claim.session !== session);
    for (const chunk of chunksOf(missing)) await Promise.all(chunk.map((claim) => this.register(claim)));
  }

  /** Gives Redis the present state of a claim. */
  async register(claim: OpenClaim): Promise<void> {
    const { session } = this.#parts.membership;
    const nowMs = this.#parts.clock.monotonicMs();
    const ageSeconds = Math.floor((nowMs - claim.startedAtMs) / 1_000);
    const answer = await this.#parts.membership.run('register', [
      claim.id,
      claim.isGivenUp ? '1' : '',
      ...inTwo(claim.hold),
      ...inTwo(claim.exposure),
      String(ageSeconds),
      claim.sentAtMs === undefined ? '' : String(Math.round(nowMs - claim.sentAtMs)),
      claim.hasGrown ? '1' : '',
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
