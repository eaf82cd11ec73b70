/**
 * What the metrics count, before it has names: one plain record of numbers for each distinct set of labels. A settled request
 * is a handful of additions on one record; every metric is read off the records when somebody scrapes.
 */
import type { SettledExchange } from './settled.ts';

/** LiteLLM's buckets for every latency, in seconds; the last bucket is without bound. */
export const LATENCY_BUCKETS: readonly number[] = [
  0.005, 0.00625, 0.0125, 0.025, 0.05, 0.1, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5,
  10, 15, 20, 25, 30, 60, 120, 180, 240, 300,
];

/** Every label the metrics know, under LiteLLM's names; a missing value is the text `None`. */
export interface Labels {
  readonly end_user: string;
  readonly hashed_api_key: string;
  readonly api_key_alias: string;
  readonly requested_model: string;
  readonly team: string;
  readonly team_alias: string;
  readonly user: string;
  readonly user_email: string;
  readonly status_code: string;
  readonly route: string;
  readonly client_ip: string;
  readonly user_agent: string;
  readonly model: string;
  readonly model_id: string;
  readonly model_group: string;
  /** The group of the deployment that was called, which is another than the one asked for after a fallback. */
  readonly fallback_model: string;
  readonly api_provider: string;
  readonly api_base: string;
  readonly litellm_model_name: string;
  readonly exception_status: string;
  readonly exception_class: string;
}

/** The name of a label. */
export type LabelName = keyof Labels;

/** A histogram's numbers: counts are per bucket, not yet cumulative. */
export interface HistogramState {
  sum: number;
  readonly counts: number[];
}

/** The numbers of one set of labels. Plain data: it crosses to another process as JSON. */
export interface Series {
  labels: Labels;
  requests: number;
  failures: number;
  answers: number;
  clientsGone: number;
  spendPico: number;
  totalTokens: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  answerCacheHits: number;
  answerCacheMisses: number;
  answerCacheTokens: number;
  audioInputTokens: number;
  reasoningTokens: number;
  audioOutputTokens: number;
  deploymentAnswers: number;
  deploymentFailures: number;
  successfulFallbacks: number;
  failedFallbacks: number;
  droppedFields: number;
  unpriced: number;
  estimated: number;
  totalLatency: HistogramState | undefined;
  apiLatency: HistogramState | undefined;
  firstToken: HistogramState | undefined;
  overhead: HistogramState | undefined;
  perOutputToken: HistogramState | undefined;
}

/** A record of zeros. Every record is made here, so that all have one hidden class and stay fast. */
export function emptySeries(labels: Labels): Series {
  return {
    labels,
    requests: 0,
    failures: 0,
    answers: 0,
    clientsGone: 0,
    spendPico: 0,
    totalTokens: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    answerCacheHits: 0,
    answerCacheMisses: 0,
    answerCacheTokens: 0,
    audioInputTokens: 0,
    reasoningTokens: 0,
    audioOutputTokens: 0,
    deploymentAnswers: 0,
    deploymentFailures: 0,
    successfulFallbacks: 0,
    failedFallbacks: 0,
    droppedFields: 0,
    unpriced: 0,
    estimated: 0,
    totalLatency: undefined,
    apiLatency: undefined,
    firstToken: undefined,
    overhead: undefined,
    perOutputToken: undefined,
  };
}

/** A histogram nothing was put into yet. */
export function emptyHistogram(): HistogramState {
  const counts: number[] = [];
  for (let index = 0; index <= LATENCY_BUCKETS.length; index++) counts.push(0);
  return { sum: 0, counts };
}

/** Puts a duration into a histogram, made on first use; returns it. Durations are seconds. */
export function observe(histogram: HistogramState | undefined, seconds: number): HistogramState {
  const state = histogram ?? emptyHistogram();
  state.sum += seconds;
  let low = 0;
  let high = LATENCY_BUCKETS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (seconds <= (LATENCY_BUCKETS[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  state.counts[low] = (state.counts[low] ?? 0) + 1;
  return state;
}

/** Adds one histogram's numbers to another. */
export function addHistogram(into: HistogramState, from: HistogramState): void {
  into.sum += from.sum;
  for (let index = 0; index < into.counts.length; index++) {
    into.counts[index] = (into.counts[index] ?? 0) + (from.counts[index] ?? 0);
  }
}

/** The part of a record that metrics without labels of keys show. */
export function sharedPart(series: Series, histogramsPerKey: boolean): Series {
  const { droppedFields, unpriced, estimated, clientsGone } = series;
  const part = { ...emptySeries(series.labels), droppedFields, unpriced, estimated, clientsGone };
  if (histogramsPerKey) return part;
  const { totalLatency, apiLatency, firstToken, overhead, perOutputToken } = series;
  return { ...part, totalLatency, apiLatency, firstToken, overhead, perOutputToken };
}

/** Adds every number of one record to another with the same labels, whatever numbers a record comes to hold. */
export function addSeries(into: Series, from: Series): void {
  const target = into as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(from)) {
    if (name === 'labels' || value === undefined) continue;
    if (typeof value === 'number') target[name] = ((target[name] as number | undefined) ?? 0) + value;
    else {
      const histogram = (target[name] as HistogramState | undefined) ?? emptyHistogram();
      addHistogram(histogram, value as HistogramState);
      target[name] = histogram;
    }
  }
}

/** Counts what the cache of answers had for a request. */
export function countCached(series: Series, { cached, usage }: Pick<SettledExchange, 'cached' | 'usage'>): void {
  if (cached === 'miss') series.answerCacheMisses++;
  if (cached !== 'hit') return;
  series.answerCacheHits++;
  series.answerCacheTokens += (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
}
