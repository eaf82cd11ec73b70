import { defined } from '../core/defined.ts';
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { ClientError } from './format.ts';
import { formatParts } from './index.ts';
import type { FormatId } from './neutral/conversation.ts';

/**
 * The codes that programs act on, which are the same whatever provider failed; every other `code` is the status, as LiteLLM writes
 * it. https://developers.openai.com/api/docs/guides/error-codes (2026-11-23)
 */
const CODES: Partial<Readonly<Record<ErrorCode, string>>> = {
  unknown_response: 'not_found',
  unknown_conversation: 'not_found',
  unknown_item: 'not_found',
  unknown_previous_response: 'previous_response_not_found',
  upstream_context_window: 'context_length_exceeded',
  upstream_content_policy: 'content_filter',
  upstream_payment: 'insufficient_quota',
  upstream_auth: 'invalid_api_key',
  upstream_not_found: 'model_not_found',
  upstream_rate_limit: 'rate_limit_exceeded',
};

/** OpenAI's other word for `content_filter`, which is kept if a provider says it. */
const CONTENT_POLICY = 'content_policy_violation';

/** The status of an error in a format: OpenAI answers 429 if an account is empty, Anthropic 402. */
export function statusFor(error: GatewayError, format: FormatId): number {
  if (error.code !== 'upstream_payment') return error.status;
  return format === 'anthropic-messages' ? 402 : 429;
}

/** An error in the words a format writes. In a stream the status, and so the format, makes no difference. */
export function clientErrorOf(error: GatewayError, format: FormatId = 'openai-chat'): ClientError {
  const { row, facts } = error;
  const { providerCode, promptTokens, mostTokens, details, retryAfterMs } = facts;
  const status = statusFor(error, format);
  const code = providerCode === CONTENT_POLICY ? CONTENT_POLICY : CODES[error.code];
  return {
    reason: error.code,
    status,
    message: error.message,
    type: row.type,
    code: code ?? String(status),
    param: facts.param ?? null,
    ...defined({ promptTokens, mostTokens, details, retryAfterMs }),
  };
}

/** An error as the body of an answer, in the client's format; OpenAI's for a client that has not named one. */
export function errorBody(error: GatewayError, format: FormatId = 'openai-chat', callId?: string): Buffer {
  const words = { ...clientErrorOf(error, format), ...defined({ callId }) };
  return Buffer.from(JSON.stringify(formatParts(format).writeError(words)));
}

/** The header under which the SDKs of a format look for the id of a request. */
export function requestIdHeader(format: FormatId): string {
  return format === 'anthropic-messages' ? 'request-id' : 'x-request-id';
}

/** Whether another try of the same request is pointless: both SDKs retry 408, 409, 429 and 5xx by themselves unless an answer says so. */
export function isFinal({ facts, row, code }: GatewayError): boolean {
  return (
    facts.mayRetry === false || code === 'upstream_payment' || (row.source === 'client' && row.retry === 'nowhere')
  );
}

/** `retry-after` (whole seconds) and `retry-after-ms` for an error that says when to come back; which limit it was. */
export function retryHeaders(error: GatewayError): string[] {
  const { retryAfterMs, limit } = error.facts;
  const headers: string[] = [];
  if (retryAfterMs !== undefined) {
    headers.push(
      'retry-after',
      String(Math.ceil(retryAfterMs / 1000)),
      'retry-after-ms',
      String(Math.ceil(retryAfterMs)),
    );
  }
  if (limit !== undefined) headers.push('rate_limit_type', limit.type);
  if (limit?.resetAt !== undefined) headers.push('reset_at', limit.resetAt);
  return headers;
}
