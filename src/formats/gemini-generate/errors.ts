/** Google's error bodies: `{error: {code, message, status, details}}`, on some paths as the only element of an array. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import type { ClientError } from '../format.ts';
import type { ProviderErrorFacts } from '../neutral/conversation.ts';
import { numberOf } from './fields.ts';

/** Reads an error body; undefined if it is not one. */
export function readError(body: JsonValue): ProviderErrorFacts | undefined {
  const holder = Array.isArray(body) ? body[0] : body;
  if (!isJsonObject(holder) || !isJsonObject(holder.error)) return undefined;
  const { error } = holder;
  const message = stringOf(error.message);
  const status = numberOf(error.code);
  const type = stringOf(error.status);
  if (message === undefined && status === undefined && type === undefined) return undefined;
  const details = objectsOf(error.details);
  const code = details.map((detail) => stringOf(detail.reason)).find((reason) => reason !== undefined);
  const param = fieldOfViolation(details);
  const retryAfterMs = retryDelayMs(details);
  return {
    message: message ?? type ?? '',
    ...defined({ type, code, param, status, retryAfterMs }),
  };
}

function fieldOfViolation(details: readonly JsonObject[]): string | undefined {
  for (const detail of details) {
    for (const violation of objectsOf(detail.fieldViolations)) {
      const field = stringOf(violation.field);
      if (field !== undefined && field !== '') return field;
    }
  }
  return undefined;
}

/** The delay of `google.rpc.RetryInfo`: a duration such as `"34.4s"`, or `{seconds, nanos}`. */
function retryDelayMs(details: readonly JsonObject[]): number | undefined {
  for (const { retryDelay } of details) {
    if (typeof retryDelay === 'string') {
      const match = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(retryDelay);
      if (match !== null) return Math.ceil(Number(match[1]) * 1000);
    } else if (isJsonObject(retryDelay)) {
      const seconds = numberOf(retryDelay.seconds) ?? 0;
      const nanos = numberOf(retryDelay.nanos) ?? 0;
      if (seconds >= 0 && nanos >= 0) return Math.ceil(seconds * 1000 + nanos / 1e6);
    }
  }
  return undefined;
}

/** https://docs.cloud.google.com/apis/design/errors (2026-11-23) */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  422: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Writes an error for a Gemini client. */
export function writeError(error: ClientError): JsonObject {
  const fallback = error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
  return {
    error: {
      code: error.status,
      message: error.message,
      status: STATUS_WORDS[error.status] ?? fallback,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: error.code, domain: 'sluice' },
        ...(error.param === null
          ? []
          : [
              {
                '@type': 'type.googleapis.com/google.rpc.BadRequest',
                fieldViolations: [{ field: error.param, description: error.message }],
              },
            ]),
        ...(error.retryAfterMs === undefined
          ? []
          : [
              {
                '@type': 'type.googleapis.com/google.rpc.RetryInfo',
                retryDelay: `${Math.ceil(error.retryAfterMs) / 1000}s`,
              },
            ]),
      ],
    },
  };
}
