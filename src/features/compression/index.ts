/** Shortens long prompts: `compress`. */
import type { ReadingMetric } from '../../telemetry/metrics.ts';
import type { Feature } from '../feature.ts';
import { RunningCompression } from './running-compression.ts';

const counter = (name: string, help: string): ReadingMetric => ({ name, type: 'counter', help });

/** Compression of prompts. Guide: docs/guides/compression.md. */
export const compression: Feature = {
  name: 'compression',
  metrics: [
    counter('sluice_compression_requests_total', 'Requests whose prompt was sent shorter than it came.'),
    counter('sluice_compression_removed_tokens_total', 'Tokens that were taken out of prompts, about.'),
    counter('sluice_compression_reused_turns_total', 'Turns that were sent as they were when they first came.'),
    counter(
      'sluice_compression_backed_off_total',
      'Requests from which nothing was left out, because what is asked for would have been lost.',
    ),
    counter('sluice_compression_fitted_total', 'Requests that were too long for every deployment, and were shortened.'),
    counter(
      'sluice_compression_store_failures_total',
      'Look-ups and writes that the store of turns did not answer in time; the requests went on.',
    ),
  ],
  start: (world) => new RunningCompression(world),
};
