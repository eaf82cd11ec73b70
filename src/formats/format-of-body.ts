/** Tells from a body which format it is in, where no path says it. */
import type { JsonObject } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import type { FormatId } from './neutral/conversation.ts';

/** Members that Anthropic's format alone has. */
const OF_MESSAGES = ['system', 'stop_sequences', 'thinking', 'anthropic_version'];

/**
 * The format of a body; undefined if it has nothing to ask. `embeds`: whether its model makes vectors, because `input` may be a question
 * or what they are made of.
 */
export function formatOfBody(body: JsonObject, embeds: boolean): FormatId | undefined {
  const { messages, tools, input, prompt } = body;
  if (Array.isArray(messages)) {
    const hasItsTools = Array.isArray(tools) && tools.some((tool) => isJsonObject(tool) && 'input_schema' in tool);
    return hasItsTools || OF_MESSAGES.some((name) => name in body) ? 'anthropic-messages' : 'openai-chat';
  }
  if (input !== undefined) return embeds ? 'openai-embeddings' : 'openai-responses';
  return prompt === undefined ? undefined : 'openai-completions';
}
