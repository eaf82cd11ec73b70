import type { Feature } from '../feature.ts';
import { RunningDegradation } from './running-degradation.ts';
import { type DegradationConfig, degradationSettings } from './settings.ts';

const counter = (name: string, help: string) =>
  ({ name: `sluice_degradation_${name}_total`, type: 'counter', help }) as const;

/** Serves traffic worse where its budget would not last, what matters least first. Guide: docs/guides/saving-money.md. */
export const degradation: Feature<DegradationConfig> = {
  name: 'degradation',
  settings: degradationSettings,
  metrics: [
    counter('warn', 'Requests of traffic whose budget would not last, and of which nothing but that is said.'),
    counter('compress', 'Requests on the step `compress`.'),
    counter('cheaper', 'Requests on the step `cheaper`.'),
    counter('shorter', 'Requests on the step `shorter`.'),
    counter('cache_only', 'Requests on the step `cache-only`: answered from a cache, after a wait, or refused.'),
    counter('refuse', 'Requests that were refused so that their budget lasts for others.'),
    counter('waited', 'Batch requests that waited and were then served.'),
  ],
  start: (world) => new RunningDegradation(world),
};
