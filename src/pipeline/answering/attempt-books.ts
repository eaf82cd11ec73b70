/** What one attempt used: written down as its provider counts it, or left to be estimated when the request is settled. */
import { defined } from '../../core/defined.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { MaskedUsage } from '../../lanes/masked-usage.ts';
import type { StreamAnswer } from '../../lanes/stream-answer.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { bookAttempt } from '../money/book-attempt.ts';

/** An attempt as its books see it. */
interface BookedAttempt {
  readonly masked?: MaskedUsage | undefined;
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  readonly facts: AttemptFacts;
}

/** Adds an attempt to those of its request, with what is known when it begins. */
export function beginFacts(exchange: Exchange, deployment: Deployment): AttemptFacts {
  const facts: AttemptFacts = {
    deploymentId: deployment.id,
    provider: deployment.provider.name,
    model: deployment.model,
    modelLabel: deployment.modelLabel,
    apiBase: deployment.apiBase,
    group: exchange.servedGroup,
    startedMs: exchange.clock.monotonicMs(),
    durationMs: 0,
    ...(exchange.race?.arbiter?.hedge === deployment && { hedge: true as const }),
  };
  exchange.attempts.push(facts);
  return facts;
}

/** Adds an attempt whose connection was dead before its own, which sends the request again: it brought nothing and costs nothing. */
export function bookResent({ exchange, facts }: BookedAttempt, durationMs: number): void {
  const { hedge: _hedge, ...dead } = facts;
  exchange.attempts.splice(exchange.attempts.indexOf(facts), 0, {
    ...dead,
    durationMs,
    failure: 'upstream_connection',
  });
}

/** Books what the provider counted. */
export function bookUsage({ exchange, deployment, facts, masked }: BookedAttempt, usage: Usage): void {
  if (!exchange.endpoint.operation.isFree) bookAttempt(exchange, deployment, facts, usage, masked?.billed(usage));
}

/**
 * Has an attempt's usage estimated when the request is settled: `text` is what the model wrote as far as it is known, `factor` how
 * many times as much it wrote, `known` what the provider counted before its answer broke off.
 */
export function estimateUsage(
  { exchange, deployment, facts, masked }: BookedAttempt,
  text: () => string,
  factor = 1,
  known?: Usage,
): void {
  if (exchange.endpoint.operation.isFree) return;
  exchange.pendingEstimates.push({
    deployment,
    facts,
    text,
    factor,
    ...defined({ known }),
    ...(masked !== undefined && { billed: (shown: Usage) => masked.billed(shown) }),
  });
}

/** Books a stream that is over: by the provider's count if the answer is whole, by an estimate otherwise. */
export function bookStream(attempt: BookedAttempt, stream: StreamAnswer): void {
  const usage = stream.usage();
  if (usage !== undefined && attempt.facts.failure === undefined) bookUsage(attempt, usage);
  else estimateStream(attempt, stream);
}

/** Has a stream's usage estimated from the words that came. */
export function estimateStream(attempt: BookedAttempt, stream: StreamAnswer): void {
  const { text, factor } = stream.sample();
  estimateUsage(attempt, () => text, factor, stream.usage());
}

/** The text of an attempt that brought none. */
export const NO_TEXT = (): string => '';
