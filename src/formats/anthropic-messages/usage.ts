/**
 * Anthropic's token counts. Its `input_tokens` EXCLUDES what was read from and written to the prompt cache; the neutral
 * `inputTokens` is the whole prompt. A stream says part of it at the start and the cumulative rest in `message_delta`.
 */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Usage } from '../neutral/conversation.ts';

/** More tokens than any answer can have: a count above it is a provider's fault and is not believed. */
const BIGGEST_COUNT = 1e10;

const count = (value: JsonValue | undefined): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= BIGGEST_COUNT ? value : undefined;

const within = (value: JsonValue | undefined, key: string): JsonValue | undefined =>
  isJsonObject(value) ? ownValue(value, key) : undefined;

/**
 * What compaction inside the request used. The totals beside `iterations` leave it out although it is billed at the same price
 * (platform.claude.com, compaction, 2026-08); an advisor's iterations are billed as another model and stay out here too.
 */
function compactionOf(raw: JsonObject): { input: number; output: number; read: number; write: number } {
  const sum = { input: 0, output: 0, read: 0, write: 0 };
  const iterations = raw.iterations;
  if (!Array.isArray(iterations)) return sum;
  for (const iteration of iterations) {
    if (!isJsonObject(iteration) || iteration.type !== 'compaction') continue;
    sum.input += count(iteration.input_tokens) ?? 0;
    sum.output += count(iteration.output_tokens) ?? 0;
    sum.read += count(iteration.cache_read_input_tokens) ?? 0;
    sum.write += count(iteration.cache_creation_input_tokens) ?? 0;
  }
  return sum;
}

/** Reads a `usage` object into neutral counts. */
export function readUsageObject(raw: JsonObject): Usage {
  const compaction = compactionOf(raw);
  const breakdown = raw.cache_creation;
  const oneHour = count(within(breakdown, 'ephemeral_1h_input_tokens'));
  const fiveMinutes = count(within(breakdown, 'ephemeral_5m_input_tokens'));
  const written =
    count(raw.cache_creation_input_tokens) ??
    (oneHour === undefined && fiveMinutes === undefined ? undefined : (oneHour ?? 0) + (fiveMinutes ?? 0));
  const read = count(raw.cache_read_input_tokens);
  const cacheWriteTokens =
    written === undefined && compaction.write === 0 ? undefined : (written ?? 0) + compaction.write;
  const cachedInputTokens = read === undefined && compaction.read === 0 ? undefined : (read ?? 0) + compaction.read;
  const reasoningTokens = count(within(raw.output_tokens_details, 'thinking_tokens'));
  const webSearchRequests = count(within(raw.server_tool_use, 'web_search_requests'));
  const serviceTier = raw.service_tier;
  return {
    inputTokens: (count(raw.input_tokens) ?? 0) + compaction.input + (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: (count(raw.output_tokens) ?? 0) + compaction.output,
    ...defined({ cachedInputTokens, cacheWriteTokens }),
    // A stream's last count may have grown since the breakdown was written, never shrunk below it.
    ...(oneHour !== undefined && { cacheWriteOneHourTokens: Math.min(oneHour, cacheWriteTokens ?? oneHour) }),
    ...defined({ reasoningTokens, webSearchRequests }),
    ...(typeof serviceTier === 'string' && { serviceTier }),
    ...(raw.speed === 'fast' && { speed: 'fast' }),
    ...(raw.inference_geo === 'us' && { region: 'us' }),
  };
}

/** Counts that no model can have used are not counts: they would book an answer as free. */
function makesSense({ input_tokens: input, output_tokens: output }: JsonObject): boolean {
  const counts = [input, output].filter((told) => told !== undefined && told !== null);
  return counts.length > 0 && counts.every((told) => count(told) !== undefined);
}

/** The `usage` object of a whole answer, of a stream event, or the object itself; undefined if there is none that makes sense. */
export function findUsage(value: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const own = value.usage ?? within(value.message, 'usage');
  if (isJsonObject(own)) return makesSense(own) ? own : undefined;
  return value.type === undefined && count(value.output_tokens) !== undefined ? value : undefined;
}

/** Lays the counts of a later stream event over those of an earlier one: cumulative, so what is absent or null stays as it was. */
export function mergeUsageObjects(
  earlier: JsonObject | undefined,
  later: JsonObject | undefined,
): JsonObject | undefined {
  if (earlier === undefined || later === undefined) return later ?? earlier;
  const merged: JsonObject = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    if (value !== null && value !== undefined) setMember(merged, key, value);
  }
  return merged;
}

/** Reads the counts at their place in a whole answer or in one stream event. */
export function readUsage(value: JsonValue): Usage | undefined {
  const found = findUsage(value);
  return found === undefined ? undefined : readUsageObject(found);
}

/** Writes neutral counts as Anthropic's `usage`; counts that are unknown become zero, since its clients add them up. */
export function writeUsage(usage: Usage | undefined): JsonObject {
  const cached = usage?.cachedInputTokens ?? 0;
  const written = usage?.cacheWriteTokens ?? 0;
  const oneHour = usage?.cacheWriteOneHourTokens;
  return {
    input_tokens: Math.max(0, (usage?.inputTokens ?? 0) - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    ...(oneHour !== undefined && {
      cache_creation: { ephemeral_5m_input_tokens: Math.max(0, written - oneHour), ephemeral_1h_input_tokens: oneHour },
    }),
    output_tokens: usage?.outputTokens ?? 0,
    ...(usage?.reasoningTokens !== undefined && { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
    ...(usage?.webSearchRequests !== undefined && {
      server_tool_use: { web_search_requests: usage.webSearchRequests, web_fetch_requests: 0 },
    }),
    ...(usage?.serviceTier !== undefined && { service_tier: usage.serviceTier }),
  };
}
