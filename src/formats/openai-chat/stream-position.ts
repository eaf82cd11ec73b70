/** What a broken-off stream of chunks has begun before there is a neutral event for it. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { StreamPosition } from '../format.ts';

/** Reads the position after these events; each is the data of one. A call has a neutral event only with its name, but the client may have its id already. */
export function readPosition(events: readonly string[]): StreamPosition {
  let hasFinish = false;
  let hasToolCall = false;
  for (const data of events) {
    for (const choice of choicesOf(data)) {
      const word = choice.finish_reason;
      hasFinish ||= typeof word === 'string' && word !== '' && word !== 'null';
      const delta = isJsonObject(choice.delta) ? choice.delta : choice.message;
      if (!isJsonObject(delta)) continue;
      hasToolCall ||= isJsonObject(delta.function_call);
      hasToolCall ||= Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0;
    }
  }
  return { hasFinish, hasToolCall };
}

function choicesOf(data: string): JsonObject[] {
  let value: JsonValue;
  try {
    value = JSON.parse(data) as JsonValue;
  } catch {
    return [];
  }
  return isJsonObject(value) && Array.isArray(value.choices) ? value.choices.filter(isJsonObject) : [];
}
