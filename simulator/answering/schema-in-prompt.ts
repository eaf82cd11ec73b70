import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

/** The JSON schema that a prompt states in words: models in JSON mode follow it. Undefined if the prompt has none. */
export function schemaInPrompt(prompt: string): JsonObject | undefined {
  const start = /schema\b[^{]{0,400}(?=\{)/i.exec(prompt);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  for (let end = prompt.indexOf('}', from); end !== -1; end = prompt.indexOf('}', end + 1)) {
    const value = parsed(prompt.slice(from, end + 1));
    if (isJsonObject(value)) return value;
  }
  return undefined;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // The brace closes an inner object only.
    return undefined;
  }
}
