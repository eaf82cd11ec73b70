import type { GatewayError } from '../core/errors.ts';
import type { PicoUsd } from '../core/money.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Slots } from '../exchange/slots.ts';
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import type { SettledExchange } from '../telemetry/settled.ts';
import { noteHedgeSpend } from './answering/race.ts';
import { closeBooks, freeSlots } from './money/books.ts';
import { nameOfEndUser } from './money/customer.ts';
import { estimate } from './money/estimate.ts';
import type { Parts } from './parts.ts';

/**
 * Closes a request's books: runs once for each, whatever happened, and never throws outwards. Where usage has to be estimated
 * first, the promise resolves when they are closed.
 */
export function settle(exchange: Exchange, parts: Parts): Promise<void> | undefined {
  const endedMs = exchange.clock.monotonicMs();
  parts.routes.keep(exchange, endedMs);
  if (exchange.pendingEstimates.length === 0) {
    close(exchange, parts, endedMs);
    return undefined;
  }
  freeSlots(exchange, parts);
  // Counting tokens takes longer than the answer's end may wait, so the books close a moment later.
  return estimate(exchange, parts)
    .catch((error: unknown) => parts.onFault('usage could not be estimated', error))
    .finally(() => close(exchange, parts, endedMs));
}

function close(exchange: Exchange, parts: Parts, endedMs: number): void {
  if (exchange.race !== undefined) noteHedgeSpend(exchange, parts.routing.hedging);
  const rows = closeBooks(exchange, parts);
  if (exchange.slots.settled !== undefined) tellSettled(exchange, exchange.slots.settled, parts);
  learn(exchange, parts);
  parts.sink.take(settled(exchange, endedMs, rows));
}

function tellSettled(exchange: Exchange, tell: NonNullable<Slots<Exchange>['settled']>, parts: Parts): void {
  try {
    tell(exchange);
  } catch (error) {
    parts.onFault(`a feature failed after request ${exchange.callId}`, error);
  }
}

/** What providers counted teaches what the next request of its kind reserves. Only whole answers: a cut one says nothing of others. */
function learn(exchange: Exchange, { forecasts, inputs }: Parts): void {
  const { attempts, admission, group, identity, route, error } = exchange;
  const last = attempts.at(-1);
  const usage = last?.usage;
  const size = admission?.size;
  if (size === undefined || error !== undefined || usage === undefined) return;
  // What a fallback with a prompt of its own used says nothing of this prompt.
  if (exchange.otherBodies !== undefined) return;
  if (usage.isEstimated === true || attempts.length !== 1) return;
  const name = group?.pattern ?? group?.name ?? '';
  inputs.observe(name, size, usage.inputTokens);
  const perChoice = usage.outputTokens / exchange.outline.choices;
  forecasts.observe(name, identity?.keyHash ?? '', route, perChoice, admission?.claim?.cap);
}

function settled(exchange: Exchange, endedMs: number, rows: readonly LedgerRow[]): SettledExchange {
  const { error, identity, usage } = exchange;
  const durationMs = endedMs - exchange.startedMs;
  return {
    callId: exchange.callId,
    route: exchange.route,
    path: exchange.path,
    caller: identity?.caller,
    requestedModel: exchange.model?.slice(0, 256),
    group: exchange.group?.pattern ?? exchange.group?.name,
    askedGroup: exchange.group?.name,
    endUser: identity === undefined ? undefined : (exchange.customer ?? nameOfEndUser(exchange.outline.endUser)),
    lane: exchange.lane,
    laneReason: exchange.laneReason,
    stream: exchange.stream,
    attempts: exchange.attempts,
    status: statusOf(exchange, error),
    outcome: error === undefined ? 'success' : error.code === 'client_gone' ? 'client-gone' : 'failure',
    error: error?.code,
    usage,
    cost: exchange.cost,
    saved: savedBy(rows),
    unpriced: exchange.isUnpriced,
    dropped: exchange.dropped.length,
    loweredMaxTokens: exchange.admission?.claim?.cap,
    cached: exchange.cached,
    degraded: exchange.degraded,
    volatileHeadTokens: exchange.volatileHead?.lostTokens,
    removedTokens: exchange.compression?.removedTokens,
    startedAtMs: exchange.startedAtMs,
    durationMs,
    firstByteMs: exchange.firstByteMs === undefined ? undefined : exchange.firstByteMs - exchange.startedMs,
    overheadMs: Math.max(0, durationMs - exchange.upstreamMs - exchange.receivedMs),
  };
}

/** What was saved on all attempts together; undefined if nothing acted on them. */
function savedBy(rows: readonly LedgerRow[]): PicoUsd | undefined {
  let saved: PicoUsd | undefined;
  for (const { savings, requestedCost = 0n, cost = 0n } of rows)
    if (savings !== undefined) saved = (saved ?? 0n) + requestedCost - cost;
  return saved;
}

function statusOf(exchange: Exchange, error: GatewayError | undefined): number {
  return error === undefined || exchange.status !== 0 ? exchange.status : error.status;
}
