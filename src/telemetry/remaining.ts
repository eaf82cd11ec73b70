/** What the providers' own rate limits still allow, as their last answers said (`litellm_remaining_requests_metric` and its neighbour). */
import { type AttemptFacts, groupLabel } from './settled.ts';

/** One deployment's last word. Plain data: it crosses to another process as JSON. */
export interface RemainingReading {
  readonly labels: {
    readonly model_group: string;
    readonly api_provider: string;
    readonly api_base: string;
    readonly litellm_model_name: string;
    readonly hashed_api_key: string;
    readonly api_key_alias: string;
    readonly model_id: string;
  };
  atMs: number;
  requests: number | undefined;
  tokens: number | undefined;
}

/** Some providers' names differ from OpenAI's (https://docs.anthropic.com/en/api/rate-limits, 2026-11-29). */
const REQUESTS = ['x-ratelimit-remaining-requests', 'anthropic-ratelimit-requests-remaining'] as const;
const TOKENS = ['x-ratelimit-remaining-tokens', 'anthropic-ratelimit-tokens-remaining'] as const;

/** Notes what an answer's headers say of its provider's limits. */
export function noteRemaining(facts: AttemptFacts, headers: Readonly<Record<string, unknown>>): void {
  const requests = countIn(headers, REQUESTS);
  const tokens = countIn(headers, TOKENS);
  if (requests !== undefined) facts.remainingRequests = requests;
  if (tokens !== undefined) facts.remainingTokens = tokens;
}

function countIn(headers: Readonly<Record<string, unknown>>, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  }
  return undefined;
}

/** The last word of every deployment: as many as are configured. */
export class RemainingLimits {
  readonly #readings = new Map<string, RemainingReading>();

  note(attempt: AttemptFacts, atMs: number): void {
    const { remainingRequests, remainingTokens } = attempt;
    if (remainingRequests === undefined && remainingTokens === undefined) return;
    const known = this.#readings.get(attempt.deploymentId) ?? this.#add(attempt);
    known.atMs = atMs;
    known.requests = remainingRequests ?? known.requests;
    known.tokens = remainingTokens ?? known.tokens;
  }

  keep(deploymentIds: ReadonlySet<string>): void {
    for (const id of this.#readings.keys()) if (!deploymentIds.has(id)) this.#readings.delete(id);
  }

  get readings(): readonly RemainingReading[] {
    return [...this.#readings.values()];
  }

  #add(attempt: AttemptFacts): RemainingReading {
    const reading = { labels: labelsOf(attempt), atMs: 0, requests: undefined, tokens: undefined };
    this.#readings.set(attempt.deploymentId, reading);
    return reading;
  }
}

/** The provider's limits are those of its account, whichever key asked: the labels of keys stay `None`. */
function labelsOf(attempt: AttemptFacts): RemainingReading['labels'] {
  const { deploymentId, provider, model, modelLabel, apiBase } = attempt;
  return {
    model_group: groupLabel(attempt) ?? 'None',
    api_provider: provider,
    api_base: apiBase,
    litellm_model_name: modelLabel ?? model,
    hashed_api_key: 'None',
    api_key_alias: 'None',
    model_id: deploymentId,
  };
}

/** The last word of several processes on each deployment. */
export function latestRemaining(all: readonly (readonly RemainingReading[])[]): RemainingReading[] {
  const latest = new Map<string, RemainingReading>();
  for (const reading of all.flat()) {
    const known = latest.get(reading.labels.model_id);
    if (known === undefined || reading.atMs > known.atMs) latest.set(reading.labels.model_id, reading);
  }
  return [...latest.values()];
}
