import type { Feature } from '../feature.ts';
import { RunningPromptCache } from './running-prompt-cache.ts';

/** Marks for the prompt caches of providers. Guide: docs/guides/prompt-caching.md. */
export const promptCache: Feature = {
  name: 'prompt-cache',
  metrics: [
    {
      name: 'sluice_prompt_cache_marked_requests_total',
      type: 'counter',
      help: "Requests that were sent with marks of the gateway's own for the provider's prompt cache.",
    },
    {
      name: 'sluice_prompt_cache_unmarked_requests_total',
      type: 'counter',
      help: 'Requests in which no mark was expected to pay, though the prompt is long enough.',
    },
    {
      name: 'sluice_prompt_cache_read_tokens_total',
      type: 'counter',
      help: 'Tokens that providers read from their prompt caches, at deployments with a setting about it.',
    },
    {
      name: 'sluice_prompt_cache_written_tokens_total',
      type: 'counter',
      help: 'Tokens that providers wrote into their prompt caches, at the same deployments.',
    },
    {
      name: 'sluice_prompt_cache_volatile_heads_total',
      type: 'counter',
      help: 'Requests whose instructions differ early (a time, an id, a name) from others that are the same otherwise, so that no prompt cache finds the rest.',
    },
    {
      name: 'sluice_prompt_cache_volatile_lost_tokens_total',
      type: 'counter',
      help: 'Tokens behind such differences, about.',
    },
  ],
  start: (world) => new RunningPromptCache(world),
};
