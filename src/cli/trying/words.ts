import type { CacheState, MarkReason, WhyNotCached } from '../../exchange/cache-forecasts.ts';

/** Why no answer is cached, for people. */
export const WHY_NOT: Readonly<Record<WhyNotCached, string>> = {
  off: 'no answers are cached: `litellm_settings.cache` switches it on',
  operation: '`cache_params.supported_call_types` leaves out requests of this kind',
  controls: 'the request, its key or `cache_params.mode` says so',
  'no-scope':
    'the caller has no scope of the kind that `cache_params.scope` names; the master key has one with `key` and `global` only',
  bound: 'a stored response belongs to its client: with `"store": false` it can be cached',
};

/** Why marks are set where they are, for people. */
export const WHY_MARKED: Readonly<Record<MarkReason, string>> = {
  client: 'the client set marks of its own, which win',
  points: '`cache_control_injection_points` says where',
  automatic: 'the provider caches by itself, without marks',
  unknown: 'nothing is known of a prompt cache of this model',
  off: '`prompt_cache` is off for this deployment',
  short: 'the prompt is shorter than what this model keeps',
  rare: 'it is not expected to be read often enough to pay for the write',
  'no-place': 'there is nothing that a mark may stand at',
  marked: 'it is expected to be read often enough to pay for the write',
};

/** What a provider's cache holds, for people. */
export const STATES: Readonly<Record<CacheState, string>> = {
  warm: 'all that may be read is there',
  partial: 'some of it is there',
  stale: 'it was there, and its time is over',
  cold: 'nothing of it is there',
  disabled: 'this request neither reads nor writes',
  unknown: 'the gateway does not know what this cache holds',
};
