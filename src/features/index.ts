import { alerts } from './alerts/index.ts';
import { answerCache } from './answer-cache/index.ts';
import { compression } from './compression/index.ts';
import { degradation } from './degradation/index.ts';
import type { Feature } from './feature.ts';
import { modelChoice } from './model-choice/index.ts';
import { promptCache } from './prompt-cache/index.ts';
import { reconcileBills } from './reconcile/index.ts';
import { recording } from './recording/index.ts';
import { storedResponses } from './stored-responses/index.ts';

/** Every feature, in the order in which they act within a slot. A new one is a folder and a line here. */
export const FEATURES: readonly Feature[] = [
  alerts,
  recording as Feature,
  answerCache,
  promptCache,
  modelChoice,
  storedResponses,
  compression,
  reconcileBills as Feature,
  degradation,
];

/** Those that say what caches would do with a request. */
export const CACHING_FEATURES: readonly Feature[] = [answerCache, promptCache];

/** What they all bring to the configuration. */
export const FEATURE_SETTINGS = FEATURES.flatMap(({ settings }) => settings ?? []);

/** The guardrails that run in this process; their tables and weights are read only by who asks for them. */
export const loadLocalGuardrails = () => import('./guardrails/local.ts');

/** Compression of bodies alone; its weights are read only by who asks for them. */
export const loadCompression = () => import('./compression/offline.ts');
