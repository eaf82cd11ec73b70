import { isJsonObject, type JsonObject, type JsonValue, objectsOf } from '../../core/json.ts';
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

/**
 * The searches of the web that are charged: each call of the kind `search` (developers.openai.com/api/docs/pricing, 2026-11-28).
 * Servers that do not count them show them among the items.
 */
function searchesIn({ tool_usage: toolUsage, output }: JsonObject): number {
  const search = isJsonObject(toolUsage) ? toolUsage.web_search : undefined;
  const count = isJsonObject(search) ? search.num_requests : undefined;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count < 1e6) return count;
  return objectsOf(output).filter(({ type, action }) => {
    const { type: kind = 'search' } = isJsonObject(action) ? action : {};
    return type === 'web_search_call' && kind === 'search';
  }).length;
}

/** What tools that the provider ran were used for, as members of a response. */
export function writeToolUsage({ webSearchRequests }: Usage): JsonObject {
  if (webSearchRequests === undefined) return {};
  return { tool_usage: { image_gen: NO_IMAGES, web_search: { num_requests: webSearchRequests } } };
}

const NO_IMAGES: JsonObject = {
  input_tokens: 0,
  input_tokens_details: { image_tokens: 0, text_tokens: 0 },
  output_tokens: 0,
  total_tokens: 0,
};

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
