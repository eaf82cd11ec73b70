/**
 * Every way a request can end badly, in one table: the code → what the client gets, who caused it and whether another try
 * may help. Statuses and `type` words are LiteLLM's newest, so that clients written against it keep working.
 */

import type { JsonObject } from './json.ts';

/** Who has to act for the request to succeed. */
type ErrorSource = 'client' | 'gateway' | 'upstream';

/** Where another try may succeed: nowhere, at the same deployment, or only at a different one. */
type RetryPlace = 'nowhere' | 'here' | 'elsewhere';

interface ErrorRow {
  readonly status: number;
  /** `error.type` in the OpenAI envelope. */
  readonly type: string;
  /** The class name that LiteLLM's clients and dashboards know the failure by. */
  readonly className: string;
  readonly source: ErrorSource;
  readonly retry: RetryPlace;
  readonly meaning: string;
}

const row = (
  status: number,
  type: string,
  className: string,
  source: ErrorSource,
  retry: RetryPlace,
  meaning: string,
): ErrorRow => ({ status, type, className, source, retry, meaning });

/** The table. `docs/reference/errors.md` is generated from it. */
// biome-ignore format: a row that is broken over nine lines cannot be read as a row.
export const ERRORS = {
  // Authentication and access.
  missing_key: row(401, 'auth_error', 'AuthenticationError', 'client', 'nowhere', 'No key was sent.'),
  unknown_key: row(401, 'token_not_found_in_db', 'AuthenticationError', 'client', 'nowhere',
    'The key is not known here.'),
  conflicting_keys: row(401, 'auth_error', 'AuthenticationError', 'client', 'nowhere',
    'Two headers carry different keys.'),
  blocked_key: row(401, 'auth_error', 'AuthenticationError', 'client', 'nowhere', 'The key is blocked.'),
  expired_key: row(400, 'expired_key', 'AuthenticationError', 'client', 'nowhere', 'The key has expired.'),
  route_denied: row(403, 'auth_error', 'PermissionDeniedError', 'client', 'nowhere', 'The key may not use this route.'),
  model_denied: row(403, 'key_model_access_denied', 'PermissionDeniedError', 'client', 'nowhere',
    'The key may not use this model.'),
  team_model_denied: row(403, 'team_model_access_denied', 'PermissionDeniedError', 'client', 'nowhere',
    'The team of the key may not use this model.'),
  user_model_denied: row(403, 'user_model_access_denied', 'PermissionDeniedError', 'client', 'nowhere',
    'The user of the key may not use this model.'),
  organization_model_denied: row(403, 'org_model_access_denied', 'PermissionDeniedError', 'client', 'nowhere',
    'The organisation of the key may not use this model.'),
  address_denied: row(403, 'auth_error', 'PermissionDeniedError', 'client', 'nowhere',
    'Requests from this address are not taken.'),
  name_denied: row(403, 'auth_error', 'PermissionDeniedError', 'client', 'nowhere',
    'The key may not name this tag or this customer.'),
  blocked_customer: row(400, 'auth_error', 'BadRequestError', 'client', 'nowhere',
    'The end user that the request names is blocked.'),

  // What the client sent.
  unknown_route: row(404, 'not_found_error', 'NotFoundError', 'client', 'nowhere', 'No such path.'),
  method_not_allowed: row(405, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The path exists, but not for this method.'),
  websocket_not_served: row(426, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The path is served over HTTP alone: programs that try a WebSocket first go on without it.'),
  invalid_json: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The body is not valid JSON.'),
  invalid_request: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'A field of the body is wrong.'),
  invalid_field: row(422, 'invalid_request_error', 'UnprocessableEntityError', 'client', 'nowhere',
    'A field of a management request is missing, unknown, or not of its type.'),
  unknown_object: row(404, 'not_found_error', 'NotFoundError', 'client', 'nowhere',
    'There is no such key, team, user or the like. Those who may see everything get it.'),
  hidden_object: row(403, 'auth_error', 'PermissionDeniedError', 'client', 'nowhere',
    'There is no such key, team, user or the like, or the caller may not see it: which of the two is not said.'),
  unknown_response: row(404, 'invalid_request_error', 'NotFoundError', 'client', 'nowhere',
    'No response of this id is stored for the team, user or key that asks.'),
  unknown_previous_response: row(404, 'invalid_request_error', 'NotFoundError', 'client', 'nowhere',
    'No response of the id in `previous_response_id` is stored for the team, user or key that asks.'),
  unknown_conversation: row(404, 'invalid_request_error', 'NotFoundError', 'client', 'nowhere',
    'No conversation of this id is stored for the team, user or key that asks.'),
  unknown_item: row(404, 'invalid_request_error', 'NotFoundError', 'client', 'nowhere',
    'No item of this id is stored for the team, user or key that asks.'),
  object_exists: row(409, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'Another object has this id or alias already.'),
  unsupported_parameter: row(400, 'invalid_request_error', 'UnsupportedParamsError', 'client', 'nowhere',
    'The provider cannot take a parameter and `drop_params` is off.'),
  unsupported_content: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'elsewhere',
    'The provider cannot take a part of the messages, or a field that changes what they mean.'),
  unpriced_model: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'Under a budget, a model that the client chose under a wildcard has no known price.'),
  unpriced_parameter: row(400, 'invalid_request_error', 'UnsupportedParamsError', 'client', 'nowhere',
    'Under a budget, a parameter would change the price, the model or the address, or run code.'),
  unknown_model: row(400, 'None', 'BadRequestError', 'client', 'nowhere', 'No model group has this name.'),
  unserved_model: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The configuration has this model group, but this release cannot serve any of its deployments.'),
  refused_by_guardrail: row(400, 'invalid_request_error', 'ContentPolicyViolationError', 'client', 'nowhere',
    'A guardrail of this gateway refused the prompt or the answer; its message says why.'),
  unsupported_operation: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The provider of this model has no such operation.'),
  unsupported_media_type: row(415, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The body is not sent as JSON, or with an encoding that is not read.'),
  body_too_large: row(413, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The body is larger than the limit.'),
  body_timeout: row(408, 'timeout_error', 'Timeout', 'client', 'nowhere', 'The body did not arrive in time.'),
  headers_too_large: row(431, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The headers are larger than the limit.'),
  client_gone: row(499, 'client_disconnected', 'ClientDisconnected', 'client', 'nowhere',
    'The client hung up before the answer was whole.'),

  // Limits of the gateway.
  budget_exceeded: row(422, 'budget_exceeded', 'BudgetExceededError', 'client', 'nowhere',
    'A budget that applies to the request is used up, or what is left of it is less than the request may cost.'),
  budget_held: row(429, 'budget_exceeded', 'RateLimitError', 'client', 'here',
    'What is left of a budget is reserved by requests under way; it may be free again in a moment.'),
  rate_limited: row(429, 'None', 'RateLimitError', 'client', 'here',
    'A rate limit that applies to the request is used up.'),
  no_deployment_available: row(429, 'None', 'RateLimitError', 'gateway', 'nowhere',
    'Every deployment of the model group is cooling down or over its limits.'),
  store_unavailable: row(503, 'service_unavailable_error', 'ServiceUnavailableError', 'gateway', 'here',
    'A database or Redis that is needed to decide cannot be reached, and the configuration says to refuse then.'),
  shutting_down: row(503, 'service_unavailable_error', 'ServiceUnavailableError', 'gateway', 'elsewhere',
    'This instance is draining.'),
  overloaded: row(503, 'service_unavailable_error', 'ServiceUnavailableError', 'gateway', 'elsewhere',
    'This instance has as much work as it can take.'),
  internal: row(500, 'internal_server_error', 'InternalServerError', 'gateway', 'nowhere',
    'A fault in the gateway itself.'),

  // What a provider answered.
  upstream_bad_request: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'nowhere',
    'The provider refused the request as malformed.'),
  upstream_context_window: row(400, 'invalid_request_error', 'ContextWindowExceededError', 'client', 'elsewhere',
    'The prompt is larger than the context window of the model.'),
  upstream_content_policy: row(400, 'invalid_request_error', 'ContentPolicyViolationError', 'client', 'nowhere',
    'The content filter of the provider refused the request.'),
  upstream_auth: row(401, 'authentication_error', 'AuthenticationError', 'upstream', 'elsewhere',
    'The provider refused the key of the deployment.'),
  upstream_permission: row(403, 'permission_denied_error', 'PermissionDeniedError', 'upstream', 'elsewhere',
    'The key of the deployment may not do this at the provider.'),
  upstream_not_found: row(404, 'not_found_error', 'NotFoundError', 'upstream', 'elsewhere',
    'The provider has no such model or path.'),
  upstream_payment: row(402, 'billing_error', 'PaymentRequiredError', 'upstream', 'elsewhere',
    'The account of the deployment at the provider has no credit. OpenAI clients get status 429, as from OpenAI.'),
  upstream_too_large: row(413, 'invalid_request_error', 'BadRequestError', 'client', 'elsewhere',
    'The request is larger than the provider takes.'),
  upstream_foreign_content: row(400, 'invalid_request_error', 'BadRequestError', 'client', 'elsewhere',
    'The provider cannot read content that another of its accounts encrypted.'),
  upstream_unprocessable: row(422, 'invalid_request_error', 'UnprocessableEntityError', 'client', 'nowhere',
    'The provider understood the request and cannot do it.'),
  upstream_rate_limit: row(429, 'throttling_error', 'RateLimitError', 'upstream', 'here',
    'The provider limits the rate of this deployment.'),
  upstream_timeout: row(408, 'timeout_error', 'Timeout', 'upstream', 'elsewhere',
    'The provider did not answer in time.'),
  upstream_connection: row(500, 'api_connection_error', 'APIConnectionError', 'upstream', 'here',
    'The connection to the provider could not be made or broke.'),
  upstream_server_error: row(500, 'internal_server_error', 'InternalServerError', 'upstream', 'here',
    'The provider answered with a fault of its own.'),
  upstream_bad_gateway: row(502, 'bad_gateway_error', 'BadGatewayError', 'upstream', 'here',
    'What the provider sent is no valid answer.'),
  upstream_overloaded: row(503, 'service_unavailable_error', 'ServiceUnavailableError', 'upstream', 'here',
    'The provider is overloaded or down.'),
  upstream_stream_cut: row(502, 'stream_interrupted_error', 'APIConnectionError', 'upstream', 'elsewhere',
    'The provider ended the stream before the answer was whole.'),
  answer_not_held: row(502, 'bad_gateway_error', 'BadGatewayError', 'gateway', 'nowhere',
    'The answer is larger than what this instance has room for beside the answers under way. What it brought is billed.'),
  // The model does what models do, so this speaks neither against the deployment nor for the request.
  upstream_other_answer: row(502, 'stream_interrupted_error', 'APIConnectionError', 'gateway', 'elsewhere',
    'A model that was asked for the rest of a broken answer began another answer.'),
} as const satisfies Record<string, ErrorRow>;

/** The name of a row of the table. */
export type ErrorCode = keyof typeof ERRORS;

interface GatewayErrorFacts {
  /** The field of the request that is wrong, as the client wrote it: `messages[2].content`. */
  readonly param?: string;
  /** `error.code` when it must differ from the status: a provider's own code such as `context_length_exceeded`. */
  readonly providerCode?: string;
  /** Status to answer with when the provider's own says more than the table's (529, 409, …). */
  readonly status?: number;
  /** How long to wait before another try, in milliseconds. */
  readonly retryAfterMs?: number;
  /** False if another try of the client would do harm; the answer says so. */
  readonly mayRetry?: boolean;
  /** The limit that said no, for LiteLLM's headers `rate_limit_type` and `reset_at`. */
  readonly limit?: { readonly type: string; readonly resetAt?: string };
  /** How long the prompt was and may be, in tokens, if it is too long. */
  readonly promptTokens?: number;
  readonly mostTokens?: number;
  /** What the provider adds to its error for programs (Anthropic's `error.details`). */
  readonly details?: JsonObject;
  /** The provider's name, for errors that come from one. */
  readonly provider?: string;
  /** The body and content type of a provider in the client's own format, to be handed on as they are. */
  readonly original?: { readonly contentType: string; readonly body: Uint8Array };
  readonly cause?: unknown;
}

/** The one error type that leaves a stage. Its message is written for the client and never holds a secret or a prompt. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly facts: GatewayErrorFacts;

  constructor(code: ErrorCode, message: string, facts: GatewayErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.facts = facts;
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }

  /** The HTTP status the client gets. */
  get status(): number {
    return this.facts.status ?? this.row.status;
  }
}

/** Turns anything thrown into a `GatewayError`; what we did not foresee becomes `internal` without its details. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(
    'internal',
    'The gateway failed while handling this request. Its log names the reason under the call id.',
    {
      cause: error,
    },
  );
}
