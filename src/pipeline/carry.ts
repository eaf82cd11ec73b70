/** Brings a request to an answer: attempt after attempt along its walk, until one succeeds or nothing is left to try. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asGatewayError, GatewayError } from '../core/errors.ts';
import type { Step } from '../routing/contracts.ts';
import { Walk } from '../routing/walk.ts';
import { attempt } from './attempt.ts';
import type { Deployment } from './deployment.ts';
import type { Exchange } from './exchange.ts';
import type { Parts } from './parts.ts';
import { mayUseGroup } from './plan.ts';
import { cooldownOf } from './router.ts';

/** Resolves when the client has an answer; rejects with the GatewayError of the last attempt, or with why none was made. */
export async function carry(exchange: Exchange, parts: Parts): Promise<void> {
  const walk = makeWalk(exchange, parts);
  exchange.walk = walk;
  let failure: GatewayError | undefined;
  for (;;) {
    const step = walk.next();
    if (step.kind === 'give-up') throw failure === undefined ? noneAvailable(exchange, step) : told(failure, step);
    if (step.kind === 'wait') {
      exchange.waits = [...exchange.waits, { afterAttempts: exchange.attempts.length, waitMs: step.waitMs }];
      await pause(exchange, step.waitMs);
      continue;
    }
    failure = await tryOnce(exchange, parts, walk, step.deployment, step.group);
    if (failure === undefined) return;
    // Some of an answer is with the client: what follows it can only be its end.
    if (exchange.client.hasStarted) throw failure;
  }
}

async function tryOnce(
  exchange: Exchange,
  parts: Parts,
  walk: Walk<Deployment>,
  deployment: Deployment,
  group: string,
): Promise<GatewayError | undefined> {
  const { stats } = parts.routing;
  exchange.servedGroup = group;
  stats.started(deployment.id);
  const startedMs = exchange.clock.monotonicMs();
  try {
    await attempt(exchange, deployment, parts);
  } catch (thrown) {
    const error = asGatewayError(thrown);
    const isOfProvider = error.row.source === 'upstream';
    const durationMs = exchange.clock.monotonicMs() - startedMs;
    // How long a client stayed says nothing about the deployment.
    stats.ended(deployment.id, { failed: isOfProvider, ...(isOfProvider && { durationMs }) });
    if (error.code === 'client_gone' || error.code === 'internal') {
      walk.cancelled();
      throw error;
    }
    const { retryAfterMs } = error.facts;
    walk.failed({ code: error.code, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    return error;
  }
  walk.succeeded();
  const { usage, stream, snapshot, needs } = exchange;
  stats.ended(deployment.id, {
    failed: false,
    isStream: stream,
    durationMs: exchange.clock.monotonicMs() - startedMs,
    ...(usage !== undefined && { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }),
    ...(usage?.cachedInputTokens !== undefined && { cachedTokens: usage.cachedInputTokens }),
  });
  if (needs !== undefined) snapshot.router.remember(group, needs, deployment);
  return undefined;
}

function makeWalk(exchange: Exchange, parts: Parts): Walk<Deployment> {
  const { snapshot, identity, controls, plan, needs } = exchange;
  const { router, groups } = snapshot;
  if (plan === undefined || needs === undefined) throw new RangeError('planned before carried');
  const mayUse = (name: string): boolean => {
    const group = groups.resolve(name);
    return group !== undefined && (identity === undefined || mayUseGroup(snapshot, identity, name, group));
  };
  const [first] = plan.deployments;
  const policy = router.policy(plan.group, controls, exchange.startedMs, first?.config.numRetries, mayUse);
  return new Walk<Deployment>({
    first: plan,
    // A prompt that no deployment of the group can take goes where longer ones are taken.
    policy: plan.isContextWindowExceeded
      ? { ...policy, fallbacks: [...policy.contextWindowFallbacks, ...policy.fallbacks] }
      : policy,
    planGroup: (name) => {
      const group = groups.resolve(name);
      if (group === undefined) return undefined;
      const planned = router.plan(group, needs);
      exchange.fallbackPlans = [...exchange.fallbackPlans, planned];
      return planned;
    },
    breakers: parts.routing.breakers,
    budget: parts.routing.budget,
    upstreamOf: (deployment) => deployment.apiBase,
    groupSizeOf: (name) => groups.resolve(name)?.deployments.length ?? 1,
    cooldownOf,
    takesMore: (candidate, failed) =>
      (candidate.priced.facts.maxInputTokens ?? 0) > (failed.priced.facts.maxInputTokens ?? Number.POSITIVE_INFINITY),
    clock: exchange.clock,
    random: parts.random,
  });
}

/** Waits, unless the client leaves first. */
async function pause(exchange: Exchange, waitMs: number): Promise<void> {
  const gone = new AbortController();
  exchange.client.onGone(() => gone.abort());
  try {
    await sleep(waitMs, undefined, { signal: gone.signal });
  } catch {
    throw new GatewayError('client_gone', 'The client is gone: it hung up before another attempt.');
  } finally {
    exchange.client.onGone(undefined);
  }
}

type GiveUp = Extract<Step<Deployment>, { kind: 'give-up' }>;

/** The last failure, with when trying again may help. */
function told(failure: GatewayError, { reason, retryAfterMs }: GiveUp): GatewayError {
  if (reason !== 'retry-budget-empty' && reason !== 'none-available') return failure;
  const wait = retryAfterMs ?? failure.facts.retryAfterMs;
  return new GatewayError(failure.code, failure.message, {
    ...failure.facts,
    ...(wait !== undefined && { retryAfterMs: wait }),
    // More tries of the client would only feed the storm that emptied the budget.
    ...(reason === 'retry-budget-empty' && { mayRetry: false }),
    cause: failure,
  });
}

function noneAvailable(exchange: Exchange, { retryAfterMs }: GiveUp): GatewayError {
  const { plan, model } = exchange;
  if (plan?.isContextWindowExceeded === true) {
    return new GatewayError(
      'upstream_context_window',
      `ContextWindowExceededError: Context Window exceeded for given call. No models have context window large enough for this call. ${wordsOf(exchange)}`,
      { param: 'messages', providerCode: 'context_length_exceeded' },
    );
  }
  const seconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
  const again = seconds === undefined ? '' : `, Try again in ${seconds} seconds`;
  return new GatewayError(
    'no_deployment_available',
    `No deployments available for selected model${again}. Passed model=${model ?? ''}. ${wordsOf(exchange)}`,
    { ...(retryAfterMs !== undefined && { retryAfterMs }) },
  );
}

/** Why each deployment of the group was passed over; names nothing but numbers and reasons. */
function wordsOf({ plan }: Exchange): string {
  const reasons = new Map<string, number>();
  for (const { isEligible, reason } of plan?.verdicts ?? []) {
    if (!isEligible) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => `${count} × ${reason}`).join('; ');
}
