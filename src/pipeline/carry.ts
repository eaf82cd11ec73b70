/**
 * Brings a request to an answer: attempt after attempt along its walk, until one succeeds or nothing is left to try.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../core/defined.ts';
import { asGatewayError, type ErrorCode, GatewayError } from '../core/errors.ts';
import { Detours } from '../exchange/detours.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { formatParts } from '../formats/index.ts';
import { StreamRecord } from '../lanes/continue/stream-record.ts';
import type { Step } from '../routing/contracts.ts';
import { Walk } from '../routing/walk.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { cooldownOf } from '../snapshot/router.ts';
import type { AttemptFacts } from '../telemetry/settled.ts';
import { attempt } from './answering/attempt.ts';
import { endBroken, forgetStyle, readyToContinue, restyle } from './answering/continue.ts';
import { race } from './answering/race.ts';
import { FORECAST_HEADER } from './diagnosis/forecast-header.ts';
import { noteForecast } from './diagnosis/foretell-caches.ts';
import { coverAnother } from './money/books.ts';
import { needsAt, turnTo } from './other-bodies.ts';
import type { Parts } from './parts.ts';
import { mayUseGroup } from './plan.ts';
import { rank } from './rank.ts';

/**
 * Resolves when the client has an answer; rejects with the GatewayError of the last attempt, or with why none was made.
 */
export async function carry(exchange: Exchange, parts: Parts): Promise<void> {
  const walk = makeWalk(exchange, parts);
  exchange.walk = walk;
  if (exchange.client.headers[FORECAST_HEADER] !== undefined) noteForecast(exchange, parts.cacheForecasts);
  let first: GatewayError | undefined;
  let failure: GatewayError | undefined;
  for (;;) {
    const step = walk.next();
    if (step.kind === 'give-up') throw giveUp(exchange, step, worthTelling(first, failure));
    if (step.kind === 'wait') {
      exchange.detours ??= new Detours();
      exchange.detours.waits.push({ afterAttempts: exchange.attempts.length, waitMs: step.waitMs });
      await pause(exchange, step.waitMs);
      continue;
    }
    if (exchange.attempts.length > 0) {
      const refused = await coverAnother(exchange, parts);
      if (refused !== undefined) {
        walk.cancelled(step.deployment);
        throw exchange.client.hasStarted ? giveUp(exchange, NOTHING_LEFT, refused) : refused;
      }
    }
    failure =
      exchange.race === undefined || exchange.attempts.length > 0
        ? await tryOnce(exchange, parts, walk, step.deployment, step.group)
        : await race(exchange, parts, walk, step, (deployment, group) =>
            tryOnce(exchange, parts, walk, deployment, group),
          );
    if (failure === undefined) return;
    first ??= failure;
    if (!exchange.client.hasStarted) continue;
    // The client has some of an answer: what follows is the rest of it, or its end.
    const broken = exchange.continuity?.broken;
    if (broken !== undefined && broken.rest === undefined) {
      const continuation = readyToContinue(exchange);
      if (continuation === 'ended') return;
      if (continuation === 'impossible') throw giveUp(exchange, NOTHING_LEFT, failure);
    } else if (broken === undefined) throw failure;
  }
}

/**
 * The last failure; if that only says that the request does not suit a fallback, the first failure, which led there.
 */
function worthTelling(first: GatewayError | undefined, last: GatewayError | undefined): GatewayError | undefined {
  return first?.row.source === 'upstream' && last?.row.source === 'client' ? first : last;
}

function giveUp(exchange: Exchange, step: GiveUp, failure: GatewayError | undefined): GatewayError {
  if (failure === undefined) return noneAvailable(exchange, step);
  if (!exchange.client.hasStarted) return told(failure, step);
  endBroken(exchange);
  return exchange.continuity?.broken?.error ?? failure;
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
  turnTo(exchange, group);
  stats.started(deployment.id);
  const broken = exchange.continuity?.broken;
  const startedMs = exchange.clock.monotonicMs();
  try {
    await (broken === undefined
      ? attemptOrRepair(exchange, deployment, parts)
      : attemptOrRestyle(exchange, deployment, parts));
  } catch (thrown) {
    const error = asGatewayError(thrown);
    const isOfProvider = error.row.source === 'upstream';
    const durationMs = exchange.clock.monotonicMs() - startedMs;
    // How long a client stayed says nothing about the deployment.
    const mock = mockedAttempt(exchange, deployment);
    const isPretended = mock?.mockedBy === 'request';
    const isTrueFailure = isOfProvider && !isPretended;
    stats.ended(deployment.id, { failed: isTrueFailure, ...(isTrueFailure && { durationMs }) });
    // Another deployment could not be asked either: the client is gone, or the request may not be sent at all.
    if (error.code === 'client_gone' || error.code === 'internal' || error.code === 'store_unavailable') {
      walk.cancelled(deployment);
      throw error;
    }
    if (isRefusedBeforeSending(error.code)) {
      walk.passedOver(deployment);
      return error;
    }
    const { retryAfterMs } = error.facts;
    // A deployment that broke off in the middle of an answer is the last one to ask for the rest.
    const brokeOff = exchange.continuity?.broken !== broken && error.row.retry === 'here';
    const code = brokeOff ? 'upstream_stream_cut' : error.code;
    walk.failed({ code, ...defined({ retryAfterMs }), isPretended, leavesGroup: mock?.isDrill === true }, deployment);
    return error;
  }
  const arbiter = exchange.race?.arbiter;
  if (arbiter !== undefined && arbiter.winner !== deployment) {
    walk.lost(deployment);
    stats.ended(deployment.id, { failed: false });
    return undefined;
  }
  if (mockedAttempt(exchange, deployment)?.mockedBy === 'request') {
    walk.succeeded(deployment, true);
    stats.ended(deployment.id, { failed: false });
    return undefined;
  }
  walk.succeeded(deployment);
  const { usage, stream, snapshot, needs } = exchange;
  stats.ended(deployment.id, {
    failed: false,
    isStream: stream,
    durationMs: exchange.clock.monotonicMs() - startedMs,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    cachedTokens: usage?.cachedInputTokens,
  });
  if (needs !== undefined) snapshot.router.remember(group, needs, deployment);
  return undefined;
}

/** The last attempt at a deployment, if a mock was in its place. */
function mockedAttempt({ attempts }: Exchange, { id }: Deployment): AttemptFacts | undefined {
  const last = attempts.findLast(({ deploymentId }) => deploymentId === id);
  return last?.mockedBy === undefined ? undefined : last;
}

/** Whether an error says that the gateway may not send the request to this deployment: another may take it. */
function isRefusedBeforeSending(code: ErrorCode): boolean {
  return code === 'unpriced_parameter' || code === 'unpriced_model';
}

/** Asks once more for an answer that does not match its schema, and shows the model what is wrong. */
async function attemptOrRepair(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  exchange.misfit = undefined;
  try {
    await attempt(exchange, deployment, parts);
  } catch (thrown) {
    // Beside a hedge there is a second answer already.
    const isAlone = exchange.race?.arbiter?.hedge === undefined;
    if (exchange.misfit === undefined || !isAlone || exchange.client.hasStarted) throw thrown;
    if ((await coverAnother(exchange, parts)) !== undefined) throw thrown;
    await attempt(exchange, deployment, parts);
  } finally {
    exchange.misfit = undefined;
  }
}

async function attemptOrRestyle(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  forgetStyle(exchange);
  try {
    await attempt(exchange, deployment, parts);
  } catch (thrown) {
    if (!restyle(exchange, deployment, exchange.attempts.at(-1)?.status)) throw thrown;
    await attempt(exchange, deployment, parts);
  }
}

function makeWalk(exchange: Exchange, parts: Parts): Walk<Deployment> {
  const { snapshot, identity, controls, plan, needs, group, outline } = exchange;
  const { router, groups } = snapshot;
  if (plan === undefined || needs === undefined || group === undefined) throw new RangeError('planned before carried');
  const mayUse = (name: string): boolean => {
    const other = groups.resolve(name);
    return other !== undefined && (identity === undefined || mayUseGroup(identity, name, other));
  };
  const { operation } = exchange.endpoint;
  const [first] = plan.deployments;
  const policy = router.policy(group, controls, exchange.startedMs, first?.config.numRetries, mayUse);
  exchange.deadlineMs = policy.deadlineMs;
  // With no other deployment a stream cannot be continued, so it is not recorded.
  const hasElsewhere = plan.deployments.length > 1 || policy.fallbacks.length > 0;
  // An answer to another prompt is neither raced with this one's nor its continuation.
  const isOnePrompt = exchange.otherBodies === undefined;
  if (operation.mayHedge && isOnePrompt) {
    const rules = router.hedge(group);
    const mayBeLate = hasElsewhere && exchange.stream && router.lateFirstTokenMs > 0 && !outline.asksForReasoning;
    const lateMs = mayBeLate ? router.lateFirstTokenMs : undefined;
    if (rules !== undefined || mayBeLate) exchange.race = { rules, lateMs, arbiter: undefined, isHedged: false };
  }
  if (exchange.stream && operation.mayContinue && isOnePrompt && hasElsewhere && router.continuesStreams(group)) {
    exchange.continuity = { record: new StreamRecord(formatParts(exchange.endpoint.format)), broken: undefined };
  }
  return new Walk<Deployment>({
    first: plan,
    // A prompt that is too long for every deployment of the group goes to a group that takes longer ones.
    policy: plan.isContextWindowExceeded
      ? { ...policy, fallbacks: [...policy.contextWindowFallbacks, ...policy.fallbacks] }
      : policy,
    planGroup: (name) => {
      const other = groups.resolve(name);
      if (other === undefined) return undefined;
      // It is asked for by this name, and may be an alias.
      const own = exchange.otherBodies?.get(name);
      if (own !== undefined) exchange.otherBodies?.set(other.name, own);
      const planned = rank(exchange, router.plan(other, needsAt(exchange, other, name) ?? needs));
      exchange.detours ??= new Detours();
      exchange.detours.fallbackPlans.push(planned);
      return planned;
    },
    breakers: parts.routing.breakers,
    budget: parts.routing.budget,
    upstreamOf: (deployment) => deployment.upstream,
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

const NOTHING_LEFT: GiveUp = { kind: 'give-up', reason: 'nothing-left' };

/** The last failure, with when trying again may help. */
function told(failure: GatewayError, { reason, retryAfterMs }: GiveUp): GatewayError {
  if (reason !== 'retry-budget-empty' && reason !== 'none-available') return failure;
  const wait = retryAfterMs ?? failure.facts.retryAfterMs;
  return new GatewayError(failure.code, failure.message, {
    ...failure.facts,
    ...defined({ retryAfterMs: wait }),
    // More tries of the client would add to the load that emptied the budget.
    ...(reason === 'retry-budget-empty' && { mayRetry: false }),
    cause: failure,
  });
}

function noneAvailable(exchange: Exchange, { retryAfterMs, reason }: GiveUp): GatewayError {
  const { plan, model } = exchange;
  if (reason === 'deadline') {
    const limitMs = Math.round(exchange.deadlineMs - exchange.startedMs);
    return new GatewayError(
      'upstream_timeout',
      `Timeout: the time limit of this request, ${limitMs} ms, was over before a deployment could be asked. Allow more time.`,
    );
  }
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
    { ...defined({ retryAfterMs }) },
  );
}

/** Why deployments of the group were passed over: numbers and reasons, no names. */
function wordsOf({ plan }: Exchange): string {
  const reasons = new Map<string, number>();
  for (const { isEligible, reason } of plan?.verdicts ?? []) {
    if (!isEligible) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => `${count} × ${reason}`).join('; ');
}
