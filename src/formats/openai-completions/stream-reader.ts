/** Reads a provider's stream of text completion chunks. As in the chat format, all ends are emitted at `[DONE]`. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { StreamReader } from '../format.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { OpenAiChatStreamReader } from '../openai-chat/stream-reader.ts';
import { readCompletionLogprobs } from './logprobs.ts';

/**
 * The reader of one stream: a completion's chunk differs from a chat's only inside a choice, so it is turned into one and
 * everything about errors, usage, missing marks and cut streams is decided in one place.
 */
export class OpenAiCompletionsStreamReader implements StreamReader {
  readonly #chat = new OpenAiChatStreamReader();

  read(data: string, eventName: string | undefined, emit: (event: StreamEvent) => void): void {
    this.#chat.read(asChatChunk(data), eventName, emit);
  }

  close(emit: (event: StreamEvent) => void): void {
    this.#chat.close(emit);
  }
}

function asChatChunk(data: string): string {
  if (data === '' || data === '[DONE]') return data;
  let chunk: JsonValue;
  try {
    chunk = parseJson(data);
  } catch {
    // The chat reader says what is wrong with it.
    return data;
  }
  if (!isJsonObject(chunk) || !Array.isArray(chunk.choices)) return data;
  return JSON.stringify({
    ...chunk,
    choices: chunk.choices.map((choice) => (isJsonObject(choice) ? asChatChoice(choice) : choice)),
  });
}

function asChatChoice(choice: JsonObject): JsonObject {
  const { text, logprobs, ...others } = choice;
  const read = readCompletionLogprobs(logprobs);
  return {
    ...others,
    delta: { content: typeof text === 'string' ? text : '' },
    ...(read === undefined ? {} : { logprobs: read }),
  };
}
