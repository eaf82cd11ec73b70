/**
 * What features change about a request, told so that the ledger can say what it would have cost without them. A feature calls the
 * functions here when it acts; a request that nothing acts on has no `Changes`. Pure.
 */
import type { PicoUsd } from '../core/money.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { Mechanism, Savings } from '../stores/contracts/ledger.ts';
import type { AttemptFacts } from '../telemetry/settled.ts';

/** What was changed about one request. */
export interface Changes {
  /** What would have answered, and who chose another. */
  instead: Instead | undefined;
  /** Tokens that were taken out of the prompt, by who took them. */
  removed: { readonly tokens: number; readonly by: Mechanism }[];
  /** Deployments that were sent marks for their prompt cache, which the client had set none of. */
  marked: Set<string>;
  /** It is asked for the sake of a mechanism alone: no client sent it. */
  overheadOf: Mechanism | undefined;
  /** Several were asked and one answer went to the client: only that one would have been asked for. */
  answeredBy: { readonly attempt: AttemptFacts; readonly by: Mechanism } | undefined;
  /** The chance that the answer is good enough, as it was thought when the model was chosen. */
  expectedQuality: number | undefined;
}

interface Instead {
  readonly deployment: Deployment;
  readonly by: Mechanism;
  /** How long its answers are, as a share of those of the deployment that answered; undefined: taken to be as long. */
  readonly lengthAgainst?: ((answeredBy: string) => number) | undefined;
}

/** Who tells it: an exchange, or what stands for one. */
interface Changed {
  changes: Changes | undefined;
}

function changesOf(exchange: Changed): Changes {
  exchange.changes ??= makeChanges();
  return exchange.changes;
}

/** Of a request of which nothing is changed yet. */
export function makeChanges(): Changes {
  return {
    ...{ instead: undefined, removed: [], marked: new Set() },
    ...{ overheadOf: undefined, answeredBy: undefined, expectedQuality: undefined },
  };
}

/**
 * Another model was chosen than would have answered. `deployment`: the requested model's, or that of the baseline of a group that
 * chooses. `lengthAgainst`: how long its answers are to the same prompts, as a share of those of another deployment, by its id.
 * Of several who choose, the first knows what was asked for and the last is why it is cheap.
 */
export function noteModel(
  exchange: Changed,
  deployment: Deployment,
  by: 'model' | 'degradation' = 'model',
  lengthAgainst?: (answeredBy: string) => number,
): void {
  const changes = changesOf(exchange);
  const first = changes.instead ?? { deployment, lengthAgainst };
  changes.instead = { deployment: first.deployment, by, lengthAgainst: first.lengthAgainst };
}

/** How likely the chosen model's answer is good enough, from 0 to 1. */
export function noteQuality(exchange: Changed, expected: number): void {
  changesOf(exchange).expectedQuality = Math.min(1, Math.max(0, expected));
}

/** The prompt was made shorter by so many tokens. */
export function noteRemoved(
  exchange: Changed,
  tokens: number,
  by: 'compression' | 'degradation' = 'compression',
): void {
  if (tokens > 0) changesOf(exchange).removed.push({ tokens: Math.round(tokens), by });
}

/** A deployment was sent marks for its prompt cache, and the client had set none; it caches nothing without them. */
export function noteMarks(exchange: Changed, deploymentId: string): void {
  changesOf(exchange).marked.add(deploymentId);
}

/** The request is made for the sake of a mechanism alone: a sample, a judgement. */
export function noteOverhead(exchange: Changed, by: Mechanism): void {
  changesOf(exchange).overheadOf = by;
}

/** Several were asked for one answer; this attempt's went to the client, and the others are what finding it cost. */
export function noteAnswered(exchange: Changed, attempt: AttemptFacts, by: Mechanism): void {
  changesOf(exchange).answeredBy = { attempt, by };
}

/** A price on the way from what was done to what would have been done, and by which mechanism it differs from the one before. */
export type Undone = readonly [by: Mechanism, cost: PicoUsd];

/**
 * Splits what was saved: each mechanism is credited with the difference that undoing it makes, one after the other. What they saved
 * adds up to `requestedCost - cost` exactly, whatever the order.
 */
export function splitSavings(
  cost: PicoUsd,
  undone: readonly Undone[],
): { readonly requestedCost: PicoUsd; readonly savings: Savings | undefined } {
  const savings: { [Name in Mechanism]?: PicoUsd } = {};
  let before = cost;
  let differs = false;
  for (const [by, after] of undone) {
    if (after === before) continue;
    savings[by] = (savings[by] ?? 0n) + after - before;
    before = after;
    differs = true;
  }
  return { requestedCost: before, savings: differs ? savings : undefined };
}

/**
 * The usage of the same prompt with tokens that were taken out of it. Of these as large a share counts as cached as of the rest: a
 * provider that read the shortened prompt from its cache would have read the whole one.
 */
export function withRemoved(usage: Usage, tokens: number): Usage {
  const { inputTokens } = usage;
  const share = inputTokens > 0 ? (inputTokens + tokens) / inputTokens : 1;
  const grown = (count: number | undefined): number | undefined =>
    count === undefined ? undefined : Math.round(count * share);
  return {
    ...usage,
    inputTokens: inputTokens + tokens,
    ...grownMember('cachedInputTokens', grown(usage.cachedInputTokens)),
    ...grownMember('cacheWriteTokens', grown(usage.cacheWriteTokens)),
    ...grownMember('cacheWriteOneHourTokens', grown(usage.cacheWriteOneHourTokens)),
  };
}

const grownMember = (name: keyof Usage, count: number | undefined) => (count === undefined ? {} : { [name]: count });

/** The usage of an answer that is so many times as long. */
export function withLength(usage: Usage, share: number): Usage {
  if (share === 1) return usage;
  const { outputTokens, reasoningTokens } = usage;
  return {
    ...usage,
    outputTokens: Math.round(outputTokens * share),
    ...grownMember('reasoningTokens', reasoningTokens === undefined ? undefined : Math.round(reasoningTokens * share)),
  };
}

/** The usage of the same prompt where nothing was read from a prompt cache or written to one. */
export function withoutCache(usage: Usage): Usage {
  const {
    cachedInputTokens: _read,
    cachedAudioInputTokens: _audio,
    cachedImageInputTokens: _image,
    cacheWriteTokens: _written,
    cacheWriteOneHourTokens: _hour,
    ...rest
  } = usage;
  return rest;
}
