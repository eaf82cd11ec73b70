import type { Usage } from '../formats/neutral/conversation.ts';

const COUNTS = [
  'cachedInputTokens',
  'cacheWriteTokens',
  'cacheWriteOneHourTokens',
  'audioInputTokens',
  'imageInputTokens',
  'imageOutputTokens',
  'videoInputTokens',
  'videoOutputTokens',
  'cachedAudioInputTokens',
  'cachedImageInputTokens',
  'reasoningTokens',
  'audioOutputTokens',
  'acceptedPredictionTokens',
  'rejectedPredictionTokens',
  'webSearchRequests',
  'providerCostUsd',
] as const;

/** The sum of two usages; a count that is missing in both stays missing. */
export function addUsage(one: Usage, other: Usage): Usage {
  const counts: { [Name in (typeof COUNTS)[number]]?: number } = {};
  for (const name of COUNTS) {
    if (one[name] !== undefined || other[name] !== undefined) counts[name] = (one[name] ?? 0) + (other[name] ?? 0);
  }
  return {
    ...one,
    ...counts,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...((one.isEstimated === true || other.isEstimated === true) && { isEstimated: true }),
  };
}
