import { defined } from '../core/defined.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { AttemptFailure, GiveUpReason, PlannedGroup, Step, WalkPolicy } from './contracts.ts';
import type { FailureFacts } from './cooldown-policy.ts';
import { fallbackChain } from './fallback-chain.ts';
import type { Routable } from './model-groups.ts';
import { RetryWaits } from './retry-delay.ts';
import { Round } from './round.ts';
import type { WalkOptions } from './walk-options.ts';
import { hedgeCandidate, probeFirst, soonestFirst, soonestMs } from './walk-order.ts';

interface Flight<D> {
  readonly deployment: D;
  readonly wasProbe: boolean;
}

interface Retry<D> {
  readonly deployment: D;
  readonly atMs: number;
}

/** Shared by all walks until something fails; never written to. */
const NONE_TRIED = new Map<string, number>();

/**
 * One request's walk over deployments: `next` says what to do; `failed`, `succeeded` or `cancelled` report how the
 * attempt ended. It decides and counts, and does nothing itself. It reports each end to the breakers.
 */
export class Walk<D extends Routable> {
  readonly #options: WalkOptions<D>;
  readonly #policy: WalkPolicy;
  #group: PlannedGroup<D>;
  // Lists of one or two: a Set would cost every request more than it saves any.
  readonly #visited: string[];
  #attempts = 0;
  #fallbacks = 0;
  /** Further attempts in the group that is walked. */
  #further = 0;
  #retries = 0;
  readonly #waits = new RetryWaits();
  /** Deployments tried, and from when on their providers may be asked again. */
  #tried: Map<string, number> = NONE_TRIED;
  /** Deployments at which this request can never succeed. */
  readonly #excluded: string[] = [];
  readonly #seenUpstreams: string[] = [];
  #paidUpstream: string | undefined;
  #flight: Flight<D> | undefined;
  /** The attempt beside that one, while both run; it may be at a fallback group. */
  #hedge: Flight<D> | undefined;
  #isHedgeFallback = false;
  #failure: AttemptFailure | undefined;
  #failed: D | undefined;
  #retrying: Retry<D> | undefined;
  #sawContentPolicy = false;
  #sawContextWindow = false;
  #end: Step<D> | undefined;

  constructor(options: WalkOptions<D>) {
    this.#options = options;
    this.#policy = options.policy;
    this.#group = options.first;
    this.#visited = [options.first.group];
  }

  /** Attempts begun so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Further attempts within groups, as `x-litellm-attempted-retries` counts them. */
  get attemptedRetries(): number {
    return this.#retries;
  }

  /** How many further attempts the group may have that was asked for. */
  get maxRetries(): number {
    return this.#policy.numRetries;
  }

  /** Groups fallen back to, and one that was asked beside a late attempt. */
  get attemptedFallbacks(): number {
    return this.#fallbacks + (this.#isHedgeFallback ? 1 : 0);
  }

  /** Whether this request may still go to another deployment, as far as is known without planning for it. */
  get hasElsewhere(): boolean {
    const { maxAttempts, maxFallbacks } = this.#policy;
    if (this.#attempts >= maxAttempts) return false;
    const current = this.#flight?.deployment.id;
    if (this.#group.deployments.some(({ id }) => id !== current && !this.#tried.has(id))) return true;
    if (this.#fallbacks >= maxFallbacks) return false;
    return this.#chainAfter('upstream_timeout').some((name) => !this.#visited.includes(name));
  }

  /** What to do now. After an `attempt` its end must be reported before asking again. */
  next(): Step<D> {
    if (this.#end !== undefined) return this.#end;
    if (this.#flight !== undefined) throw new Error('The attempt under way has not been reported.');
    const round = new Round();
    if (this.#nowMs() >= this.#policy.deadlineMs) return this.#giveUp('deadline', round);
    if (this.#attempts >= this.#policy.maxAttempts) return this.#giveUp('attempts-used-up', round);
    if (this.#failure === undefined) return this.#start(round);
    if (this.#retrying !== undefined) return this.#afterWait(this.#retrying, this.#failure, round);
    return this.#afterFailure(this.#failure, round);
  }

  /**
   * Begins a second attempt beside a late one, at another healthy deployment of the same group, or of a fallback group if
   * that is asked for; undefined if there is none, or if the attempts, the deadline or the retry budget do not allow it.
   * While both run, each report must name its deployment.
   */
  hedge(mayFallBack = false): Extract<Step<D>, { kind: 'attempt' }> | undefined {
    if (this.#flight === undefined || this.#hedge !== undefined) return undefined;
    if (this.#nowMs() >= this.#policy.deadlineMs || this.#attempts >= this.#policy.maxAttempts) return undefined;
    const beside = this.#hedgeIn(this.#group, this.#flight.deployment);
    if (beside !== undefined || !mayFallBack || this.#policy.maxFallbacks === 0) return beside;
    for (const name of this.#chainAfter('upstream_timeout')) {
      const planned = this.#options.planGroup(name);
      const step = planned && this.#hedgeIn(planned, this.#flight.deployment);
      this.#isHedgeFallback = step !== undefined;
      if (step !== undefined) return step;
    }
    return undefined;
  }

  #hedgeIn(planned: PlannedGroup<D>, late: D): Extract<Step<D>, { kind: 'attempt' }> | undefined {
    const isOut = (id: string): boolean => id === late.id || this.#tried.has(id) || this.#excluded.includes(id);
    const deployment = hedgeCandidate(planned.deployments, isOut, this.#options);
    if (deployment === undefined) return undefined;
    this.#seenUpstreams.push(this.#options.upstreamOf(deployment));
    this.#attempts += 1;
    this.#hedge = { deployment, wasProbe: false };
    return { kind: 'attempt', deployment, group: planned.group };
  }

  /**
   * The attempt under way was written to a connection that was dead. Returns whether it may be sent once more, which counts as a
   * retry; the retry budget may forbid it.
   */
  resend(of: D): boolean {
    const { breakers, budget, upstreamOf } = this.#options;
    if (this.#nowMs() >= this.#policy.deadlineMs || !budget.take(upstreamOf(of))) return false;
    breakers.recordFailure(of.id, { code: 'upstream_connection' }, this.#factsOf(of, false));
    this.#retries += 1;
    return true;
  }

  failed(failure: AttemptFailure, of?: D): void {
    const { deployment, wasProbe } = this.#land(of);
    if (failure.isPretended === true) this.#options.breakers.recordCancelled(deployment.id, { wasProbe });
    else this.#options.breakers.recordFailure(deployment.id, failure, this.#factsOf(deployment, wasProbe));
    this.#failure = failure;
    this.#failed = deployment;
    if (this.#tried === NONE_TRIED) this.#tried = new Map();
    this.#tried.set(deployment.id, this.#nowMs() + Math.max(0, failure.retryAfterMs ?? 0));
    if (ERRORS[failure.code].retry !== 'here') this.#excluded.push(deployment.id);
    if (failure.code === 'upstream_content_policy') this.#sawContentPolicy = true;
    if (failure.code === 'upstream_context_window') this.#sawContextWindow = true;
  }

  /**
   * The gateway may not send this request to the deployment, and has sent nothing: as if it had not been chosen. Another deployment,
   * or a fallback, may take what this one may not be sent.
   */
  passedOver(of?: D): void {
    const { deployment, wasProbe } = this.#land(of);
    this.#options.breakers.recordCancelled(deployment.id, { wasProbe });
    this.#excluded.push(deployment.id);
    this.#attempts -= 1;
    if (this.#further > 0) this.#further -= 1;
    if (this.#retries > 0 && this.#attempts > 0 && this.#fallbacks === 0) this.#retries -= 1;
  }

  /** `isPretended`: its client mocked the answer, so it says nothing about the deployment. */
  succeeded(of?: D, isPretended = false): void {
    const { deployment, wasProbe } = this.#land(of);
    if (isPretended) this.#options.breakers.recordCancelled(deployment.id, { wasProbe });
    else this.#options.breakers.recordSuccess(deployment.id, { wasProbe });
    this.#end = { kind: 'give-up', reason: 'nothing-left' };
  }

  /** One of two attempts was cancelled because the other had content first; says nothing about the deployment. */
  lost(of: D): void {
    const { deployment, wasProbe } = this.#land(of);
    this.#options.breakers.recordCancelled(deployment.id, { wasProbe });
  }

  /** The client left: says nothing about the deployment. */
  cancelled(of?: D): void {
    if (this.#flight !== undefined) {
      const { deployment, wasProbe } = this.#land(of);
      this.#options.breakers.recordCancelled(deployment.id, { wasProbe });
    }
    this.#end = { kind: 'give-up', reason: 'nothing-left' };
  }

  #factsOf(deployment: D, wasProbe: boolean): FailureFacts {
    return {
      ...this.#options.cooldownOf?.(deployment),
      groupSize: this.#options.groupSizeOf(this.#group.group),
      isWildcard: deployment.group.includes('*'),
      wasProbe,
    };
  }

  #start(round: Round): Step<D> {
    const { deployments } = this.#group;
    const left =
      this.#excluded.length === 0 ? deployments : deployments.filter(({ id }) => !this.#excluded.includes(id));
    const candidates = this.#probeFirst(left, this.#policy.numRetries);
    const step = this.#pick(this.#group, candidates, round) ?? this.#fallBack(undefined, round);
    if (step !== undefined) return step;
    const nearMs = soonestMs(this.#group.deployments, this.#options.breakers);
    if (nearMs !== undefined && this.#nowMs() + nearMs < this.#policy.deadlineMs && this.#waits.takeShort(nearMs)) {
      return { kind: 'wait', waitMs: Math.max(1, Math.ceil(nearMs)) };
    }
    return this.#giveUp(round.isBudgetEmpty ? 'retry-budget-empty' : 'none-available', round);
  }

  #afterFailure(failure: AttemptFailure, round: Round): Step<D> {
    const { code } = failure;
    const isForAnotherModel = code === 'upstream_content_policy' || code === 'upstream_context_window';
    const { retry } = ERRORS[code];
    if (retry === 'nowhere' && !isForAnotherModel) return this.#giveUp('not-retryable', round);
    const mayStay = failure.leavesGroup !== true && this.#further < this.#retriesFor(code);
    const another = mayStay ? this.#pick(this.#group, this.#othersAfter(code), round) : undefined;
    if (another !== undefined) return another;
    const mayWait = retry === 'here' && mayStay;
    const mayWaitFirst = mayWait && this.#waits.comesFirst(failure, this.#policy);
    const step =
      (mayWaitFirst ? this.#waitToRetry(code, round, this.#waits.leftMs(this.#policy)) : undefined) ??
      this.#fallBack(code, round) ??
      (mayWait ? this.#waitToRetry(code, round, Number.POSITIVE_INFINITY) : undefined);
    if (step !== undefined) return step;
    if (isForAnotherModel) return this.#giveUp('not-retryable', round);
    if (round.isBudgetEmpty) return this.#giveUp('retry-budget-empty', round);
    if (round.isWaitTooLong) return this.#giveUp('deadline', round);
    return this.#giveUp(round.isBreakerOpen ? 'none-available' : 'nothing-left', round);
  }

  /** The deployments of the group that this request has not been to and that could serve it. */
  #othersAfter(code: ErrorCode): readonly D[] {
    const failed = this.#failed;
    const others = this.#group.deployments.filter(({ id }) => !this.#tried.has(id) && !this.#excluded.includes(id));
    if (code === 'upstream_content_policy' || failed === undefined) return [];
    if (code !== 'upstream_context_window') return others;
    return others.filter((candidate) => this.#options.takesMore?.(candidate, failed) === true);
  }

  /** Everything of the group has been tried: the one that may be asked again soonest is waited for. */
  #waitToRetry(code: ErrorCode, round: Round, longestMs: number): Step<D> | undefined {
    const nowMs = this.#nowMs();
    const mayAgain = this.#group.deployments.filter(({ id }) => this.#tried.has(id) && !this.#excluded.includes(id));
    const again = soonestFirst(mayAgain, this.#tried, this.#options.breakers, nowMs);
    for (const { deployment, openMs, waitMs } of again) {
      round.noteSoonest(waitMs);
      if (waitMs > longestMs) continue;
      // A rate limit passes at a known time; what is open for any other reason is answered fast.
      if (openMs > 0 && code !== 'upstream_rate_limit') {
        round.isBreakerOpen = true;
        continue;
      }
      const delayMs = this.#waits.delayMs(waitMs, this.#policy, nowMs, this.#options.random);
      if (delayMs === undefined) round.isWaitTooLong = true;
      else if (this.#pay(deployment, round)) {
        // Paid before the wait, so that no client waits for an attempt that is then refused.
        this.#paidUpstream = this.#options.upstreamOf(deployment);
        this.#waits.note(waitMs);
        this.#retrying = { deployment, atMs: nowMs + delayMs };
        return { kind: 'wait', waitMs: delayMs };
      }
    }
    return undefined;
  }

  #afterWait({ deployment, atMs }: Retry<D>, failure: AttemptFailure, round: Round): Step<D> {
    // Timers may fire a little early, and a provider's Retry-After is kept to the millisecond.
    const leftMs = atMs - this.#nowMs();
    if (leftMs > 0) return { kind: 'wait', waitMs: Math.ceil(leftMs) };
    this.#retrying = undefined;
    const step = this.#pick(this.#group, [deployment], round);
    if (step !== undefined) return step;
    // Its breaker opened, or another request probes it: the retry is spent, and the walk continues from the failure.
    this.#further += 1;
    return this.#afterFailure(failure, round);
  }

  #fallBack(code: ErrorCode | undefined, round: Round): Step<D> | undefined {
    for (const name of this.#chainAfter(code)) {
      if (this.#fallbacks >= this.#policy.maxFallbacks) return undefined;
      if (this.#visited.includes(name)) continue;
      this.#visited.push(name);
      const planned = this.#options.planGroup(name);
      // An alias may mean a group that the request has been to.
      if (planned === undefined || (planned.group !== name && this.#visited.includes(planned.group))) continue;
      this.#visited.push(planned.group);
      // A fallback may name a single deployment, also one that this request has been to.
      const nowMs = this.#nowMs();
      const left = planned.deployments.filter(
        ({ id }) => !this.#excluded.includes(id) && (this.#tried.get(id) ?? 0) <= nowMs,
      );
      const step = this.#pick(planned, this.#probeFirst(left, this.#policy.retriesPerFallback), round);
      if (step === undefined) continue;
      this.#fallbacks += 1;
      return step;
    }
    return undefined;
  }

  /** Without a code: nothing of the first group can be tried. */
  #chainAfter(code: ErrorCode | undefined): readonly string[] {
    if (this.#sawContentPolicy) return fallbackChain('upstream_content_policy', this.#policy);
    const chain = code === undefined ? this.#policy.fallbacks : fallbackChain(code, this.#policy);
    if (!this.#sawContextWindow || code === 'upstream_context_window') return chain;
    return [...this.#policy.contextWindowFallbacks, ...chain];
  }

  /** The first of these that its breaker and the retry budget let through, begun. */
  #pick(planned: PlannedGroup<D>, candidates: readonly D[], round: Round): Step<D> | undefined {
    for (const deployment of candidates) {
      const claim = this.#options.breakers.mayTry(deployment.id);
      if (claim === 'no') {
        round.isBreakerOpen = true;
        round.noteSoonest(this.#options.breakers.retryAfterMs(deployment.id));
        continue;
      }
      const wasProbe = claim === 'probe';
      if (this.#pay(deployment, round)) return this.#begin(planned, deployment, wasProbe);
      this.#options.breakers.recordCancelled(deployment.id, { wasProbe });
    }
    for (const { isEligible, retryAfterMs } of planned.verdicts) {
      if (!isEligible && retryAfterMs !== undefined) round.noteSoonest(retryAfterMs);
    }
    return undefined;
  }

  #begin(planned: PlannedGroup<D>, deployment: D, wasProbe: boolean): Step<D> {
    if (planned !== this.#group) {
      this.#group = planned;
      this.#further = 0;
    } else if (this.#attempts > 0) {
      this.#further += 1;
      this.#retries += 1;
    }
    this.#attempts += 1;
    this.#flight = { deployment, wasProbe };
    return { kind: 'attempt', deployment, group: planned.group };
  }

  /**
   * An upstream sees a request once as its own; whatever it sees of it after that is paid for from its retry budget.
   */
  #pay(deployment: D, round: Round): boolean {
    const { budget, upstreamOf } = this.#options;
    const upstream = upstreamOf(deployment);
    if (this.#attempts === 0) budget.noteFirst(upstream);
    else if (this.#paidUpstream === upstream) this.#paidUpstream = undefined;
    else if (!(this.#seenUpstreams.includes(upstream) ? budget.take(upstream) : budget.takeFallback(upstream))) {
      round.isBudgetEmpty = true;
      return false;
    }
    this.#seenUpstreams.push(upstream);
    return true;
  }

  #probeFirst(deployments: readonly D[], furtherAttempts: number): readonly D[] {
    const furtherInAll = this.#policy.maxAttempts - this.#attempts - 1;
    return probeFirst(deployments, this.#options.breakers, Math.min(furtherAttempts, furtherInAll));
  }

  /** Further attempts after this failure in the group that is walked. */
  #retriesFor(code: ErrorCode): number {
    const ofClass = this.#policy.retriesByClass[ERRORS[code].className];
    if (this.#fallbacks === 0) return ofClass ?? this.#policy.numRetries;
    return Math.min(ofClass ?? this.#policy.retriesPerFallback, this.#policy.retriesPerFallback);
  }

  #giveUp(reason: GiveUpReason, round: Round): Step<D> {
    const retryAfterMs = reason === 'not-retryable' ? undefined : (round.soonestMs ?? this.#failure?.retryAfterMs);
    this.#end = { kind: 'give-up', reason, ...defined({ retryAfterMs }) };
    return this.#end;
  }

  /** Takes one attempt off; of two, the other one goes on alone. */
  #land(of: D | undefined): Flight<D> {
    const hedge = this.#hedge;
    this.#hedge = undefined;
    if (hedge !== undefined && hedge.deployment === of) return hedge;
    const flight = this.#flight;
    if (flight === undefined) throw new Error('No attempt is under way.');
    this.#flight = hedge;
    return flight;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}
