/** Anthropic's error envelope: `{"type": "error", "error": {"type", "message"}, "request_id"}`. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ClientError } from '../format.ts';
import type { ProviderErrorFacts } from '../neutral/conversation.ts';

/** The status that goes with an error's type, for errors told inside a stream (platform.claude.com/docs/en/api/errors, 2026-11). */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Reads an error body or a stream's `error` event; undefined for anything else. */
export function readError(body: JsonValue): ProviderErrorFacts | undefined {
  if (!isJsonObject(body) || !isJsonObject(body.error)) return undefined;
  const error = body.error;
  const type = typeof error.type === 'string' ? error.type : undefined;
  const status = type !== undefined && Object.hasOwn(STATUS_OF_TYPE, type) ? STATUS_OF_TYPE[type] : undefined;
  // OpenAI's envelope has the same `error` member; without the outer mark only a type of Anthropic's own vouches for the format.
  if (body.type !== 'error' && status === undefined) return undefined;
  const details = error.details;
  const code = isJsonObject(details) ? details.error_code : undefined;
  return {
    message: typeof error.message === 'string' ? error.message : (type ?? 'The provider reported an error.'),
    ...defined({ type }),
    ...(typeof code === 'string' && { code }),
    ...defined({ status }),
  };
}

/** Writes an error for an Anthropic client. */
export function writeError(error: ClientError): JsonObject {
  return { type: 'error', error: { type: error.anthropicType, message: error.message } };
}
