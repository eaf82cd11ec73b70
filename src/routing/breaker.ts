import type { Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { BreakerChange, BreakerShare, BreakerState } from '../stores/contracts/shared-routing.ts';
import type { AttemptFailure } from './contracts.ts';
import {
  believedRetryAfterMs,
  type CooldownSettings,
  cooldownMs,
  countsAgainstDeployment,
  DeploymentRecord,
  type FailureFacts,
} from './cooldown-policy.ts';

/** Whether a deployment may be tried now; `probe` claims the one probe of a deployment that was open. */
type MayTry = 'yes' | 'probe' | 'no';

/** The router's settings for all breakers. */
export interface BreakerSettings extends CooldownSettings {
  readonly disableCooldowns?: boolean;
}

/** A breaker opened or closed; with the failure that opened it, if that happened in this process. */
export interface BreakerTurn {
  readonly state: 'open' | 'closed';
  readonly failure?: ErrorCode;
}

/** What breakers need from outside: time, randomness, the settings, and what they share with other instances. */
interface BreakersOptions {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly settings?: BreakerSettings;
  readonly share?: BreakerShare;
  /** Hears of every breaker that opens, also again after a failed probe, or closes. */
  readonly onTurn?: (id: string, turn: BreakerTurn) => void;
}

/** Ids come from the config, so this only bounds what a broken peer could publish. */
const MOST_BREAKERS = 20_000;
/** Another instance has the probe: ask the shared store again no sooner than this. */
const ASK_AGAIN_MS = 250;
/** How soon to ask again while the shared store decides who probes. */
const ANSWER_IS_NEAR_MS = 20;
/** A probe under way may answer at any moment; clients that come back after this find out. */
const PROBE_ANSWERS_WITHIN_MS = 1_000;
/**
 * A probe is given at least this long before the next one; each that stays unanswered doubles it, up to the longest.
 */
const LEAST_PROBE_MS = 5_000;
const LONGEST_PROBE_MS = 60_000;
/** A deployment that fails again this soon after closing has not recovered: its cooldown goes on doubling. */
const RELAPSE_MS = 30_000;

/** For an instance without a shared store: its own state already keeps probes apart. */
const ALONE: BreakerShare = {
  publish: () => undefined,
  onChange: () => undefined,
  takeProbe: () => true,
  releaseProbe: () => undefined,
};

const LEAST_SHARE = 0.05;
const SHARE_AFTER_PROBE = 0.1;
const SHARE_STEP = 0.05;
const SHARE_CUT = 0.5;
/** A share also grows by itself: a deployment that gets no traffic could never earn its share back. */
const SHARE_GROWTH_PER_MS = 0.02 / 1_000;

interface Breaker {
  state: BreakerState;
  openUntilMs: number;
  /** The cooldown that is running or ran last, which is also the interval of its probes. */
  intervalMs: number;
  probeUntilMs: number;
  /** The shared store granted a probe that no request has taken yet. */
  isGranted: boolean;
  isAsking: boolean;
  askAgainMs: number;
  outageSinceMs: number;
  closedMs: number;
  reopenings: number;
  share: number;
  shareAtMs: number;
  lastFailure: ErrorCode | undefined;
  readonly record: DeploymentRecord;
}

/**
 * The circuit breakers of all deployments. Closed: tried freely. Open: not tried until its cooldown is over. Half-open:
 * one request per interval probes it; a success closes it, a failure opens it again for longer. A deployment that is
 * degraded rather than dead keeps a share of its traffic, halved by each failure and regained step by step.
 */
export class Breakers {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #share: BreakerShare;
  readonly #onTurn: (id: string, turn: BreakerTurn) => void;
  #settings: BreakerSettings;
  readonly #breakers = new Map<string, Breaker>();

  constructor({ clock, random, settings = {}, share = ALONE, onTurn = () => undefined }: BreakersOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#share = share;
    this.#onTurn = onTurn;
    share.onChange((id, news) => this.#learn(id, news));
  }

  /** Takes new settings after a reload; what is known of deployments stays. */
  configure(settings: BreakerSettings): void {
    this.#settings = settings;
    if (settings.disableCooldowns !== true) return;
    for (const [id, breaker] of this.#breakers) {
      if (breaker.state === 'closed') continue;
      breaker.state = 'closed';
      this.#onTurn(id, { state: 'closed' });
    }
  }

  stateOf(id: string): BreakerState {
    return this.#breakers.get(id)?.state ?? 'closed';
  }

  /** The last failure that counted against the deployment; undefined if it had none. */
  lastFailureOf(id: string): ErrorCode | undefined {
    return this.#breakers.get(id)?.lastFailure;
  }

  /** How long until the deployment may be tried again: 0 when it may be now, if only by a probe. */
  retryAfterMs(id: string): number {
    const breaker = this.#breakers.get(id);
    if (breaker === undefined || breaker.state === 'closed') return 0;
    const nowMs = this.#clock.monotonicMs();
    if (breaker.state === 'half-open') {
      return Math.min(Math.max(0, breaker.probeUntilMs - nowMs), PROBE_ANSWERS_WITHIN_MS);
    }
    if (nowMs < breaker.openUntilMs) return breaker.openUntilMs - nowMs;
    if (breaker.isGranted) return 0;
    return breaker.isAsking ? ANSWER_IS_NEAR_MS : Math.max(0, breaker.askAgainMs - nowMs);
  }

  /** Whether the cooldown is over and the next request may go as its probe. Claims nothing. */
  isProbeDue(id: string): boolean {
    return this.stateOf(id) !== 'closed' && this.retryAfterMs(id) === 0;
  }

  /** Called right before every attempt. After `probe`, one of the three `record…` must follow, with `wasProbe`. */
  mayTry(id: string): MayTry {
    const breaker = this.#breakers.get(id);
    if (breaker === undefined || breaker.state === 'closed') return 'yes';
    const nowMs = this.#clock.monotonicMs();
    const waitsUntilMs = breaker.state === 'open' ? breaker.openUntilMs : breaker.probeUntilMs;
    if (nowMs < waitsUntilMs) return 'no';
    return this.#takeProbe(id, breaker, nowMs) ? 'probe' : 'no';
  }

  /** The part of its usual traffic that a deployment should get, in [0.05, 1]. */
  shareOf(id: string): number {
    const breaker = this.#breakers.get(id);
    return breaker === undefined ? 1 : this.#shareNow(breaker, this.#clock.monotonicMs());
  }

  recordSuccess(id: string, facts: { readonly wasProbe?: boolean } = {}): void {
    const nowMs = this.#clock.monotonicMs();
    const breaker = this.#get(id, nowMs);
    breaker.record.addSuccess(nowMs);
    // Only the probe speaks for an open deployment: other successes began before it opened.
    if (facts.wasProbe === true && breaker.state === 'half-open') {
      this.#recover(id, breaker, nowMs);
    } else this.#setShare(breaker, this.#shareNow(breaker, nowMs) + SHARE_STEP, nowMs);
  }

  /** A health check succeeded that began with the breaker in this state: one that began while it was open closes it. */
  recordHealthy(id: string, stateBefore: BreakerState): void {
    const breaker = this.#breakers.get(id);
    if (breaker === undefined || breaker.state === 'closed' || stateBefore === 'closed') this.recordSuccess(id);
    else {
      this.#recover(id, breaker, this.#clock.monotonicMs());
    }
  }

  recordFailure(id: string, failure: AttemptFailure, facts: FailureFacts): void {
    if (!countsAgainstDeployment(failure, facts)) {
      this.recordCancelled(id, facts);
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    const breaker = this.#get(id, nowMs);
    breaker.record.addFailure(failure, nowMs);
    breaker.lastFailure = failure.code;
    this.#setShare(breaker, this.#shareNow(breaker, nowMs) * SHARE_CUT, nowMs);
    if (this.#settings.disableCooldowns === true) return;
    if (breaker.state === 'half-open') {
      if (facts.wasProbe !== true) return;
      breaker.reopenings += 1;
      this.#share.releaseProbe(id);
      this.#open(id, breaker, failure, facts, nowMs);
    } else if (breaker.state === 'open') {
      // Attempts that were under way when it opened may bring a longer wait with them.
      const untilMs = nowMs + (facts.cooldownMs === undefined ? believedRetryAfterMs(failure) : 0);
      if (untilMs <= breaker.openUntilMs) return;
      breaker.openUntilMs = untilMs;
      this.#share.publish(id, { state: 'open', forMs: untilMs - nowMs });
    } else if (breaker.record.mustOpen(failure, facts, this.#settings, nowMs)) {
      const isRelapse = nowMs - breaker.closedMs < RELAPSE_MS;
      breaker.reopenings = isRelapse ? breaker.reopenings + 1 : 0;
      breaker.outageSinceMs = nowMs;
      this.#open(id, breaker, failure, facts, nowMs);
    }
  }

  /**
   * The attempt ended without saying anything about the deployment; a claimed probe may be taken by the next request.
   */
  recordCancelled(id: string, facts: { readonly wasProbe?: boolean } = {}): void {
    const breaker = this.#breakers.get(id);
    if (facts.wasProbe !== true || breaker?.state !== 'half-open') return;
    const nowMs = this.#clock.monotonicMs();
    breaker.state = 'open';
    breaker.openUntilMs = nowMs;
    this.#share.releaseProbe(id);
    this.#share.publish(id, { state: 'open', forMs: 0 });
  }

  /** Forgets every deployment that is not configured any more. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#breakers.keys()) {
      if (!ids.has(id)) this.#breakers.delete(id);
    }
  }

  #open(id: string, breaker: Breaker, failure: AttemptFailure, facts: FailureFacts, nowMs: number): void {
    const outage = { reopenings: breaker.reopenings, lastsMs: nowMs - breaker.outageSinceMs };
    breaker.intervalMs = cooldownMs(failure, facts, this.#settings, outage, this.#random);
    breaker.state = 'open';
    breaker.openUntilMs = nowMs + breaker.intervalMs;
    breaker.isGranted = false;
    breaker.askAgainMs = 0;
    this.#share.publish(id, { state: 'open', forMs: breaker.intervalMs });
    this.#onTurn(id, { state: 'open', failure: failure.code });
  }

  #recover(id: string, breaker: Breaker, nowMs: number): void {
    this.#share.releaseProbe(id);
    this.#close(id, breaker, nowMs);
    this.#share.publish(id, { state: 'closed', forMs: 0 });
  }

  #close(id: string, breaker: Breaker, nowMs: number): void {
    breaker.state = 'closed';
    breaker.isGranted = false;
    breaker.closedMs = nowMs;
    breaker.record.clear();
    breaker.record.addSuccess(nowMs);
    this.#setShare(breaker, SHARE_AFTER_PROBE, nowMs);
    this.#onTurn(id, { state: 'closed' });
  }

  #learn(id: string, news: BreakerChange): void {
    if (this.#settings.disableCooldowns === true) return;
    const nowMs = this.#clock.monotonicMs();
    const breaker = this.#get(id, nowMs);
    if (news.state === 'closed') {
      if (breaker.state !== 'closed') this.#close(id, breaker, nowMs);
      return;
    }
    if (breaker.state === 'closed') {
      breaker.outageSinceMs = nowMs;
      this.#onTurn(id, { state: 'open' });
    }
    breaker.state = news.state;
    breaker.isGranted = false;
    if (news.forMs > 0) breaker.intervalMs = news.forMs;
    if (news.state === 'open') breaker.openUntilMs = nowMs + news.forMs;
    else breaker.probeUntilMs = nowMs + news.forMs;
  }

  #takeProbe(id: string, breaker: Breaker, nowMs: number): boolean {
    const intervalMs = probeInterval(breaker);
    if (!breaker.isGranted) {
      if (breaker.isAsking || nowMs < breaker.askAgainMs) return false;
      const answer = this.#share.takeProbe(id, intervalMs);
      if (typeof answer !== 'boolean') {
        this.#await(breaker, answer);
        return false;
      }
      if (!answer) {
        breaker.askAgainMs = nowMs + ASK_AGAIN_MS;
        return false;
      }
    }
    breaker.isGranted = false;
    breaker.state = 'half-open';
    breaker.intervalMs = intervalMs;
    breaker.probeUntilMs = nowMs + intervalMs;
    this.#share.publish(id, { state: 'half-open', forMs: intervalMs });
    return true;
  }

  #await(breaker: Breaker, answer: Promise<boolean>): void {
    breaker.isAsking = true;
    const settle = (isGranted: boolean): void => {
      breaker.isAsking = false;
      if (isGranted) breaker.isGranted = breaker.state !== 'closed';
      else breaker.askAgainMs = this.#clock.monotonicMs() + ASK_AGAIN_MS;
    };
    // A shared store that fails must not keep deployments shut: this instance then probes for itself.
    answer.then(settle, () => settle(true));
  }

  #get(id: string, nowMs: number): Breaker {
    const known = this.#breakers.get(id);
    if (known !== undefined) return known;
    if (this.#breakers.size >= MOST_BREAKERS) {
      const oldest = this.#breakers.keys().next().value;
      if (oldest !== undefined) this.#breakers.delete(oldest);
    }
    const breaker: Breaker = {
      state: 'closed',
      openUntilMs: 0,
      intervalMs: PROBE_ANSWERS_WITHIN_MS,
      probeUntilMs: 0,
      isGranted: false,
      isAsking: false,
      askAgainMs: 0,
      outageSinceMs: nowMs,
      closedMs: Number.NEGATIVE_INFINITY,
      reopenings: 0,
      share: 1,
      shareAtMs: nowMs,
      lastFailure: undefined,
      record: new DeploymentRecord(nowMs),
    };
    this.#breakers.set(id, breaker);
    return breaker;
  }

  #shareNow(breaker: Breaker, nowMs: number): number {
    return Math.min(1, breaker.share + (nowMs - breaker.shareAtMs) * SHARE_GROWTH_PER_MS);
  }

  #setShare(breaker: Breaker, share: number, nowMs: number): void {
    breaker.share = Math.min(1, Math.max(LEAST_SHARE, share));
    breaker.shareAtMs = nowMs;
  }
}

function probeInterval({ state, intervalMs }: Breaker): number {
  const doubled = state === 'half-open' ? Math.min(intervalMs * 2, LONGEST_PROBE_MS) : intervalMs;
  return Math.max(LEAST_PROBE_MS, doubled);
}
