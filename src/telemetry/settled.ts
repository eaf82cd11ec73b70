import type { ErrorCode } from '../core/errors.ts';
import type { PicoUsd } from '../core/money.ts';
import type { Usage, Written } from '../formats/neutral/conversation.ts';

/** Who made a request, as far as telemetry may know: never the key itself. */
export interface Caller {
  /** SHA-256 of the key in hex, or `litellm-master-key`. */
  readonly keyHash: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly teamAlias?: string;
}

/** One call to one deployment. */
export interface AttemptFacts {
  readonly deploymentId: string;
  readonly provider: string;
  readonly model: string;
  /** Its name in metrics if that differs: the pattern for a model that a client named under a wildcard. */
  readonly modelLabel?: string;
  /** `https://api.example.com`, for the `api_base` label. */
  readonly apiBase: string;
  /** The model group it was tried in; a fallback's own. */
  readonly group?: string | undefined;
  /** Undefined while it runs and when it succeeded. */
  failure?: ErrorCode;
  /** The status the provider answered with; undefined when it did not answer. */
  status?: number;
  /** When it was sent, by the monotonic clock. */
  startedMs: number;
  /** Milliseconds from sending the request to the end of the answer. */
  durationMs: number;
  /** Milliseconds to the first content of the answer. */
  firstByteMs?: number;
  /** A second attempt, begun beside one that was late. */
  readonly hedge?: true;
  /** No call was made: a mock was in its place. */
  mockedBy?: 'operator' | 'request';
  /** It failed so that fallbacks are seen to work. */
  isDrill?: boolean;
  /** Cancelled, because the attempt beside it had content first; no failure, and what it used is booked. */
  lost?: true;
  /** What the provider's own limits still allow, as its answer says. */
  remainingRequests?: number;
  remainingTokens?: number;
  /** What it used, as told or estimated; undefined where nothing is booked, or not yet. */
  usage?: Usage;
  /** What the provider bills, if the caller is shown and charged something else: others sent what was read from its prompt cache. */
  billedUsage?: Usage;
  billedCost?: PicoUsd;
  /** What its answer holds, if the model has a price for that. */
  written?: Written;
  /** What that cost; undefined where there is no price. */
  cost?: PicoUsd;
}

/** The group of an attempt as metrics name it: behind a wildcard a client chooses the name, so it is the pattern. */
export function groupLabel({ modelLabel, group }: Pick<AttemptFacts, 'modelLabel' | 'group'>): string | undefined {
  return modelLabel?.includes('*') === true ? modelLabel : group;
}

/** The attempt that answered, or failed last: one that lost a race does not count. */
export function lastAttempt(attempts: readonly AttemptFacts[]): AttemptFacts | undefined {
  return attempts.findLast(({ lost }) => lost !== true);
}

/** How the second attempt of a race ended; undefined where there was none. */
export function hedgeOutcome(attempts: readonly AttemptFacts[]): 'won' | 'lost' | undefined {
  if (attempts.length < 2) return undefined;
  const hedge = attempts.find((attempt) => attempt.hedge === true);
  if (hedge === undefined) return undefined;
  return hedge.lost === true || hedge.failure !== undefined ? 'lost' : 'won';
}

/** Everything telemetry, the ledger and the limits learn of a request once it is over. Holds no prompt, answer or key. */
export interface SettledExchange {
  readonly callId: string;
  /** The route's pattern: `/v1/chat/completions`. */
  readonly route: string;
  /** The pattern of the path that the client called, which may be another one of the same route: `/chat/completions`. */
  readonly path: string;
  readonly caller: Caller | undefined;
  /** The model name the client sent, cut to 256 characters; undefined where it sent none. */
  readonly requestedModel: string | undefined;
  /** The model group it resolved to. */
  readonly group: string | undefined;
  /** The group as its attempts name it: behind a wildcard, the name that was asked for. */
  readonly askedGroup: string | undefined;
  readonly endUser: string | undefined;
  readonly lane: 'relay' | 'translate' | undefined;
  readonly laneReason: string | undefined;
  readonly stream: boolean;
  readonly attempts: readonly AttemptFacts[];
  /** The status the client got, or would have got. */
  readonly status: number;
  readonly outcome: 'success' | 'failure' | 'client-gone';
  readonly error: ErrorCode | undefined;
  readonly usage: Usage | undefined;
  /** Undefined: unpriced or nothing used. */
  readonly cost: PicoUsd | undefined;
  readonly unpriced: boolean;
  /** What was saved against what was asked for; absent: nothing acted on it. */
  readonly saved?: PicoUsd | undefined;
  readonly dropped: number;
  /** Tokens that no prompt cache finds, because the instructions before them differ early. */
  readonly volatileHeadTokens?: number | undefined;
  /** Tokens that compression took out of the prompt, about; absent: it was not asked to. */
  readonly removedTokens?: number | undefined;
  /** The limit of the answer in tokens, if it was lowered to what a budget allows. */
  readonly loweredMaxTokens?: number | undefined;
  /** What the cache of answers had; absent: it was not asked. */
  readonly cached?: 'hit' | 'miss' | undefined;
  /** On which step a request was that got less than it asked for. */
  readonly degraded?: { readonly step: string; readonly trafficClass: string | undefined } | undefined;
  readonly startedAtMs: number;
  /** Whole time from the first byte of the request to the end of the answer, in milliseconds. */
  readonly durationMs: number;
  /** From the start of the request to the first byte sent to the client. */
  readonly firstByteMs: number | undefined;
  /** Whole time less the time spent waiting for the provider and for the client's body. */
  readonly overheadMs: number;
}

/** Takes settled requests. Must return at once and never throw. */
export interface SettledSink {
  take(settled: SettledExchange): void;
}
