/** Anthropic's error envelope: `{"type": "error", "error": {"type", "message"}, "request_id"}`. */
import { defined } from '../../core/defined.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ClientError } from '../format.ts';
import type { ProviderErrorFacts } from '../neutral/conversation.ts';

/** The status that goes with an error's type, for errors inside a stream (platform.claude.com/docs/en/api/errors, 2026-11). */
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
    ...(isJsonObject(details) && { details }),
    ...defined({ status }),
  };
}

/** `error.type` in Anthropic's envelope, for each of our errors. */
export const ANTHROPIC_ERROR_TYPES: Readonly<Record<ErrorCode, string>> = {
  missing_key: 'authentication_error',
  unknown_key: 'authentication_error',
  conflicting_keys: 'authentication_error',
  blocked_key: 'authentication_error',
  expired_key: 'authentication_error',
  route_denied: 'permission_error',
  hidden_object: 'permission_error',
  model_denied: 'permission_error',
  team_model_denied: 'permission_error',
  user_model_denied: 'permission_error',
  organization_model_denied: 'permission_error',
  address_denied: 'permission_error',
  name_denied: 'permission_error',
  blocked_customer: 'permission_error',
  unknown_route: 'not_found_error',
  method_not_allowed: 'invalid_request_error',
  websocket_not_served: 'invalid_request_error',
  invalid_json: 'invalid_request_error',
  invalid_request: 'invalid_request_error',
  invalid_field: 'invalid_request_error',
  unknown_conversation: 'not_found_error',
  unknown_item: 'not_found_error',
  unknown_response: 'not_found_error',
  unknown_previous_response: 'not_found_error',
  unknown_object: 'not_found_error',
  object_exists: 'invalid_request_error',
  unsupported_parameter: 'invalid_request_error',
  unsupported_content: 'invalid_request_error',
  unpriced_model: 'invalid_request_error',
  unpriced_parameter: 'invalid_request_error',
  unknown_model: 'not_found_error',
  unserved_model: 'not_found_error',
  refused_by_guardrail: 'invalid_request_error',
  unsupported_operation: 'invalid_request_error',
  unsupported_media_type: 'invalid_request_error',
  body_too_large: 'request_too_large',
  body_timeout: 'timeout_error',
  headers_too_large: 'invalid_request_error',
  client_gone: 'api_error',
  budget_exceeded: 'billing_error',
  budget_held: 'rate_limit_error',
  rate_limited: 'rate_limit_error',
  no_deployment_available: 'overloaded_error',
  store_unavailable: 'overloaded_error',
  shutting_down: 'overloaded_error',
  overloaded: 'overloaded_error',
  internal: 'api_error',
  upstream_bad_request: 'invalid_request_error',
  upstream_context_window: 'invalid_request_error',
  upstream_content_policy: 'invalid_request_error',
  upstream_auth: 'authentication_error',
  upstream_permission: 'permission_error',
  upstream_not_found: 'not_found_error',
  upstream_payment: 'billing_error',
  upstream_too_large: 'request_too_large',
  upstream_foreign_content: 'invalid_request_error',
  upstream_unprocessable: 'invalid_request_error',
  upstream_rate_limit: 'rate_limit_error',
  upstream_timeout: 'timeout_error',
  upstream_connection: 'api_error',
  upstream_server_error: 'api_error',
  upstream_bad_gateway: 'api_error',
  upstream_overloaded: 'overloaded_error',
  upstream_stream_cut: 'api_error',
  upstream_other_answer: 'api_error',
  answer_not_held: 'api_error',
};

/** Writes an error for an Anthropic client; whole answers name the request. */
export function writeError(error: ClientError): JsonObject {
  const { reason, details, callId } = error;
  return {
    type: 'error',
    error: { type: ANTHROPIC_ERROR_TYPES[reason], message: messageOf(error), ...defined({ details }) },
    ...defined({ request_id: callId }),
  };
}

/** Claude's own words for a prompt that is too long. Claude Code compacts the conversation if it reads them, and only then. */
const CLAUDE_TOO_LONG = /(?:prompt is too long|input length and `?max_tokens`? exceed context limit).*/is;

function messageOf({ reason, message, promptTokens, mostTokens }: ClientError): string {
  if (reason !== 'upstream_context_window') return message;
  const said = CLAUDE_TOO_LONG.exec(message)?.[0];
  if (said !== undefined) return said;
  const sizes =
    promptTokens === undefined || mostTokens === undefined ? '' : `: ${promptTokens} tokens > ${mostTokens} maximum`;
  return `prompt is too long${sizes} (${message})`;
}
