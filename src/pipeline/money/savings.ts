/** What an attempt would have cost without the gateway, and which mechanism saved how much of it. */
import type { PicoUsd } from '../../core/money.ts';
import { costOf } from '../../costs/price-of.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import {
  type Changes,
  splitSavings,
  type Undone,
  withLength,
  withoutCache,
  withRemoved,
} from '../../exchange/savings.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { LedgerRow, Mechanism } from '../../stores/contracts/ledger.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { pricedExtras } from './priced-extras.ts';

type Saved = Pick<LedgerRow, 'requestedCost' | 'savings'>;

/** Of an attempt that used something. A request that nothing acted on, answered by what was asked for, costs what it costs. */
export function savedBy(exchange: Exchange, attempt: AttemptFacts, usage: Usage): Saved {
  const { changes, recalledPart, group } = exchange;
  const { cost, deploymentId, failure, lost, mockedBy } = attempt;
  // What costs an unknown amount has saved an unknown one.
  if (cost === undefined) return NOTHING_KNOWN;
  const baseline = baselineOf(exchange);
  const isAsAsked = baseline?.id === deploymentId && changes === undefined && recalledPart === undefined;
  if (isAsAsked || mockedBy !== undefined) return { requestedCost: cost, savings: undefined };
  const overhead = changes === undefined ? undefined : overheadOf(changes, attempt);
  if (overhead !== undefined) return overheadCost(cost, overhead);
  // Without the gateway it would have failed, or come too late, just so.
  if (lost === true || (failure !== undefined && failure !== 'client_gone')) return { requestedCost: cost };
  if (baseline === undefined || group === undefined) return NOTHING_KNOWN;
  return savedAgainst(exchange, baseline, { attempt, usage, cost });
}

const NOTHING_KNOWN: Saved = {};

/** A call that only a mechanism needed: no client asked for it. */
export function overheadCost(cost: PicoUsd, by: Mechanism): Saved {
  return splitSavings(cost, [[by, 0n]]);
}

/** The answer that a cache had: what it would have cost at the model that was asked for. */
export function savedByAnswer(exchange: Exchange, usage: Usage | undefined): Saved {
  const card = usage === undefined ? undefined : baselineOf(exchange)?.priced.ratesAt(exchange.startedAtMs);
  const price = usage === undefined ? undefined : costOf(usage, card)?.total;
  return price === undefined ? NOTHING_KNOWN : splitSavings(0n, [['answer_cache', price]]);
}

/** What would have answered: what a feature says, or the first deployment of the group that was asked for. */
function baselineOf({ changes, group }: Exchange): Deployment | undefined {
  return changes?.instead?.deployment ?? group?.deployments[0];
}

function overheadOf({ overheadOf, answeredBy }: Changes, attempt: AttemptFacts): Mechanism | undefined {
  if (overheadOf !== undefined) return overheadOf;
  return answeredBy === undefined || answeredBy.attempt === attempt ? undefined : answeredBy.by;
}

interface Answered {
  readonly attempt: AttemptFacts;
  readonly usage: Usage;
  readonly cost: PicoUsd;
}

/**
 * Undoes what was done, one thing after the other: the model, what was taken out of the prompt, the marks for its
 * cache, and what was answered from a cache. Each is credited with what it saves while the others act that are undone after it: what
 * puts the answer at risk is undone first, and takes no credit for what a cache saves anyway.
 */
function savedAgainst(exchange: Exchange, baseline: Deployment, { attempt, usage, cost }: Answered): Saved {
  const { changes, startedAtMs, recalledPart, attempts } = exchange;
  // The cost that a provider reports says nothing about the price of another.
  const { providerCostUsd: _reported, ...counted } = usage;
  const isSame = baseline.id === attempt.deploymentId;
  const price = (of: Usage, card: RateCard | undefined): PicoUsd | undefined =>
    costOf(of, card, pricedExtras(exchange, card, attempt))?.total;
  const card = isSame
    ? baseline.priced.ratesOfAnswer(counted, startedAtMs)
    : baseline.priced.ratesAt(startedAtMs, usage.serviceTier);
  const length = isSame ? 1 : (changes?.instead?.lengthAgainst?.(attempt.deploymentId) ?? 1);
  let now = withLength(counted as Usage, length);
  let last = price(now, card);
  if (last === undefined) return isSame ? { requestedCost: cost } : NOTHING_KNOWN;
  let reached = isSame ? cost : last;
  const undone: Undone[] = [[changes?.instead?.by ?? 'model', reached]];
  const undo = (by: Mechanism, of: Usage): void => {
    const next = price(of, card) ?? last ?? 0n;
    reached += next - (last ?? 0n);
    undone.push([by, reached]);
    [now, last] = [of, next];
  };
  // What was changed about the prompt of a fallback says nothing of another prompt's attempts.
  const isOfThisPrompt = exchange.otherBodies === undefined || attempt === attempts.at(-1);
  if (changes !== undefined && isOfThisPrompt) {
    for (const { tokens, by } of changes.removed) undo(by, withRemoved(now, tokens));
    if (changes.marked.has(attempt.deploymentId)) undo('prompt_cache', withoutCache(now));
  }
  if (recalledPart !== undefined && attempt.failure === undefined) {
    const part = costOf(recalledPart, card);
    // The request has its own price once.
    if (part !== undefined) undone.push(['answer_cache', reached + part.total - part.perRequest]);
  }
  return splitSavings(cost, undone);
}
