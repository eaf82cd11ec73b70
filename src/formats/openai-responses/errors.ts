import { isJsonObject, type JsonObject, type JsonValue, wordOf } from '../../core/json.ts';
import type { ClientError } from '../format.ts';
import type { ProviderErrorFacts } from '../neutral/conversation.ts';
import { readError as readChatError } from '../openai-chat/errors.ts';

export { writeError } from '../openai-chat/errors.ts';

/**
 * Reads an error: OpenAI's envelope, a response that failed, or an event of a stream: `error`, whose members are at the top or in a
 * member of their own, and `response.failed`. Undefined for anything else.
 */
export function readError(body: JsonValue): ProviderErrorFacts | undefined {
  if (!isJsonObject(body)) return readChatError(body);
  if (body.type === 'error' && !isJsonObject(body.error)) return readChatError({ error: { ...body, type: null } });
  if (isJsonObject(body.response)) return isFailed(body.response) ? readChatError(failureOf(body.response)) : undefined;
  if (body.object === 'response') return isFailed(body) ? readChatError(failureOf(body)) : undefined;
  return readChatError(body);
}

const isFailed = (response: JsonObject): boolean => isJsonObject(response.error) || response.status === 'failed';

function failureOf({ error }: JsonObject): JsonObject {
  return {
    error: isJsonObject(error) ? error : { message: wordOf(error) ?? 'The response failed without a message.' },
  };
}

/** The codes that OpenAI's schema has for the error of a response. */
const CODES: ReadonlySet<string> = new Set(['server_error', 'rate_limit_exceeded', 'invalid_prompt']);

/** The error of a response that failed. Programs look for some further codes, which OpenAI sends as well. */
export function writeResponseError(error: ClientError): JsonObject {
  const isWord = !/^\d+$/.test(error.code);
  const code =
    isWord || CODES.has(error.code) ? error.code : error.status === 429 ? 'rate_limit_exceeded' : 'server_error';
  return { code, message: error.message };
}
