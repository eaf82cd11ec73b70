/** One body with several prompts: their answers become one, each prompt's choices after those of the prompt before it. */
import type { ConversationResponse, StreamEvent, Usage } from '../neutral/conversation.ts';

/** How many choices each prompt has: the distance between the first choices of two prompts. */
export interface MergePlan {
  readonly choicesPerPrompt: number;
}

/** Puts the answers to several prompts together; undefined for none. */
export function mergeResponses(
  responses: readonly ConversationResponse[],
  plan: MergePlan,
): ConversationResponse | undefined {
  const [first] = responses;
  if (first === undefined || responses.length === 1) return first;
  const usages = responses.flatMap((response) => response.usage ?? []);
  const usage = usages.length === 0 ? undefined : usages.reduce(addUsage);
  return {
    ...first,
    choices: responses.flatMap((response, prompt) =>
      response.choices.map((choice) => ({ ...choice, index: prompt * plan.choicesPerPrompt + choice.index })),
    ),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** An event of the stream that answers prompt number `prompt`, as an event of the stream that answers all of them. */
export function shiftChoice(event: StreamEvent, prompt: number, plan: MergePlan): StreamEvent {
  return 'choice' in event ? { ...event, choice: prompt * plan.choicesPerPrompt + event.choice } : event;
}

const COUNTS = [
  'cachedInputTokens',
  'cacheWriteTokens',
  'cacheWriteOneHourTokens',
  'audioInputTokens',
  'reasoningTokens',
  'audioOutputTokens',
  'acceptedPredictionTokens',
  'rejectedPredictionTokens',
  'webSearchRequests',
  'providerCostUsd',
] as const;

/** The sum of two usages; a count that neither tells stays untold. */
export function addUsage(one: Usage, other: Usage): Usage {
  const counts = COUNTS.flatMap((name) => {
    const sum = (one[name] ?? 0) + (other[name] ?? 0);
    return one[name] === undefined && other[name] === undefined ? [] : [[name, sum] as const];
  });
  return {
    ...one,
    ...Object.fromEntries(counts),
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...(one.isEstimated || other.isEstimated ? { isEstimated: true } : {}),
  };
}
