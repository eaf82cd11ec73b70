/** Which members of clients' requests say nothing of the answer: for whom it is, why it is asked for, and how it is carried. */

/** By which a request says where the gateway asks, and how often: they go to no provider. */
export const ROUTING_MEMBERS = [
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'num_retries',
  'timeout',
  'request_timeout',
  'stream_timeout',
  'total_timeout',
  'disable_fallbacks',
  'tags',
] as const;

/** In all formats alike: none of these names means anything else in one of them. */
const BESIDE: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'labels',
  'client_metadata',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
  // For the gateway alone.
  'cache',
  'caching',
  ...ROUTING_MEMBERS,
]);

/** Whether a top-level member of a request says nothing of its answer. */
export const isBesideAnswer = (name: string): boolean => BESIDE.has(name);
