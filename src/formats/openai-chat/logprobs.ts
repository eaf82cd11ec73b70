import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** Log-probabilities with both members that OpenAI's schema requires; null if there are none. */
export function writeLogprobs(logprobs: JsonValue | undefined): JsonObject | null {
  if (!isJsonObject(logprobs)) return null;
  return { ...logprobs, content: listOrNull(logprobs.content), refusal: listOrNull(logprobs.refusal) };
}

function listOrNull(value: JsonValue | undefined): JsonValue {
  return Array.isArray(value) ? value : null;
}
