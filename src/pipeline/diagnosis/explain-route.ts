/**
 * Says which deployments a request went to or would go to, and why not to the others. Names no key, address or prompt.
 */
import { routingOfGroup } from '../../config/group-routing.ts';
import { defined } from '../../core/defined.ts';
import { ERRORS, type ErrorCode } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ModelChoice } from '../../exchange/model-choice.ts';
import type { WalkPolicy } from '../../routing/contracts.ts';
import type { GroupPlan } from '../../routing/plan-group.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { timeoutsOf } from '../answering/time-limits.ts';
import type { RouteRecord } from './route-records.ts';

/** One deployment of a group, in the words of the plan. Times in seconds, as in the configuration. */
interface VerdictRow {
  /** 1 for the first to be tried; null for one that is not. */
  readonly place: number | null;
  readonly deployment: string;
  readonly model: string | null;
  readonly reason: string;
  readonly retry_after?: number;
}

/** A group and what its plan says of each deployment. */
export interface PlanRows {
  readonly group: string;
  readonly verdicts: readonly VerdictRow[];
}

/** What would happen to a request. */
export interface RouteForecast extends PlanRows {
  readonly model: string;
  readonly strategy: string;
  readonly stream: boolean;
  /** Tokens of the prompt, if the configuration makes them matter. */
  readonly input_tokens?: number;
  readonly fallbacks: readonly PlanRows[];
  readonly context_window_fallbacks: readonly PlanRows[];
  readonly content_policy_fallbacks: readonly PlanRows[];
  readonly retries: {
    readonly num_retries: number;
    readonly by_class: Readonly<Record<string, number>>;
    readonly retries_per_fallback: number;
    readonly max_fallbacks: number;
    readonly max_attempts: number;
    readonly retry_after: number;
    /** The classes of failure that fall back; null: every one that is not the client's. */
    readonly fallback_on: readonly string[] | null;
  };
  /** In seconds: of the whole request, for connecting, and of an attempt at each deployment that would be tried. */
  readonly time_limits: {
    readonly request: number;
    readonly connect: number;
    readonly attempts: Readonly<Record<string, AttemptLimits>>;
  };
}

/** The limits of one attempt, in seconds. */
export interface AttemptLimits {
  readonly first_content: number;
  readonly silence: number;
  readonly total: number;
}

/** Says what would happen to a request that is planned but not carried. Claims nothing and calls no provider. */
export function forecast(exchange: Exchange): RouteForecast {
  const { snapshot, group, plan, needs, controls, stream, clock } = exchange;
  if (group === undefined || plan === undefined || needs === undefined) throw new RangeError('not planned');
  const { router, groups, config } = snapshot;
  const nowMs = clock.monotonicMs();
  const [first] = plan.deployments;
  const served = (name: string): boolean => groups.resolve(name) !== undefined;
  const policy = router.policy(group, controls, nowMs, first?.config.numRetries, served);
  exchange.deadlineMs = policy.deadlineMs;
  const limits: Record<string, AttemptLimits> = {};
  const rowsOf = (names: readonly string[]): PlanRows[] =>
    names.flatMap((name) => {
      const other = groups.resolve(name);
      if (other === undefined) return [];
      const planned = router.plan(other, needs);
      Object.assign(limits, limitsOf(exchange, planned));
      return [planRows(planned, snapshot)];
    });
  const names = group.pattern === undefined ? [group.name] : [group.name, group.pattern];
  return {
    model: exchange.model ?? '',
    ...planRows(plan, snapshot),
    strategy: routingOfGroup(config.routing, names).strategy,
    stream,
    ...defined({ input_tokens: needs.inputTokens }),
    fallbacks: rowsOf(policy.fallbacks),
    context_window_fallbacks: rowsOf(policy.contextWindowFallbacks),
    content_policy_fallbacks: rowsOf(policy.contentPolicyFallbacks),
    retries: retriesOf(policy),
    time_limits: {
      request: seconds(policy.deadlineMs - nowMs),
      connect: seconds(config.routing.connectTimeoutMs),
      attempts: Object.assign(limitsOf(exchange, plan), limits),
    },
  };
}

function outcomeOf({ failure, lost }: AttemptFacts): string {
  // Of two attempts that raced, the slower one was cancelled.
  if (lost === true) return 'lost';
  return failure === undefined ? 'success' : failure === 'client_gone' ? 'client-gone' : 'failure';
}

/** Says what happened to a request that is over. */
export function explainRecord(record: RouteRecord, snapshot: Snapshot): JsonObject {
  const { attempts, waits, error } = record;
  const waitedMs = (afterAttempts: number): number =>
    waits.reduce((sum, wait) => sum + (wait.afterAttempts === afterAttempts ? wait.waitMs : 0), 0);
  return {
    call_id: record.callId,
    model: record.model,
    stream: record.stream,
    status: record.status,
    error: classOf(error),
    started_at: new Date(record.startedAtMs).toISOString(),
    duration_ms: Math.round(record.durationMs),
    ...asJson(planRows(record.plan, snapshot)),
    ...(record.choice !== undefined && { choice: choiceRows(record.choice) }),
    fallbacks: record.fallbackPlans.map((plan) => asJson(planRows(plan, snapshot))),
    attempts: attempts.map((attempt, index) => ({
      group: attempt.group ?? null,
      deployment: attempt.deploymentId,
      model: `${attempt.provider}/${attempt.model}`,
      outcome: outcomeOf(attempt),
      ...(attempt.hedge === true && { hedge: true }),
      error: classOf(attempt.failure),
      status: attempt.status ?? null,
      waited_ms: Math.round(waitedMs(index)),
      duration_ms: Math.round(attempt.durationMs),
      first_content_ms: attempt.firstByteMs === undefined ? null : Math.round(attempt.firstByteMs),
    })),
    ...(waitedMs(attempts.length) > 0 && { waited_at_the_end_ms: Math.round(waitedMs(attempts.length)) }),
  };
}

/** How a group that chooses among others chose. */
function choiceRows({ chosen, baseline, task, why, candidates }: ModelChoice): JsonObject {
  return {
    ...{ chosen, baseline, task, why },
    candidates: candidates.map(({ group, quality, costUsd, isWarm, isSuspended }) => ({
      ...{ group, quality: quality ?? null, expected_usd: costUsd ?? null },
      ...{ cache_is_warm: isWarm, suspended: isSuspended },
    })),
  };
}

function planRows(plan: GroupPlan<Deployment>, snapshot: Snapshot): PlanRows {
  const planned = new Map(plan.deployments.map((deployment) => [deployment.id, deployment]));
  // A feature may have ordered them otherwise than the plan did.
  const places = new Map(plan.deployments.map(({ id }, index) => [id, index + 1]));
  const placeOf = (id: string): number => places.get(id) ?? Number.POSITIVE_INFINITY;
  const ordered = plan.verdicts.toSorted(
    (left, right) =>
      Number(right.isEligible) - Number(left.isEligible) ||
      (left.isEligible ? placeOf(left.deploymentId) - placeOf(right.deploymentId) : 0),
  );
  const verdicts = ordered.map(({ deploymentId, isEligible, reason, retryAfterMs }, index): VerdictRow => {
    const deployment = planned.get(deploymentId) ?? snapshot.deployments.get(deploymentId);
    return {
      place: isEligible ? index + 1 : null,
      deployment: deploymentId,
      model: deployment === undefined ? null : `${deployment.provider.name}/${deployment.model}`,
      reason,
      ...(retryAfterMs !== undefined && { retry_after: seconds(retryAfterMs) }),
    };
  });
  return { group: plan.group, verdicts };
}

function retriesOf(policy: WalkPolicy): RouteForecast['retries'] {
  const { fallbackOn } = policy;
  return {
    num_retries: policy.numRetries,
    by_class: policy.retriesByClass,
    retries_per_fallback: policy.retriesPerFallback,
    max_fallbacks: policy.maxFallbacks,
    max_attempts: policy.maxAttempts,
    retry_after: seconds(policy.leastWaitMs),
    fallback_on: fallbackOn === undefined ? null : [...new Set([...fallbackOn].map((code) => ERRORS[code].className))],
  };
}

function limitsOf(exchange: Exchange, plan: GroupPlan<Deployment>): Record<string, AttemptLimits> {
  return Object.fromEntries(
    plan.deployments.map((deployment) => {
      const { firstByteMs, idleMs, totalMs } = timeoutsOf(exchange, deployment);
      return [
        deployment.id,
        { first_content: seconds(firstByteMs), silence: seconds(idleMs), total: seconds(totalMs) },
      ];
    }),
  );
}

function seconds(ms: number): number {
  return Math.round(ms) / 1_000;
}

function classOf(code: ErrorCode | undefined): string | null {
  return code === undefined ? null : ERRORS[code].className;
}

function asJson({ group, verdicts }: PlanRows): JsonObject {
  return { group, verdicts: verdicts.map((verdict) => ({ ...verdict })) };
}
