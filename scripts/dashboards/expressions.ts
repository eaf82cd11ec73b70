/** Expressions that several dashboards share. */

/** A rate by some labels. */
export const rate = (metric: string, by = '', filter = ''): string =>
  `sum${by === '' ? '' : ` by (${by})`} (rate(${metric}${filter === '' ? '' : `{${filter}}`}[$__rate_interval]))`;

/** A quantile of a histogram, by some labels. */
export const quantile = (share: number, metric: string, by = '', filter = ''): string =>
  `histogram_quantile(${share}, ${rate(`${metric}_bucket`, by === '' ? 'le' : `le, ${by}`, filter)})`;

/** A sum over the window that the dashboard shows. */
export const total = (metric: string, by = '', filter = ''): string =>
  `sum${by === '' ? '' : ` by (${by})`} (increase(${metric}${filter === '' ? '' : `{${filter}}`}[$__range]))`;

/** One rate as a share of another; 0 where nothing happened. */
export const share = (part: string, whole: string): string => `(${part} or vector(0)) / ${whole}`;

export const REQUESTS = 'litellm_proxy_total_requests_metric_total';
export const FAILED = 'litellm_proxy_failed_requests_metric_total';
export const SERVER_FAULT = 'exception_status=~"5.."';
export const SPEND = 'litellm_spend_metric_total';
export const LATENCY = 'litellm_request_total_latency_metric';
export const FIRST_TOKEN = 'litellm_llm_api_time_to_first_token_metric';
export const OVERHEAD = 'litellm_overhead_latency_metric';
