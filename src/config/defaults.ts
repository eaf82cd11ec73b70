/** What holds where a configuration says nothing, in the units of the canonical shape. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 4000,
  maxRequestBytes: 10 * 1024 * 1024,
  maxResponseBytes: 100 * 1024 * 1024,
  metricsPath: '/metrics',
  strategy: 'simple-shuffle',
  numRetries: 2,
  maxAttempts: 6,
  retryAfterMs: 0,
  timeoutMs: 600_000,
  idleTimeoutMs: 120_000,
  connectTimeoutMs: 5_000,
  maxFallbacks: 5,
  /** LiteLLM gives each fallback group all retries again, which multiplies them; one is enough to get over a single failure. */
  mostRetriesPerFallback: 1,
  cooldownMs: 5_000,
  affinityTtlMs: 3_600_000,
  hedgeExtraSpend: 0.05,
  hedgePercentile: 0.95,
  healthCheckIntervalMs: 300_000,
  healthCheckConcurrency: 4,
} as const;
