import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Usage } from '../neutral/conversation.ts';
import { readUsage as readChatUsage } from '../openai-chat/usage.ts';

/** Reads the usage of a whole response, or of a stream event that holds one. */
export function readUsage(value: JsonValue): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  const response = isJsonObject(value.response) ? value.response : value;
  const usage = readChatUsage(response);
  const searches = searchesIn(response);
  return usage === undefined || searches === 0 ? usage : { ...usage, webSearchRequests: searches };
}

/** The searches of the web that are charged: each call of the kind `search` (developers.openai.com/api/docs/pricing, 2026-11-28). */
function searchesIn({ tool_usage: toolUsage }: JsonObject): number {
  const search = isJsonObject(toolUsage) ? toolUsage.web_search : undefined;
  const count = isJsonObject(search) ? search.num_requests : undefined;
  return typeof count === 'number' && Number.isInteger(count) && count > 0 && count < 1e6 ? count : 0;
}

/** Writes usage for a client of this format. */
export function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
