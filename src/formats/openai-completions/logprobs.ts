/** Log-probabilities between the legacy completions' four parallel lists and the chat form that the neutral answer holds. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** Reads `{tokens, token_logprobs, top_logprobs, text_offset}` into `{content: […]}`; undefined if there is none. */
export function readCompletionLogprobs(value: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(value) || !Array.isArray(value.tokens)) return undefined;
  const logprobs = list(value.token_logprobs);
  const tops = list(value.top_logprobs);
  const content = value.tokens.map((token, index): JsonObject => {
    const top = tops[index];
    const alternatives = isJsonObject(top) ? Object.entries(top) : [];
    return {
      token: String(token),
      // The first token of an echoed prompt has none; -9999 is OpenAI's own word for "very unlikely or unknown".
      logprob: typeof logprobs[index] === 'number' ? logprobs[index] : -9999,
      bytes: null,
      top_logprobs: alternatives.map(([other, logprob]) => ({ token: other, logprob: logprob ?? -9999, bytes: null })),
    };
  });
  return { content, refusal: null };
}

/** Writes the chat form as parallel lists; `offset` is where the text of these tokens begins in the answer. */
export function writeCompletionLogprobs(value: JsonValue | undefined, offset: number): JsonObject | null {
  if (!isJsonObject(value) || !Array.isArray(value.content)) return null;
  const tokens: string[] = [];
  const logprobs: number[] = [];
  const tops: JsonObject[] = [];
  const offsets: number[] = [];
  let position = offset;
  for (const entry of value.content) {
    if (!isJsonObject(entry) || typeof entry.token !== 'string') continue;
    tokens.push(entry.token);
    logprobs.push(typeof entry.logprob === 'number' ? entry.logprob : -9999);
    const top = list(entry.top_logprobs).filter(isJsonObject);
    tops.push(Object.fromEntries(top.map((other) => [String(other.token), other.logprob ?? -9999])));
    offsets.push(position);
    position += entry.token.length;
  }
  return { tokens, token_logprobs: logprobs, top_logprobs: tops, text_offset: offsets };
}
