/**
 * The usage of an answer that two deployments wrote.
 *
 * The client sees the usage of the answer as it has it: its own prompt once, and every token that was written. What is
 * booked is what each provider counted, including the prompt of the continuation: one part for each attempt.
 */
import { defined } from '../../core/defined.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';

/** What is known of the part that was written before the stream broke off. */
export interface FirstPart {
  /** What the provider reported before it broke off. */
  readonly usage: Usage | undefined;
  /** Tokens of what it wrote, counted or estimated. */
  readonly writtenTokens: number;
}

/** The usage of a continued answer: both parts as their providers counted them, and the usage that the client sees. */
export interface UsageParts {
  readonly first: Usage | undefined;
  readonly second: Usage | undefined;
  readonly told: Usage | undefined;
}

/**
 * Merges the two parts for the client; undefined if neither provider reported the size of the prompt.
 *
 * Prompt: as the first provider counted it; if it did not, the second's count without `addedTokens`, what the
 * continuation added to the prompt. Answer: the tokens of both parts; what the first provider reported is a lower bound
 * (Anthropic's first event reports one token). Prices and tiers are those of the second part, which ended the answer.
 */
export function mergeUsage(
  first: FirstPart,
  second: Usage | undefined,
  secondWrittenTokens: number,
  addedTokens: number,
): Usage | undefined {
  const told = first.usage?.inputTokens === 0 ? undefined : first.usage;
  const prompt = told ?? second;
  if (prompt === undefined) return undefined;
  const inputTokens = told?.inputTokens ?? Math.max(1, prompt.inputTokens - addedTokens);
  const firstTokens = Math.max(first.usage?.outputTokens ?? 0, first.writtenTokens);
  const reasoningTokens = sum(first.usage?.reasoningTokens, second?.reasoningTokens);
  const webSearchRequests = sum(first.usage?.webSearchRequests, second?.webSearchRequests);
  const cached = within(prompt.cachedInputTokens, inputTokens);
  const cacheWrites = within(prompt.cacheWriteTokens, inputTokens - (cached ?? 0));
  const oneHour = within(prompt.cacheWriteOneHourTokens, cacheWrites ?? 0);
  const serviceTier = second?.serviceTier ?? first.usage?.serviceTier;
  return {
    inputTokens,
    outputTokens: firstTokens + (second?.outputTokens ?? secondWrittenTokens),
    ...defined({
      cachedInputTokens: cached,
      cacheWriteTokens: cacheWrites,
      cacheWriteOneHourTokens: oneHour,
      audioInputTokens: prompt.audioInputTokens,
      reasoningTokens,
      webSearchRequests,
      serviceTier,
    }),
    // A stream that broke off has reported no final count of its answer.
    isEstimated: true,
  };
}

/** The usage of a continuation without the words that it said again: `newShare` of its text was new. */
export function onlyNew(usage: Usage | undefined, newShare: number): Usage | undefined {
  if (usage === undefined || newShare >= 1) return usage;
  const thoughts = Math.min(usage.reasoningTokens ?? 0, usage.outputTokens);
  return { ...usage, outputTokens: thoughts + Math.ceil((usage.outputTokens - thoughts) * newShare) };
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : one + (other ?? 0);
}

function within(count: number | undefined, most: number): number | undefined {
  return count === undefined ? undefined : Math.min(count, Math.max(0, most));
}
