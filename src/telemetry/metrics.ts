/**
 * Every metric of the gateway on one page. The `litellm_…` rows carry LiteLLM's names, labels and buckets, counters with the
 * `_total` that Python's client appends, so that dashboards and alerts made for LiteLLM work unchanged. The `sluice_…` rows are
 * ours. Source of names and labels: LiteLLM `types/integrations/prometheus.py`, 2026.
 *
 * `client_ip`, `user_agent` and `user_email` are always `None`: clients choose them, and each value would be a series of its own.
 */
import type { RemainingReading } from './remaining.ts';
import type { HistogramState, LabelName, Series } from './series.ts';

/** A metric that is read off the records of settled requests. */
export interface SeriesMetric {
  readonly name: string;
  readonly type: 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly LabelName[];
  /** Its share of one record. A record with nothing to tell (0 or undefined) makes no series. */
  read(series: Series): number | HistogramState | undefined;
}

/** A metric that is one number, read from its source when the metrics are scraped. */
export interface ReadingMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Shown only if it has a source; otherwise one without a source is 0. */
  readonly isOptional?: boolean;
  /** Of several processes the least counts, instead of their sum. */
  readonly isLeast?: boolean;
}

const counter = (
  name: string,
  help: string,
  labels: readonly LabelName[],
  read: (series: Series) => number,
): SeriesMetric => ({ name, type: 'counter', help, labels, read });

const histogram = (
  name: string,
  help: string,
  labels: readonly LabelName[],
  read: (series: Series) => HistogramState | undefined,
): SeriesMetric => ({ name, type: 'histogram', help, labels, read });

const KEY: readonly LabelName[] = ['hashed_api_key', 'api_key_alias'];
const TEAM: readonly LabelName[] = ['team', 'team_alias'];
const DEPLOYMENT = ['litellm_model_name', 'model_id', 'api_base', 'api_provider'] as const;
const CLIENT: readonly LabelName[] = ['client_ip', 'user_agent'];
const EXCEPTION: readonly LabelName[] = ['exception_status', 'exception_class'];
const CALLER: readonly LabelName[] = ['end_user', ...KEY, 'model', ...TEAM, 'user'];
const SPEND: readonly LabelName[] = [...CALLER, 'user_email', ...CLIENT, 'model_id'];
const TOKENS: readonly LabelName[] = [...CALLER, 'user_email', 'requested_model', 'model_id'];
const API: readonly LabelName[] = [...CALLER, 'requested_model', 'model_id'];
const OVERHEAD = [
  'model_group',
  'api_provider',
  'api_base',
  'litellm_model_name',
  'hashed_api_key',
  'api_key_alias',
  'model_id',
] as const;

/** Metrics of settled requests. */
export const SERIES_METRICS: readonly SeriesMetric[] = [
  // Volume and failures.
  counter(
    'litellm_proxy_total_requests_metric_total',
    'Requests the gateway answered, by the status the client got.',
    [
      'end_user',
      ...KEY,
      'requested_model',
      ...TEAM,
      'user',
      'status_code',
      'user_email',
      'route',
      ...CLIENT,
      'model_id',
    ],
    (series) => series.requests,
  ),
  counter(
    'litellm_proxy_failed_requests_metric_total',
    'Requests the gateway answered with an error.',
    [
      'end_user',
      ...KEY,
      'requested_model',
      ...TEAM,
      'user',
      'user_email',
      ...EXCEPTION,
      'route',
      ...CLIENT,
      'model_id',
    ],
    (series) => series.failures,
  ),
  counter(
    'litellm_requests_metric_total',
    'Requests a model answered, by key, team and user.',
    SPEND,
    (series) => series.answers,
  ),
  counter(
    'litellm_llm_api_failed_requests_metric_total',
    'Deprecated by LiteLLM for litellm_proxy_failed_requests_metric: requests that ended in an error.',
    [...CALLER, 'model_id'],
    (series) => series.failures,
  ),

  // Money and tokens.
  counter(
    'litellm_spend_metric_total',
    'What the requests cost, in USD.',
    SPEND,
    (series) => series.spendPico / 1_000_000_000_000,
  ),
  counter(
    'litellm_total_tokens_metric_total',
    'Input and output tokens together.',
    TOKENS,
    (series) => series.totalTokens,
  ),
  counter(
    'litellm_input_tokens_metric_total',
    'Input tokens, cached ones included.',
    TOKENS,
    (series) => series.inputTokens,
  ),
  counter(
    'litellm_output_tokens_metric_total',
    'Output tokens, reasoning included.',
    TOKENS,
    (series) => series.outputTokens,
  ),
  counter(
    'litellm_input_cached_tokens_metric_total',
    'Input tokens the provider read from its prompt cache.',
    TOKENS,
    (series) => series.cachedTokens,
  ),
  counter(
    'litellm_input_cache_creation_tokens_metric_total',
    'Input tokens the provider wrote to its prompt cache.',
    TOKENS,
    (series) => series.cacheWriteTokens,
  ),
  counter(
    'litellm_cache_hits_metric_total',
    'Requests that were given a cached answer.',
    [...CALLER, 'model_id'],
    (series) => series.answerCacheHits,
  ),
  counter(
    'litellm_cache_misses_metric_total',
    'Requests that were looked for in the cache of answers and not found.',
    [...CALLER, 'model_id'],
    (series) => series.answerCacheMisses,
  ),
  counter(
    'litellm_cached_tokens_metric_total',
    'Input and output tokens of cached answers.',
    [...CALLER, 'model_id'],
    (series) => series.answerCacheTokens,
  ),
  counter(
    'litellm_input_audio_tokens_metric_total',
    'Input tokens that were audio.',
    TOKENS,
    (series) => series.audioInputTokens,
  ),
  counter(
    'litellm_output_reasoning_tokens_metric_total',
    'Output tokens spent on reasoning.',
    TOKENS,
    (series) => series.reasoningTokens,
  ),
  counter(
    'litellm_output_audio_tokens_metric_total',
    'Output tokens that were audio.',
    TOKENS,
    (series) => series.audioOutputTokens,
  ),

  // Time, of successful requests, in seconds.
  histogram(
    'litellm_request_total_latency_metric',
    'Seconds from the first byte of a request to the end of its answer.',
    API,
    (series) => series.totalLatency,
  ),
  histogram(
    'litellm_llm_api_latency_metric',
    'Seconds the provider took for the whole answer.',
    API,
    (series) => series.apiLatency,
  ),
  histogram(
    'litellm_llm_api_time_to_first_token_metric',
    'Seconds the provider took to begin a streamed answer.',
    API,
    (series) => series.firstToken,
  ),
  histogram(
    'litellm_overhead_latency_metric',
    'Seconds the gateway itself added.',
    OVERHEAD,
    (series) => series.overhead,
  ),

  // Deployments: every attempt counts, retried ones too.
  counter(
    'litellm_deployment_total_requests_total',
    'Calls to a deployment.',
    ['requested_model', ...DEPLOYMENT, ...KEY, ...TEAM, ...CLIENT],
    (series) => series.deploymentAnswers + series.deploymentFailures,
  ),
  counter(
    'litellm_deployment_success_responses_total',
    'Calls a deployment answered.',
    ['requested_model', ...DEPLOYMENT, ...KEY, ...TEAM, ...CLIENT],
    (series) => series.deploymentAnswers,
  ),
  counter(
    'litellm_deployment_failure_responses_total',
    'Calls that failed at a deployment.',
    ['requested_model', ...DEPLOYMENT, ...EXCEPTION, ...KEY, ...TEAM, ...CLIENT],
    (series) => series.deploymentFailures,
  ),
  counter(
    'litellm_deployment_successful_fallbacks_total',
    'Requests that another model group answered, by that group and by why the first one failed.',
    ['requested_model', 'fallback_model', ...KEY, ...TEAM, ...EXCEPTION, ...CLIENT, 'model_id'],
    (series) => series.successfulFallbacks,
  ),
  counter(
    'litellm_deployment_failed_fallbacks_total',
    'Fallback groups that failed as well, by why the first one failed.',
    ['requested_model', 'fallback_model', ...KEY, ...TEAM, ...EXCEPTION, ...CLIENT, 'model_id'],
    (series) => series.failedFallbacks,
  ),
  histogram(
    'litellm_deployment_latency_per_output_token',
    'Seconds a deployment took for each output token.',
    [...DEPLOYMENT, ...KEY, ...TEAM],
    (series) => series.perOutputToken,
  ),

  // Ours.
  counter(
    'sluice_dropped_fields_total',
    'Request fields left out because the provider cannot take them.',
    ['model_group', 'api_provider'],
    (series) => series.droppedFields,
  ),
  counter(
    'sluice_unpriced_requests_total',
    'Answered requests whose cost is unknown, because no price is.',
    ['model_group', 'api_provider', 'litellm_model_name'],
    (series) => series.unpriced,
  ),
  counter(
    'sluice_estimated_usage_requests_total',
    'Requests settled by counting tokens ourselves, because the provider reported none.',
    ['model_group', 'api_provider'],
    (series) => series.estimated,
  ),
  counter(
    'sluice_client_disconnects_total',
    'Requests whose client hung up before the answer was whole.',
    ['route', 'model_group'],
    (series) => series.clientsGone,
  ),
];

/** Metrics that are one number each. */
const READING_METRICS = {
  litellm_in_flight_requests: { type: 'gauge', help: 'Requests being served at this moment.' },
  sluice_log_lines_dropped_total: {
    type: 'counter',
    help: 'Log lines thrown away because the log was not read fast enough.',
  },
  sluice_settled_dropped_total: {
    type: 'counter',
    help: 'Settled requests a slow consumer never saw, because its queue was full.',
  },
  sluice_silent_copies_dropped_busy_total: {
    type: 'counter',
    help: 'Copies for a `silent_model` that were not sent, because too many were under way.',
  },
  sluice_silent_copies_dropped_large_total: {
    type: 'counter',
    help: 'Copies for a `silent_model` that were not sent, because the request was too large.',
  },
  sluice_claims_open: { type: 'gauge', help: 'Requests that hold a claim against a limit at this moment.' },
  sluice_journal_waiting: {
    type: 'gauge',
    help: 'Requests that are over and whose rows the ledger does not have yet. Grows while the database is unavailable.',
  },
  litellm_in_memory_spend_update_queue_size: {
    type: 'gauge',
    help: "LiteLLM's name for sluice_journal_waiting.",
  },
  sluice_budget_waiting: {
    type: 'gauge',
    help: 'Requests that wait until others release what they hold of a budget.',
  },
  sluice_bytes_under_way: {
    type: 'gauge',
    help: 'Bytes that the requests under way are charged for by the overload manager.',
  },
  sluice_bytes_under_way_limit: {
    type: 'gauge',
    help: 'How many bytes may be under way before new requests are refused.',
  },
  sluice_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'How late the event loop has been all the time in the last seconds.',
  },
  sluice_overload_refused_bytes_total: {
    type: 'counter',
    help: 'Requests refused because too many bytes were under way.',
  },
  sluice_overload_refused_key_share_total: {
    type: 'counter',
    help: 'Requests refused because their key had its share of the bytes under way.',
  },
  sluice_overload_refused_event_loop_total: {
    type: 'counter',
    help: 'Requests refused because the event loop was late all the time.',
  },
  sluice_overload_refused_connections_total: {
    type: 'counter',
    help: 'Requests refused because their address had too many connections.',
  },
  sluice_overload_ended_answers_total: {
    type: 'counter',
    help: 'Whole answers that were ended because there was no room for them.',
  },
  sluice_metric_series: { type: 'gauge', help: 'Distinct sets of labels held in memory.' },
  sluice_metric_series_overflow_total: {
    type: 'counter',
    help: 'Requests counted under the label value "other", because there are too many sets of labels.',
  },
  sluice_database_up: {
    type: 'gauge',
    help: 'Whether the database answered when the scrape before this one asked: 1 or 0; of several workers the worst.',
    isLeast: true,
  },
  sluice_redis_up: {
    type: 'gauge',
    help: 'Whether the Redis that instances share works: 1 or 0; of several workers the worst. Only there when one is configured.',
    isOptional: true,
    isLeast: true,
  },
} as const satisfies Record<string, Omit<ReadingMetric, 'name'>>;

/** The name of a metric that is one number. */
export type ReadingName = keyof typeof READING_METRICS;

/** Those metrics with their names. */
export const READINGS: readonly (ReadingMetric & { readonly name: ReadingName })[] = Object.entries(
  READING_METRICS,
).map(([name, metric]) => ({ name: name as ReadingName, ...metric }));

/** How requests travelled, and why those that were translated could not be relayed. */
export const LANE_METRIC = {
  name: 'sluice_lane_total',
  type: 'counter',
  help: 'Requests by lane, with the reason for the lane.',
  labels: ['lane', 'reason'],
} as const;

/** Second attempts beside late ones. */
export const HEDGE_METRIC = {
  name: 'sluice_hedges_total',
  type: 'counter',
  help: 'Second attempts begun because the first was late, by whether they answered (won) or not (lost).',
  labels: ['outcome'],
} as const;

/** What mechanisms saved, and what they cost beyond that: a counter cannot fall, so the difference of both is the net. */
export const SAVINGS_METRIC = {
  name: 'sluice_savings_usd_total',
  type: 'counter',
  help: 'What a mechanism saved against what was asked for, in USD.',
  labels: ['mechanism'],
} as const;
export const SAVINGS_COST_METRIC = {
  name: 'sluice_savings_cost_usd_total',
  type: 'counter',
  help: 'What a mechanism cost where it saved nothing (writes of a prompt cache, samples, embeddings), in USD; the net is sluice_savings_usd_total less this.',
  labels: ['mechanism'],
} as const;

/** How each deployment fares. */
export const DEPLOYMENT_STATE_METRIC = {
  name: 'litellm_deployment_state',
  type: 'gauge',
  help: 'Health of a deployment: 0 healthy, 1 failed lately, 2 taken out of rotation.',
  labels: DEPLOYMENT,
} as const;

/** How often each deployment was taken out of rotation. */
export const COOLDOWN_METRIC = {
  name: 'litellm_deployment_cooled_down_total',
  type: 'counter',
  help: 'Times a deployment was taken out of rotation, by the status of the failure that did it.',
  labels: [...DEPLOYMENT, 'exception_status'],
} as const;

/** What the providers' own limits still allow. */
export const REMAINING_METRICS = [
  {
    name: 'litellm_remaining_requests_metric',
    type: 'gauge',
    help: "Requests that the provider's own rate limit still allowed, as its last answer said. Only if it says so.",
    labels: OVERHEAD,
    read: ({ requests }: RemainingReading) => requests,
  },
  {
    name: 'litellm_remaining_tokens_metric',
    type: 'gauge',
    help: "Tokens that the provider's own rate limit still allowed, as its last answer said. Only if it says so.",
    labels: OVERHEAD,
    read: ({ tokens }: RemainingReading) => tokens,
  },
] as const;

/** Which build is running; its value is always 1. */
export const BUILD_METRIC = {
  name: 'sluice_build_info',
  type: 'gauge',
  help: 'The version of the gateway and of Node.js; always 1.',
  labels: ['version', 'node_version'],
} as const;
