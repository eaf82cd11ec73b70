import { defined } from '../core/defined.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ClientError } from './format.ts';
import { formatParts } from './index.ts';
import type { FormatId } from './neutral/conversation.ts';

/** Provider codes that client libraries look for by name; every other `code` is the status, as LiteLLM writes it. */
const CODES_KEPT = new Set([
  'context_length_exceeded',
  'content_policy_violation',
  'content_filter',
  'insufficient_quota',
]);

/** An error in the words a format writes. */
export function clientErrorOf(error: GatewayError): ClientError {
  const { row, status, facts } = error;
  const { providerCode } = facts;
  return {
    reason: error.code,
    status,
    message: error.message,
    type: row.type,
    code: providerCode !== undefined && CODES_KEPT.has(providerCode) ? providerCode : String(status),
    param: facts.param ?? null,
  };
}

/** An error as the body of an answer, in the client's format; OpenAI's for a client that has not named one. */
export function errorBody(error: GatewayError, format: FormatId = 'openai-chat', callId?: string): Buffer {
  const words = { ...clientErrorOf(error), ...defined({ callId }) };
  return Buffer.from(JSON.stringify(formatParts(format).writeError(words)));
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
