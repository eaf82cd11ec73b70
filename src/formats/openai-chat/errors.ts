import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, objectOf, wordOf } from '../../core/json.ts';
import type { ClientError } from '../format.ts';
import type { ProviderErrorFacts } from '../neutral/conversation.ts';

/** A code as a word; some servers send numbers. */
function word(value: JsonValue | undefined): string | undefined {
  return typeof value === 'number' ? String(value) : wordOf(value);
}

/** An HTTP error status, as a number or as its digits. */
function status(...values: readonly (JsonValue | undefined)[]): number | undefined {
  for (const value of values) {
    const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= 400 && number <= 599) return number;
  }
  return undefined;
}

/** Google's RetryInfo, which its OpenAI-compatible endpoint hands on: `{"retryDelay": "34.07s"}`. */
function retryAfterMs(error: JsonObject): number | undefined {
  for (const detail of itemsOf(error.details)) {
    const delay = isJsonObject(detail) ? detail.retryDelay : undefined;
    const seconds = typeof delay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined;
    if (seconds !== undefined) return Math.round(Number(seconds) * 1000);
  }
  return undefined;
}

/** FastAPI's 422: `{"detail": [{"loc": ["body", "model"], "msg": "field required"}]}`. */
function validationMessage(detail: readonly JsonValue[]): string | undefined {
  const lines = detail.flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const said = wordOf(item.msg) ?? wordOf(item.message);
    return said === undefined ? [] : [`${itemsOf(item.loc).join('.')}: ${said}`];
  });
  return lines.length === 0 ? undefined : lines.join('; ');
}

function facts(message: string, holder: JsonObject, outer: JsonObject, type: string | undefined): ProviderErrorFacts {
  const code = word(holder.code) ?? word(outer.code);
  const param = wordOf(holder.param);
  const found = status(holder.status, holder.code, holder.http_code, outer.status, outer.code);
  const wait = retryAfterMs(holder);
  return {
    message,
    ...defined({ type, code, param, status: found, retryAfterMs: wait }),
  };
}

/** OpenRouter wraps the words of the provider behind it: `error.metadata.raw`. */
function innerMessage(error: JsonObject): string | undefined {
  const raw = objectOf(error.metadata)?.raw;
  return typeof raw === 'string' && raw.length > 0 && raw.length < 2000 ? raw : undefined;
}

/**
 * Reads an error body in the shapes that servers of this format send: OpenAI's envelope, a bare string (xAI, Ollama), vLLM's
 * and Mistral's flat object, FastAPI's `detail`, MiniMax's `base_resp`, and Google's array. Undefined for anything else.
 */
export function readError(body: JsonValue): ProviderErrorFacts | undefined {
  if (Array.isArray(body)) return body.length === 0 || body[0] === undefined ? undefined : readError(body[0]);
  if (!isJsonObject(body)) return undefined;
  const error = body.error;
  if (typeof error === 'string' && error !== '') {
    const said = wordOf(body.message);
    return facts(said === undefined || said === error ? error : `${error}: ${said}`, body, body, wordOf(body.type));
  }
  if (isJsonObject(error)) {
    const message = wordOf(error.message) ?? wordOf(error.msg) ?? 'The provider reported an error without a message.';
    const inner = innerMessage(error);
    const type = wordOf(error.type) ?? wordOf(error.status);
    return facts(inner === undefined ? message : `${message}: ${inner}`, error, body, type);
  }
  const minimax = objectOf(body.base_resp);
  if (minimax !== undefined && typeof minimax.status_code === 'number' && minimax.status_code !== 0) {
    return {
      message: wordOf(minimax.status_msg) ?? 'The provider reported an error without a message.',
      code: String(minimax.status_code),
    };
  }
  // From here on the body has no error envelope: a success must not be taken for one.
  if (Array.isArray(body.choices) || Array.isArray(body.data)) return undefined;
  const detail = body.detail;
  const validation = Array.isArray(detail) ? validationMessage(detail) : wordOf(detail);
  const message = wordOf(body.message) ?? validation ?? (isFailure(body) ? wordOf(body.msg) : undefined);
  if (message === undefined) {
    const nested = objectOf(body.message);
    // Mistral's 422: {"object":"error","message":{"detail":[…]},"type":"invalid_request_error"}.
    const inside = nested === undefined ? undefined : validationMessage(itemsOf(nested.detail));
    return inside === undefined ? undefined : facts(inside, body, body, wordOf(body.type));
  }
  return facts(message, body, body, wordOf(body.type) ?? wordOf(body.title));
}

/** GLM and MiniMax tell some failures under the status 200: `{"code": 1305, "msg": "…", "success": false}`. */
function isFailure({ object, success, code }: JsonObject): boolean {
  return object === 'error' || success === false || code !== undefined;
}

/** Writes an error in OpenAI's envelope. */
export function writeError(error: ClientError): JsonObject {
  const { message, type, param, code } = error;
  // The LiteLLM SDK knows a content filter by this word (litellm_core_utils/exception_mapping_utils.py, 1.110), others by the code.
  const inner = code === 'content_filter' ? { innererror: { code: 'content_policy_violation' } } : {};
  return { error: { message, type, param, code, ...inner } };
}
