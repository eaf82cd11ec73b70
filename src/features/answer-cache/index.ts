/** Keeps answers and gives them again to requests that ask the same within the same scope: `litellm_settings.cache`. */
import type { ReadingMetric } from '../../telemetry/metrics.ts';
import type { Feature } from '../feature.ts';
import { RunningAnswerCache } from './running-answer-cache.ts';

const counter = (name: string, help: string): ReadingMetric => ({ name, type: 'counter', help });

/** The cache of answers. Guide: docs/guides/caching.md. */
export const answerCache: Feature = {
  name: 'answer-cache',
  metrics: [
    counter('sluice_answer_cache_hits_total', 'Requests that were given a cached answer.'),
    counter('sluice_answer_cache_misses_total', 'Requests that may be cached and for which no answer was.'),
    counter(
      'sluice_answer_cache_joined_total',
      'Those of the hits that waited for the answer to an identical request under way.',
    ),
    counter('sluice_answer_cache_kept_total', 'Answers that were put into the cache.'),
    counter(
      'sluice_answer_cache_store_failures_total',
      'Look-ups and writes that the store of the cache did not answer in time; the requests went on without it.',
    ),
    counter(
      'sluice_semantic_cache_hits_total',
      'Requests that were given the answer to a question which means the same.',
    ),
    counter('sluice_semantic_cache_refused_total', 'Similar questions whose answers the guards did not let through.'),
    counter('sluice_semantic_cache_compared_total', 'Answers that were compared with what would have been served.'),
    counter('sluice_semantic_cache_unembedded_total', 'Questions that could not be embedded, or not in time.'),
    counter(
      'sluice_semantic_cache_store_failures_total',
      'Embeddings that their store did not take or forget in time.',
    ),
    {
      name: 'sluice_answer_cache_up',
      type: 'gauge',
      help: 'Whether answers are cached and the store of the cache works: 1 or 0.',
      isLeast: true,
    },
  ],
  start: (world) => new RunningAnswerCache(world),
};
